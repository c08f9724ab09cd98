// @ts-check
/** The row above the panes: what all of them may spend, what they show, one more, split, flip and blink. */
import { choiceOf } from "../../core/bound.js";
import { fromPosition, toPosition } from "../../core/schema.js";
import { FORMATS, t, typable } from "../../core/text.js";
import { zoomedSize } from "../../engine/samplers.js";
import { iconButton } from "../../kit/controls.js";
import { h, setText } from "../../kit/dom.js";
import { icon } from "../../kit/icons.js";
import { LETTERS, offered } from "./methods.js";
import { toggleSplit } from "./split.js";

const STEPS = 1000;
/** @type {Readonly<Record<string, "width" | "comparedMacs" | "comparedMs">>} */
const SPENT = { pixels: "width", macs: "comparedMacs", ms: "comparedMs" };

/** @typedef {import("../../core/context.js").Context} Context */

/** The slider of what is spent. @param {Context} context */
function amount({ store, live, schema }) {
  const key = () => SPENT[store.get().comparedEqual] ?? "width";
  const range = h("input", { type: "range", class: "lz-range", min: 0, max: STEPS, step: 1,
    "aria-label": t("compare.amount"), oninput: () => set(false), onchange: () => set(true) });
  const value = h("output", { class: "lz-compare-spent" });
  /** @param {boolean} done */
  function set(done) {
    store.set({ [key()]: fromPosition(Number(range.value) / STEPS, schema.field(key())) }, { history: done });
  }
  function text() {
    const state = store.get();
    const { image } = live.get();
    if (state.comparedEqual === "macs") return t("compare.macs", { macs: 1e6 * state.comparedMacs });
    if (state.comparedEqual === "ms") return t("compare.ms", { ms: typable(state.comparedMs, 1) });
    if (!image) return String(state.width);
    const [height] = zoomedSize(state.width, [image.height, image.width]);
    const share = FORMATS.percent((state.width * height) / (image.width * image.height));
    return t("compare.pixels", { width: state.width, height, share });
  }
  function refresh() {
    const field = schema.field(key());
    const position = toPosition(store.get()[key()], field);
    range.value = String(Math.round(STEPS * position));
    range.style.setProperty("--fill", `${(100 * position).toFixed(1)}%`);
    range.setAttribute("aria-valuetext", text());
    setText(value, text());
  }
  return { elements: [range, value], refresh };
}

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
export function createStrip({ context, answers }) {
  const { store, live } = context;
  const equal = choiceOf(context, "comparedEqual");
  const show = choiceOf(context, "comparedView", { history: false });
  const spent = amount(context);
  const more = button("plus", t("compare.add"), () => {
    const { compared } = store.get();
    const { samplers, trained } = offered(context);
    const next = [...samplers, ...trained].find(({ name }) => !compared.includes(name));
    if (next) store.set({ compared: [...compared, next.name] }, { history: true });
  });
  const flip = (/** @type {boolean} */ held) => () => {
    hold.setAttribute("aria-pressed", String(held));
    live.set({ uniform: held });
  };
  const hold = h("button", { type: "button", class: "lz-button lz-icon-button", "aria-pressed": "false",
    "aria-label": t("compare.hold"), "data-tip": t("compare.flip"), "data-key": " ", onpointerdown: flip(true),
    onpointerup: flip(false), onpointercancel: flip(false), onpointerleave: flip(false), onblur: flip(false),
    onkeydown: (/** @type {KeyboardEvent} */ event) => [" ", "Enter"].includes(event.key) && flip(true)(),
    onkeyup: flip(false) }, icon("flip"));
  const split = button("split", t("compare.split"), () => toggleSplit(answers), "S");
  const turns = () => answers.set({ blink: !answers.get().blink, split: null });
  const blink = button("blink", t("compare.blink.help"), turns, "K");
  const tabs = [...LETTERS].map((letter, at) => h("button", { type: "button", class: "lz-compare-tab",
    "aria-label": t("compare.lead", { letter }), onclick: () => answers.set({ leads: at }) },
  h("b", { class: "lz-compare-letter", translate: "no" }, letter)));
  const refresh = () => {
    const { compared } = store.get();
    const leads = Math.min(answers.get().leads, compared.length - 1);
    tabs.forEach((tab, at) => {
      tab.hidden = at >= compared.length;
      tab.setAttribute("aria-pressed", String(at === leads));
    });
    equal.refresh();
    show.refresh();
    spent.refresh();
    more.hidden = compared.length >= LETTERS.length;
    blink.setAttribute("aria-pressed", String(answers.get().blink));
    split.setAttribute("aria-pressed", String(answers.get().split !== null));
  };
  store.subscribe(refresh);
  answers.subscribe((_, changed) => ["blink", "split", "leads"].some((key) => changed.has(key)) && refresh());
  live.subscribe((_, changed) => changed.has("image") && refresh());
  refresh();
  const label = (/** @type {string} */ text) => h("span", { class: "lz-compare-label" }, text);
  return h("div", { class: "lz-compare-strip", role: "group", "aria-label": t("compare.strip") },
    h("span", { class: "lz-compare-budget" }, label(t("state.equal")), equal.element, ...spent.elements),
    h("span", { class: "lz-compare-acts" }, more, split, h("span", { class: "lz-compare-tabs" }, ...tabs), hold, blink),
    h("span", { class: "lz-compare-show" }, label(t("state.show")), show.element));
}

/** @param {string} picture @param {string} label @param {() => void} run @param {string} [key] */
const button = (picture, label, run, key) => iconButton(picture, label, run, { key });
