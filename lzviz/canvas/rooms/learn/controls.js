// @ts-check
/** The few controls over a lesson's picture: keys of the state, by their kind. */
import { choices } from "../../core/schema.js";
import { segmented, slider, toggle } from "../../kit/controls.js";
import { h } from "../../kit/dom.js";

/**
 * @param {import("../../core/context.js").Context} context @param {string} key
 * @returns {{element: HTMLElement, show: (value: any) => void}}
 */
function controlOf({ schema, store }, key) {
  const field = schema.field(key);
  const set = (/** @type {any} */ value) => store.set({ [key]: value });
  if (field.type === "boolean") return toggle(field.label, set);
  if (field.type === "choice") {
    const { element, show } = segmented(field.label, choices(field), set);
    return { element: h("div", { class: "lz-learn-choice" }, h("span", {}, field.label), element), show };
  }
  return slider(field, { unit: field.unit ?? "", onInput: set, onDone: set });
}

/** @param {import("../../core/context.js").Context} context @param {readonly string[]} keys */
export function createControls(context, keys) {
  const made = keys.map((key) => ({ key, ...controlOf(context, key) }));
  const refresh = () => {
    const state = /** @type {Record<string, any>} */ (context.store.get());
    for (const { key, show } of made) show(state[key]);
  };
  for (const { key, element } of made) element.dataset.control = key;
  const stop = context.store.subscribe(refresh);
  refresh();
  return { element: h("div", { class: "lz-learn-controls" }, ...made.map(({ element }) => element)), stop };
}
