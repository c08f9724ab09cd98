// @ts-check
/** What of the results is shown: which number, measured on what, against which cost, for which data and systems. */
import { segmented } from "../../kit/controls.js";
import { h } from "../../kit/dom.js";
import { glyph } from "./glyph.js";
import { dataOf, say, t } from "../../core/text.js";

/** @typedef {import("../../schema/contract.js").Offer} Choice */
/** @typedef {import("./models.js").Room["colour"]} Colour */

/**
 * Switches that are a legend: what is off is neither drawn nor listed; switching the last one off brings all back.
 * @param {string} label @param {() => void} onChange
 */
function switches(label, onChange) {
  /** @type {Set<string>} */
  const off = new Set();
  const element = h("div", { class: "lz-switches", role: "group", "aria-label": label });
  /** @type {readonly Choice[]} */
  let choices = [];
  let shown = "";

  /** @param {string} value */
  function flip(value) {
    if (!off.delete(value)) off.add(value);
    if (choices.every((choice) => off.has(choice.value))) off.clear();
    choices.forEach((choice, at) => element.children[at].setAttribute("aria-pressed", String(!off.has(choice.value))));
    onChange();
  }
  return {
    element, off,
    on: () => (off.size ? choices.map(({ value }) => value).filter((value) => !off.has(value)).join(",") : ""),
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

/** @param {() => void} onChange */
export function createFilters(onChange) {
  const data = switches(t("filter.data"), onChange);
  const sizes = switches(t("filter.sizes"), onChange);
  const systems = switches(t("filter.systems"), onChange);
  const bars = h("div", {});
  const asked = { metric: "miou", cost: "macs", split: "" };
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
    query: () => ({ ...asked, data: data.on(), systems: systems.on(), sizes: sizes.on() }),
    off: () => /** @type {const} */ ({ data: data.off, system: systems.off, size: sizes.off }),
    /** @param {import("../../schema/contract.js").Results} answer @param {Colour} colourOf */
    show(answer, colourOf) {
      data.show(answer.data, colourOf);
      systems.show(answer.systems, colourOf);
      sizes.show(answer.sizes, colourOf);
      const { metrics, splits, costs, choice } = answer;
      const now = JSON.stringify([metrics, splits, costs]);
      if (now === offered) return;
      offered = now;
      const lines = /** @type {[keyof asked, string, Choice[]][]} */ ([
        ["metric", t("filter.metric"), metrics], ["split", t("filter.split"), splits], ["cost", t("filter.cost"),
          costs]]);
      bars.replaceChildren(...lines.filter(([, , choices]) => choices.length > 1).map(([key, title, choices]) => {
        const bar = segmented(title, choices.map(({ value, label }) => ({ value, label: say(label) })), (value) => {
          asked[key] = value;
          onChange();
        });
        bar.show(choice[key]);
        return section(title, bar.element);
      }));
    },
  };
}
