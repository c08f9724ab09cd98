// @ts-check
/** What of the results is shown: which number, measured on what, against which cost, for which data and systems. */
import { segmented } from "../../kit/controls.js";
import { h } from "../../kit/dom.js";
import { glyph } from "./glyph.js";
import { dataOf, say, t } from "../../core/text.js";

/** @typedef {import("../../schema/contract.js").Offer} Choice */
/** @typedef {import("./models.js").Room["colour"]} Colour */

/** Their keys of the state. */
const KEYS = /** @type {const} */ ({ metric: "resultsMetric", cost: "resultsCost", split: "resultsSplit" });

/**
 * Switches that are a legend: what is off is neither drawn nor listed; switching the last one off brings all back.
 * @param {string} label @param {Set<string>} off @param {() => void} onChange
 */
function switches(label, off, onChange) {
  const element = h("div", { class: "lz-switches", role: "group", "aria-label": label });
  /** @type {readonly Choice[]} */
  let choices = [];
  let shown = "";

  /** @param {string} value */
  function flip(value) {
    if (!off.delete(value)) off.add(value);
    if (choices.every((choice) => off.has(choice.value))) for (const choice of choices) off.delete(choice.value);
    mark();
    onChange();
  }
  const mark = () => choices.forEach(({ value: name }, at) =>
    element.children[at].setAttribute("aria-pressed", String(!off.has(name))));
  return {
    element, mark,
    on: () => (choices.some(({ value }) => off.has(value))
      ? choices.map(({ value }) => value).filter((value) => !off.has(value)).join(",") : ""),
    /** @param {readonly Choice[]} next @param {Colour} colourOf */
    show(next, colourOf) {
      const now = JSON.stringify(next.map((choice) => [choice, colourOf(choice.colour)]));
      if (now === shown) return;
      shown = now;
      choices = next;
      element.replaceChildren(...choices.map(({ value, label: text, colour }) => h("button", { type: "button",
        class: "lz-switch-item", "aria-pressed": String(!off.has(value)), "data-value": value,
        ...dataOf(text), onclick: () => flip(value) }, colour ? glyph("circle", colourOf(colour)) : null, say(text))));
    },
  };
}

/**
 * They are part of the link.
 * @param {import("../../core/context.js").StateStore} store @param {() => void} onChange
 */
export function createFilters(store, onChange) {
  const off = new Set(store.get().resultsOff);
  const keep = () => store.set({ resultsOff: [...off] });
  const [data, sizes, systems] = ["data", "sizes", "systems"].map((key) => switches(t(`filter.${key}`), off, keep));
  const bars = h("div", {});
  /** @type {(() => void)[]} */
  let marks = [];
  const stop = store.subscribe((state, changed) => {
    if (!["resultsOff", "resultsMetric", "resultsCost", "resultsSplit"].some((key) => changed.has(key))) return;
    off.clear();
    for (const name of state.resultsOff) off.add(name);
    for (const mark of [data.mark, sizes.mark, systems.mark, ...marks]) mark();
    onChange();
  });
  let offered = "";
  const section = (/** @type {string} */ title, /** @type {Node} */ content) =>
    h("div", { class: "lz-section" }, h("div", { class: "lz-head" }, title), content);
  // Where the page is narrow only the legend stands open above the figures.
  const open = !window.matchMedia("(max-width: 900px)").matches;
  return {
    element: h("section", { class: "lz-models-filters", "aria-label": t("filter") },
      section(t("filter.systems"), systems.element), h("details", { class: "lz-fold lz-more-filters", open },
        h("summary", {}, t("filter.more")), bars, section(t("filter.data"), data.element),
        section(t("filter.sizes"), sizes.element))),
    query() {
      const { resultsMetric: metric, resultsCost: cost, resultsSplit: split } = store.get();
      return { metric, cost, split: split === "auto" ? "" : split, data: data.on(), systems: systems.on(),
        sizes: sizes.on() };
    },
    off: () => /** @type {const} */ ({ data: off, system: off, size: off }),
    dispose: stop,
    /** @param {import("../../schema/contract.js").Results} answer @param {Colour} colourOf */
    show(answer, colourOf) {
      data.show(answer.data, colourOf);
      systems.show(answer.systems, colourOf);
      sizes.show(answer.sizes, colourOf);
      const { metrics, splits, costs, choice } = answer;
      const now = JSON.stringify([metrics, splits, costs]);
      if (now === offered) return;
      offered = now;
      const lines = /** @type {[keyof typeof choice, string, Choice[]][]} */ ([
        ["metric", t("filter.metric"), metrics], ["split", t("filter.split"), splits], ["cost", t("filter.cost"),
          costs]]);
      marks = [];
      bars.replaceChildren(...lines.filter(([, , choices]) => choices.length > 1).map(([key, title, choices]) => {
        const name = KEYS[key];
        const bar = segmented(title, choices.map(({ value, label }) => ({ value, label: say(label) })),
          (value) => store.set({ [name]: value }));
        marks.push(() => bar.show(store.get()[name] === "auto" ? choice[key] : store.get()[name]));
        bar.show(choice[key]);
        return section(title, bar.element);
      }));
    },
  };
}
