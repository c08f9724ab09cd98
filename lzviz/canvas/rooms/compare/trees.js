// @ts-check
/**
 * Methods that keep a quadtree in place of a warp: every block is one sample, its first cell's.
 *
 * @typedef {import("../../schema/contract.js").Levels} Levels
 * @typedef {import("../../viewer/pixels.js").Raster} Raster
 * @typedef {import("../../viewer/hover.js").Hover} Hover
 *
 * @typedef {object} Tree
 * @property {{h: number, w: number, stride: number, data: Uint8Array}} levels
 * @property {{w: number, h: number}} working  the picture as the method read it
 * @property {Float64Array} sites  (n, 1, 2) of its samples, normalised
 * @property {Raster} mosaic       each cell in the colour of its sample
 */

import { fromBase64 } from "../../core/wire.js";
import { blockAt } from "../pipeline/answer.js";

/**
 * @param {Levels} told @param {readonly [number, number]} size (H, W) of the picture as it was compared on
 * @param {Raster} picture as it is shown @returns {Tree}
 */
export function treeOf(told, [height, width], picture) {
  const { h, w, stride } = told;
  const levels = { h, w, stride, data: fromBase64(told.data) };
  const [pixels, mosaic] = [new Uint32Array(picture.data.buffer), new Uint32Array(h * w)];
  /** @type {number[]} */
  const sites = [];
  const shown = (/** @type {number} */ cell, /** @type {number} */ of, /** @type {number} */ to) =>
    Math.min(to - 1, Math.floor(((cell * stride + 0.5) * to) / of));
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      const level = levels.data[i * w + j];
      const [top, left] = [(i >> level) << level, (j >> level) << level];
      const row = shown(top, height, picture.height);
      mosaic[i * w + j] = pixels[row * picture.width + shown(left, width, picture.width)];
      if (top !== i || left !== j) continue;
      sites.push((2 * j * stride) / Math.max(1, width - 1) - 1, (2 * i * stride) / Math.max(1, height - 1) - 1);
    }
  }
  return { levels, working: { w: width, h: height }, sites: Float64Array.from(sites),
    mosaic: { width: w, height: h, data: new Uint8ClampedArray(mosaic.buffer) } };
}

/**
 * The block at a place of the picture. @param {Tree} tree @param {number} x @param {number} y shown pixels
 * @param {{width: number, height: number}} extent @returns {Hover}
 */
export function hoverTree({ levels, working }, x, y, extent) {
  const { edges: [x0, y0, x1, y1] } = blockAt(levels, working, x, y, extent);
  const cell = (extent.width / working.w) * levels.stride;
  const quad = /** @type {[number, number][]} */ ([[x0, y0], [x1, y0], [x1, y1], [x0, y1]].map(([a, b]) =>
    [a - 0.5, b - 0.5]));
  return { pixel: [Math.round(x0 / cell), Math.round(y0 / cell)], source: [x, y], quad, inside: true };
}
