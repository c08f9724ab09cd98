// @ts-check
/**
 * The place under the pointer, in every view at once: the zoomed pixel, its footprint in the source, its classes.
 *
 * @typedef {import("./answer.js").Room} Room
 *
 * @typedef {object} Place
 * @property {readonly [number, number]} source  pixels of the full picture
 * @property {readonly [number, number]} at      pixels of the picture that is shown
 * @property {readonly [number, number] | null} pixel   of the zoomed image; null: nothing is zoomed
 * @property {readonly (readonly [number, number])[]} quad  footprint or block, pixels of the picture that is shown
 * @property {number} label        class index there, 255: none
 * @property {number | null} confidence  0..1
 * @property {number | null} truth class index; null: no labels are known
 * @property {number | null} predicted  on the zoomed image
 * @property {number | null} level of the quadtree
 */

import { hoverSource, hoverZoomed } from "../../viewer/hover.js";
import { NONE } from "../../viewer/layers/own/labels.js";
import { at, blockAt } from "./answer.js";

/**
 * What a hover is read from. @param {Room} room @param {{width: number, height: number}} extent
 * @returns {import("../../viewer/hover.js").Scene | null}
 */
export const sceneOf = ({ warp, zoomed }, { width, height }) =>
  (warp && zoomed ? { warp, zoomed, source: [height, width] } : null);

/**
 * @param {Room} room @param {{width: number, height: number}} extent of the picture that is shown
 * @param {"source" | "zoomed"} space of x and y, pixels @param {number} x @param {number} y
 * @returns {Place | null} null outside
 */
export function placeAt(room, extent, space, x, y) {
  const { width, height } = extent;
  const scene = sceneOf(room, extent);
  const inside = (/** @type {number} */ w, /** @type {number} */ h) =>
    x >= -0.5 && y >= -0.5 && x <= w - 0.5 && y <= h - 0.5;
  if (space === "zoomed") {
    if (!scene || !inside(scene.zoomed[1], scene.zoomed[0])) return null;
    const { pixel, source, quad } = hoverZoomed(scene, x, y);
    const shown = /** @type {[number, number]} */ ([clamp(source[0], width), clamp(source[1], height)]);
    return describe(room, extent, shown, pixel, quad, null);
  }
  if (!inside(width, height)) return null;
  if (scene) {
    const { pixel, quad } = hoverSource(scene, x, y);
    return describe(room, extent, [x, y], pixel, quad, null);
  }
  if (!room.levels) return describe(room, extent, [x, y], null, [], null);
  const { level, edges: [x0, y0, x1, y1] } = blockAt(room.levels, room.working, x, y, extent);
  const quad = /** @type {[number, number][]} */ ([[x0, y0], [x1, y0], [x1, y1], [x0, y1]].map(([a, b]) =>
    [a - 0.5, b - 0.5]));
  return describe(room, extent, [x, y], null, quad, level);
}

/** @param {number} value @param {number} n */
const clamp = (value, n) => Math.min(n - 1, Math.max(0, value));

/**
 * @param {Room} room @param {{width: number, height: number}} extent @param {readonly [number, number]} shown
 * @param {Place["pixel"]} pixel @param {Place["quad"]} quad @param {number | null} level
 * @returns {Place}
 */
function describe({ picture, labels, confidence, prediction, truth }, extent, shown, pixel, quad, level) {
  const [x, y] = shown;
  const share = picture.width / extent.width;
  const sure = confidence && at(confidence, x, y, extent);
  return { at: shown, pixel, quad, level,
    source: [(x + 0.5) * share - 0.5, (y + 0.5) * share - 0.5], label: labels ? at(labels, x, y, extent) : NONE,
    confidence: sure === null ? null : sure / 255, truth: truth ? at(truth.labels, x, y, extent) : null,
    predicted: prediction && pixel ? prediction.data[pixel[1] * prediction.width + pixel[0]] : null };
}
