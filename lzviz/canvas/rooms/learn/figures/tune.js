// @ts-check
/** The one number that a figure has of its own, as a slider. */
import { slider } from "../../../kit/controls.js";
import { t } from "../../../core/text.js";

/**
 * @param {string} key of its name @param {{min: number, max: number, decimals?: number, unit?: string}} range
 * @param {number} start @param {(value: number) => void} changed
 */
export function createTune(key, { min, max, decimals = 0, unit = "" }, start, changed) {
  const field = /** @type {import("../../../core/schema.js").Field} */ ({ key: "tune", url: "tune", type: "number",
    default: start, label: t(key), help: "", min, max, scale: "linear", decimals });
  let value = start;
  /** @param {number} next */
  function choose(next) {
    value = next;
    changed(value);
  }
  const control = slider(field, { unit, onInput: choose, onDone: choose });
  control.show(start);
  return {
    element: control.element,
    get: () => value,
    /** @param {number} next */
    set(next) {
      control.show(next);
      choose(next);
    },
  };
}
