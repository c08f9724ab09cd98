/**
 * What one zoomed pixel reads: its quadrilateral in the source, and every source pixel with its weight.
 *
 * The footprint is the pixel's square, half a pixel to each side, mapped corner by corner (the border tiles continue).
 * The taps are what the interpolation really takes: one pixel, four, or, anti-aliased, all pixels under its boxes on a
 * pyramid level. A pixel of level L is a product of two 1-D means, so its weights are a product as well.
 *
 * @typedef {import("./coords.js").Size} Size
 * @typedef {import("./coords.js").Warp} Warp
 * @typedef {import("./picture.js").Picture} Picture
 *
 * @typedef {object} Taps a block of pixels of the picture
 * @property {number} x @property {number} y  column and row of the first
 * @property {number} width @property {number} height
 * @property {Float64Array} weights (height, width), sum 1
 */

import { toNormalised, toPixel } from "./coords.js";
import { createBoxes, findBoxes } from "./resample.js";
import { forwardPoints } from "./warp.js";

const CORNERS = [-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5];

/**
 * @param {Warp} warp @param {number} row @param {number} column of the zoomed pixel
 * @param {Size} zoomed @param {Size} source
 * @returns {Float64Array} (4, 2) source pixels: top left, top right, bottom right, bottom left of the zoomed pixel
 */
export function footprint(warp, row, column, zoomed, source) {
  const points = CORNERS.map((offset, k) =>
    (k % 2 === 0 ? toNormalised(column + offset, zoomed[1]) : toNormalised(row + offset, zoomed[0])));
  return forwardPoints(warp, points).map((g, k) => toPixel(g, source[1 - (k % 2)]));
}

/**
 * @param {Picture} picture @param {Float64Array} grid (h, w, 2) the forward grid that the zoomed image was read on
 * @param {Size} zoomed @param {number} row @param {number} column
 * @param {import("./resample.js").Interpolation} interpolation
 * @returns {Taps} in pixels of the picture (shrunk, if its source was shrunk first)
 */
export function tapsOf(picture, grid, zoomed, row, column, interpolation) {
  const [height, width] = picture.size;
  const at = 2 * (row * zoomed[1] + column);
  const x = toPixel(grid[at], width), y = toPixel(grid[at + 1], height);
  if (interpolation === "nearest") {
    const across = pair(Math.floor(x + 0.5), width), down = pair(Math.floor(y + 0.5), height);
    return block([[levelTaps(...across, width, 0), levelTaps(...down, height, 0), 1]]);
  }
  if (interpolation === "bilinear") {
    return block([[levelTaps(...pair(x, width), width, 0), levelTaps(...pair(y, height), height, 0), 1]]);
  }
  const { level, count, ends } = findBoxes(picture, grid, zoomed, row, column, createBoxes());
  return block(Array.from({ length: count }, (_, k) => {
    const [left, right, top, bottom] = ends.subarray(4 * k, 4 * k + 4);
    return [levelTaps(left, right, width, level), levelTaps(top, bottom, height, level), 1 / count];
  }));
}

/** The interval of one pixel's length that a bilinear read averages. @param {number} px @param {number} n */
function pair(px, n) {
  const start = Math.min(Math.max(px, 0), n - 1);
  return /** @type {const} */ ([start, start + 1]);
}

/**
 * The pixels of an axis of n, and their weights, in the mean over an interval of level L.
 * @param {number} low @param {number} high pixel k of the level is from k to k + 1
 * @param {number} n @param {number} level
 * @returns {{first: number, weights: number[]}}
 */
function levelTaps(low, high, n, level) {
  const sizes = [n];
  while (sizes.length <= level) sizes.push((sizes[sizes.length - 1] + 1) >> 1);
  let first = Math.floor(low);
  let weights = Array.from({ length: Math.ceil(high) - first }, (_, k) =>
    (Math.min(high, first + k + 1) - Math.max(low, first + k)) / (high - low));
  for (let k = level - 1; k >= 0; k--) {
    const parents = first;
    weights = weights.flatMap((weight, t) =>
      (2 * (parents + t) + 1 < sizes[k] ? [weight / 2, weight / 2] : [weight]));
    first *= 2;
  }
  return { first, weights };
}

/**
 * The sum of products of 1-D taps, each with its weight, as one block.
 * @param {(readonly [{first: number, weights: number[]}, {first: number, weights: number[]}, number] | any[])[]} parts
 * @returns {Taps}
 */
function block(parts) {
  const used = parts.filter(([, , share]) => share > 0);
  const low = (/** @type {0 | 1} */ axis) => Math.min(...used.map((part) => part[axis].first));
  const high = (/** @type {0 | 1} */ axis) =>
    Math.max(...used.map((part) => part[axis].first + part[axis].weights.length));
  const x = low(0), y = low(1), width = high(0) - x, height = high(1) - y;
  const weights = new Float64Array(width * height);
  for (const [across, down, share] of used) {
    for (let i = 0; i < down.weights.length; i++) {
      for (let j = 0; j < across.weights.length; j++) {
        const at = (down.first - y + i) * width + across.first - x + j;
        weights[at] += share * down.weights[i] * across.weights[j];
      }
    }
  }
  return { x, y, width, height, weights };
}
