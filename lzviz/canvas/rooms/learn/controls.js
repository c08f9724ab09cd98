// @ts-check
/** The few controls over a lesson's picture: keys of the state, by their kind. */
import { choiceOf, numberOf, switchOf } from "../../core/bound.js";
import { h } from "../../kit/dom.js";

/** @typedef {keyof import("../../core/store.js").State} Key */

/** @param {import("../../core/context.js").Context} context @param {Key} key */
function controlOf(context, key) {
  const field = context.schema.field(key);
  if (field.type === "boolean") return switchOf(context, key);
  if (field.type !== "choice") return numberOf(context, key);
  const { element, refresh } = choiceOf(context, key);
  return { element: h("div", { class: "lz-learn-choice" }, h("span", {}, field.label), element), refresh };
}

/** @param {import("../../core/context.js").Context} context @param {readonly string[]} keys */
export function createControls(context, keys) {
  const made = keys.map((key) => controlOf(context, /** @type {Key} */ (key)));
  const refresh = () => made.forEach((each) => each.refresh());
  const stop = context.store.subscribe(refresh);
  refresh();
  return { element: h("div", { class: "lz-learn-controls" }, ...made.map(({ element }) => element)), stop };
}
