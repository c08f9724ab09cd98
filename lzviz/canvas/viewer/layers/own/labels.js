// @ts-check
/**
 * Class maps and error maps as pixels.
 *
 * @typedef {import("../../../rooms/pipeline/answer.js").Plane} Plane
 * @typedef {import("../../../rooms/pipeline/answer.js").Class} Class
 * @typedef {import("../../pixels.js").Raster} Raster
 */

import { pack, parseColour } from "../../colours.js";

/** What is left of the other classes while one is pointed at. */
const FADED = 0.16;
export const NONE = 255;

/**
 * Colours of class indices, packed; what has no label has no colour.
 * @param {readonly Class[]} classes @param {number | null} chosen  the class that stands out
 * @returns {Uint32Array} 256 values
 */
export function classTable(classes, chosen) {
  const table = new Uint32Array(256);
  classes.forEach(({ colour }, k) => {
    table[k] = pack(parseColour(colour), chosen === null || chosen === k ? 1 : FADED);
  });
  return table;
}

/**
 * Errors in one colour, what has no label in another. Where a class stands out, only its errors count.
 * @param {string} wrong @param {string} unknown CSS colours
 */
export function errorTable(wrong, unknown) {
  const table = new Uint32Array(256);
  table[1] = pack(parseColour(wrong), 0.82);
  table[NONE] = pack(parseColour(unknown), 0.75);
  return table;
}

/** @param {Plane} plane @param {Uint32Array} table @returns {Raster} */
export function coloured({ width, height, data }, table) {
  const pixels = Uint32Array.from(data, (value) => table[value]);
  return { width, height, data: new Uint8ClampedArray(pixels.buffer) };
}

/**
 * Errors that touch one class: where it is, or was said to be.
 * @param {Plane} error @param {Plane} labels @param {Plane} truth @param {number | null} chosen
 * @returns {Plane}
 */
export function errorsOf(error, labels, truth, chosen) {
  if (chosen === null) return error;
  const touches = (/** @type {number} */ k) => labels.data[k] === chosen || truth.data[k] === chosen;
  return { ...error, data: error.data.map((value, k) => (value === 1 && !touches(k) ? 0 : value)) };
}
