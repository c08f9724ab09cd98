// @ts-check
/** What a sampler prescribes beside what is set, and the controls of the options that it alone has. */
import { samplerOf, sourceOf } from "../../core/context.js";
import { FROM, optionOf, optionPatch } from "../../core/options.js";
import { comparison, keep, now, plain, prescribed, take } from "../../core/prescribed.js";
import { same } from "../../core/store.js";
import { numberBox, segmented, slider, toggle } from "../../kit/controls.js";
import { h, setText } from "../../kit/dom.js";
import { registered, t } from "../../core/text.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/schema.js").Option} Option
 */

/** @param {Context} context */
export function prescribedSection(context) {
  const { store, live } = context;
  const sides = [{ value: "theirs", label: t("settings.theirs") }, { value: "yours", label: t("settings.yours") }];
  const choose = segmented(t("settings"), sides, (value) => (value === "theirs" ? take(context) : keep(context)));
  const note = h("p", { class: "lz-note" });
  const section = h("section", { class: "lz-section", "aria-label": t("settings") },
    h("div", { class: "lz-head" }, t("settings")), choose.element, note);
  const refresh = () => {
    const [wanted, here] = [prescribed(context), now(context)];
    const line = samplerOf(context, store.get().sampler);
    section.hidden = Object.keys(wanted).length === 0;
    if (!line || section.hidden) return;
    const taken = same(wanted, here);
    const { yours } = live.get();
    choose.show(taken ? "theirs" : "yours");
    choose.setReason(taken && !yours ? t("settings.same") : null, "yours");
    setText(note, comparison(line.title, wanted, taken && yours ? yours : here));
  };
  store.subscribe(refresh);
  live.subscribe((_, changed) => changed.has("yours") && refresh());
  refresh();
  return section;
}

/** "Texture-only". @param {Option} option */
const labelOf = ({ name }) => registered(`option.${name}`, plain(name).replace(/^./,
  (sign) => sign.toUpperCase()));

/** An option as the controls take it. @param {Option} option @returns {import("../../core/schema.js").Field} */
const fieldOf = (option) => ({ key: option.name, url: option.name,
  type: option.kind === "text" ? "id" : option.kind, default: option.default,
  label: labelOf(option), help: "", min: option.min ?? undefined, max: option.max ?? undefined,
  scale: option.scale ?? undefined, decimals: option.kind === "number" ? 2 : 0 });

/** @param {string} label @param {...HTMLElement | string} controls */
const row = (label, ...controls) => h("div", { class: "lz-row" }, h("span", {}, label),
  h("span", { class: "lz-pair" }, ...controls));

/** A number that may be left to the sampler. @param {Option} option @param {(value: number | null) => void} set */
function automatic(option, set) {
  const input = h("input", { type: "text", class: "lz-number lz-floor", inputmode: "decimal",
    placeholder: t("more.auto"),
    "aria-label": t("settings.automatic", { option: labelOf(option) }), onchange: () => {
      const typed = parseFloat(input.value.replace(",", "."));
      const value = Math.min(option.max ?? Infinity, Math.max(option.min ?? -Infinity, typed));
      set(!Number.isFinite(typed) ? null : option.kind === "integer" ? Math.round(value) : value);
    } });
  return { element: row(labelOf(option), input), show: (/** @type {number | null} */ value) => {
    input.value = value === null ? "" : String(value);
  } };
}

/** A name that was given elsewhere, without its hash. @param {Option} option */
function named(option) {
  const value = h("b", {});
  return { element: row(labelOf(option), value), show: (/** @type {string | null} */ name) =>
    setText(value, name === null ? t("option.grid.none") : name.replace(/^\w{32}\.?/,
      "") || name) };
}

/**
 * The control of an option, by its kind.
 * @param {Option} option @param {(value: any, done?: boolean) => void} set @param {() => any} get
 * @returns {{element: HTMLElement, show: (value: any) => void}}
 */
function controlOf(option, set, get) {
  const label = labelOf(option);
  if (option.kind === "boolean") return toggle(label, set);
  if (option.kind === "text") return named(option);
  if (option.kind === "choice") {
    const choices = (option.choices ?? []).map((value) =>
      ({ value, label: registered(`option.${option.name}.${value}`, value) }));
    const { element, show } = segmented(label, choices, set);
    return { element: h("div", { class: "lz-block" }, h("span", {}, label), element), show };
  }
  if (option.kind === "size") {
    const boxes = [0, 1].map((at) => numberBox(t(at ? "settings.columns" : "settings.rows", { option: label }),
      fieldOf(option), (value) =>
      set(Object.assign([...(get() ?? [value, value])], { [at]: value }))));
    return { element: row(label, boxes[0].element, " × ", boxes[1].element),
      show: (value) => boxes.forEach((box, at) => value && box.show(value[at])) };
  }
  if (option.default === null) return automatic(option, set);
  return slider(fieldOf(option), { unit: option.unit ?? "", onInput: (value) => set(value, false), onDone: set });
}

/**
 * The controls of what an owner has of its own; they are built anew when another one is chosen.
 * @param {Context} context @param {HTMLElement} element hidden where there are none @param {HTMLElement} body
 * @param {"sampler" | "saliency"} key of the state that names the line
 * @param {(name: string) => {owner: string, options: readonly Option[]}} chosen
 */
function ownControls({ store }, element, body, key, chosen) {
  let built = "";
  let owner = "";
  /** @type {{option: Option, show: (value: any) => void}[]} */
  let controls = [];
  function build(/** @type {string} */ name) {
    const { options, ...line } = chosen(name);
    [built, owner] = [name, line.owner];
    element.hidden = options.length === 0;
    const made = options.map((option) => ({ option, ...controlOf(option, (value, done = true) =>
      store.set(optionPatch(store.get(), owner, option, value), { history: done }),
    () => optionOf(store.get(), owner, option)) }));
    body.replaceChildren(...made.map(({ element: control }) => control));
    controls = made;
  }
  const refresh = () => {
    const state = store.get();
    if (state[key] !== built) build(state[key]);
    for (const { option, show } of controls) show(optionOf(state, owner, option));
  };
  store.subscribe((_, changed) => (changed.has(key) || changed.has("options")) && refresh());
  refresh();
}

/** Of the sampler of now. @param {Context} context */
export function ownSection(context) {
  const body = h("div", { class: "lz-sliders" });
  const head = h("div", { class: "lz-head" });
  const section = h("section", { class: "lz-section", "aria-label": t("settings.own") }, head, body);
  ownControls(context, section, body, "sampler", (name) => {
    const line = samplerOf(context, name);
    setText(head, t("settings.alone", { sampler: line?.title ?? name }));
    return { owner: name, options: (line?.options ?? []).filter(({ own }) => own) };
  });
  return section;
}

/** Of the saliency source of now. @param {Context} context */
export function sourceOptions(context) {
  const body = h("div", { class: "lz-sliders", role: "group", "aria-label": t("settings.ofSource") });
  ownControls(context, body, body, "saliency", (name) => ({ owner: FROM + name,
    options: sourceOf(context, name)?.options ?? [] }));
  return body;
}
