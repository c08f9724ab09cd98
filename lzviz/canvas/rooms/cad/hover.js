// @ts-check
/**
 * What lies under the pointer: the cell, the block that it belongs to, and what a convolution reads there.
 *
 * @typedef {import("../../engine/quadtree.js").Cell} Cell
 * @typedef {import("../../engine/quadtree.js").Tap} Tap
 * @typedef {import("./model.js").Forest} Forest
 *
 * @typedef {object} CellHover
 * @property {readonly [number, number]} at  pixel edges of the picture that is read
 * @property {{y: number, x: number}} cell  of the fine grid
 * @property {Cell} block
 * @property {readonly (readonly [number, number])[]} quad  the block's corners, the same pixel edges, clockwise
 * @property {readonly Tap[]} taps  nine
 * @property {boolean} centred     taps counted from the block's middle, as published
 */

import { ownerOf, tapsOf } from "../../engine/quadtree.js";

/**
 * @param {Forest} forest @param {number} x @param {number} y pixel edges of the picture that is read
 * @param {boolean} centred
 * @returns {CellHover}
 */
export function hoverAt({ grid, levels, image }, x, y, centred) {
  const at = (/** @type {number} */ edge, /** @type {number} */ cells) =>
    Math.min(cells - 1, Math.max(0, Math.floor(edge / grid.stride)));
  const cell = { y: at(y, grid.h), x: at(x, grid.w) };
  const block = ownerOf(levels, grid, cell.y, cell.x);
  const [x0, y0, x1, y1] = boxOf(block, grid.stride, image);
  return { at: [x, y], cell, block, quad: [[x0, y0], [x1, y0], [x1, y1], [x0, y1]],
    taps: tapsOf(levels, grid, cell.y, cell.x, { centred }), centred };
}

/**
 * Pixel edges of a block, cut off at the border: x0, y0, x1, y1.
 * @param {Cell} block @param {number} stride @param {{h: number, w: number}} image
 */
export function boxOf({ y, x, level }, stride, image) {
  const side = stride << level;
  return [x * stride, y * stride, Math.min(image.w, x * stride + side), Math.min(image.h, y * stride + side)];
}
