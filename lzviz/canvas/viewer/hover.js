// @ts-check
/**
 * Linked hover: one zoomed pixel, its exact footprint in the source, and the taps it reads.
 *
 * @typedef {import("../engine/coords.js").Warp} Warp
 *
 * @typedef {object} Hover
 * @property {readonly [number, number]} pixel   the zoomed pixel, whole numbers
 * @property {readonly [number, number]} source  what the pointer means, pixels of the picture that is read
 * @property {readonly (readonly [number, number])[]} quad  footprint of `pixel`, the same pixels, clockwise
 * @property {boolean} inside  false: no sample reaches the source point under the pointer
 */

import { toNormalised, toPixel } from "../engine/coords.js";
import { invertPoint } from "../engine/inverse.js";
import { forwardPoints } from "../engine/warp.js";
import { clamp } from "./camera.js";

/**
 * @typedef {object} Scene what a hover is read from
 * @property {Warp} warp
 * @property {readonly [number, number]} zoomed (h, w)
 * @property {readonly [number, number]} source (h, w) of the picture that is read
 */

/** Corners of a pixel around its centre, clockwise from top left. */
const CORNERS = /** @type {const} */ ([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]);

/**
 * Where zoomed pixels (not necessarily whole) are read, source pixels.
 * @param {Scene} scene @param {readonly (readonly [number, number])[]} pixels
 * @returns {[number, number][]}
 */
export function read({ warp, zoomed, source }, pixels) {
  const points = pixels.flatMap(([x, y]) => [toNormalised(x, zoomed[1]), toNormalised(y, zoomed[0])]);
  const sites = forwardPoints(warp, points);
  return pixels.map((_, k) => [toPixel(sites[2 * k], source[1]), toPixel(sites[2 * k + 1], source[0])]);
}

/**
 * The zoomed pixel under a point of the zoomed view.
 * @param {Scene} scene @param {number} x @param {number} y zoomed pixels @returns {Hover}
 */
export function hoverZoomed(scene, x, y) {
  const pixel = nearest(scene, x, y);
  const [source] = read(scene, [pixel]);
  return { pixel, source, quad: footprintOf(scene, pixel), inside: true };
}

/**
 * The zoomed pixel that a source point went to.
 * @param {Scene} scene @param {number} x @param {number} y source pixels @returns {Hover}
 */
export function hoverSource(scene, x, y) {
  const { warp, zoomed, source } = scene;
  const [h, w] = source;
  const at = invertPoint(warp, toNormalised(clamp(x, 0, w - 1), w), toNormalised(clamp(y, 0, h - 1), h));
  const pixel = nearest(scene, toPixel(at.x, zoomed[1]), toPixel(at.y, zoomed[0]));
  return { pixel, source: [x, y], quad: footprintOf(scene, pixel), inside: at.valid };
}

/** @param {Scene} scene @param {number} x @param {number} y @returns {[number, number]} */
const nearest = ({ zoomed: [h, w] }, x, y) => [clamp(Math.round(x), 0, w - 1), clamp(Math.round(y), 0, h - 1)];

/** @param {Scene} scene @param {readonly [number, number]} pixel */
export const footprintOf = (scene, [x, y]) =>
  read(scene, CORNERS.map(([dx, dy]) => /** @type {[number, number]} */ ([x + dx, y + dy])));

/**
 * Twice the signed area of a quadrilateral is a cross product of its diagonals; this is its mean side lengths.
 * @param {Hover["quad"]} quad @returns {[number, number]} width and height
 */
export function extentOf([a, b, c, d]) {
  const middle = (/** @type {readonly number[]} */ p, /** @type {readonly number[]} */ q) =>
    [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2];
  const length = (/** @type {number[]} */ p, /** @type {number[]} */ q) => Math.hypot(q[0] - p[0], q[1] - p[1]);
  return [length(middle(a, d), middle(b, c)), length(middle(a, b), middle(d, c))];
}
