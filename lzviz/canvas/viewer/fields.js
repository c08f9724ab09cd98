// @ts-check
/**
 * Maps over the source as indices of a colour table, on a lattice that is corner-aligned on the image.
 *
 * @typedef {import("../engine/coords.js").Warp} Warp
 * @typedef {import("../engine/coords.js").Size} Size
 * @typedef {import("../engine/inverse.js").Inverse} Inverse
 * @typedef {import("./raster.js").Field} Field
 */

import { attractAt } from "../engine/attraction.js";
import { identityWarp, toPixel } from "../engine/coords.js";
import { gridDistance } from "../engine/measures.js";
import { densityMap, forwardGrid, isMirrored, tileDeterminant, tileOf } from "../engine/warp.js";
import { DENSITY_RANGE, magnificationIndex } from "./colours.js";

const LONG_SIDE = 160;

/** A number in a few digits, for the range of a map. @param {number} value */
export const short = (value) => (value >= 10 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 2));

/**
 * A lattice of at most LONG_SIDE cells a side with the aspect of an image.
 * @param {Size} image (h, w) @returns {Size}
 */
export function fieldSize([h, w]) {
  const share = Math.min(1, LONG_SIDE / Math.max(h, w));
  return [Math.max(2, Math.round(h * share)), Math.max(2, Math.round(w * share))];
}

/**
 * Any non-negative map, from its least value to its largest.
 * @param {ArrayLike<number>} values @param {number} h @param {number} w
 * @returns {Field & {low: number, high: number}}
 */
export function rangeField(values, h, w) {
  let low = Infinity;
  let high = 0;
  for (let k = 0; k < values.length; k++) {
    low = Math.min(low, values[k]);
    high = Math.max(high, values[k]);
  }
  const scale = high > low ? 255 / (high - low) : 0;
  return { h, w, low, high, values: Float32Array.from(values, (value) => (value - low) * scale) };
}

/** @type {{key: string, density: Float64Array}} */
let even = { key: "", density: new Float64Array(0) };

/**
 * Samples in each cell if they were spread evenly; kept, because sizes rarely change.
 * @param {Size} zoomed @param {Size} size
 */
function evenDensity(zoomed, size) {
  const key = `${zoomed},${size}`;
  if (even.key !== key) even = { key, density: densityMap(forwardGrid(identityWarp([2, 2]), zoomed), size) };
  return even.density;
}

/**
 * Samples in each cell against what uniform sampling with as many pixels has there (so that cells on the border, which
 * are half as large, count alike); the full colour is DENSITY_RANGE times uniform.
 * @param {Float64Array} grid (h, w, 2) normalised sites @param {Size} zoomed (h, w) @param {Size} size lattice
 * @returns {Field & {high: number}} high: times uniform
 */
export function densityField(grid, zoomed, [h, w]) {
  const density = densityMap(grid, [h, w]);
  const uniform = evenDensity(zoomed, [h, w]);
  const values = new Float32Array(h * w);
  let high = 0;
  for (let k = 0; k < values.length; k++) {
    const times = uniform[k] > 0 ? density[k] / uniform[k] : 0;
    high = Math.max(high, times);
    values[k] = Math.min(255, (times / DENSITY_RANGE) * 255);
  }
  return { h, w, values, high };
}

/**
 * log2 of the linear magnification against uniform sampling, at every place of the source: det J of the warp where
 * the exact inverse says. 1x where no sample reaches.
 * @param {Warp} warp @param {Size} size @param {Inverse} inverse of the warp, exact, at that lattice
 * @returns {Field & {low: number, high: number}} low, high: magnification
 */
export function magnificationField(warp, size, { grid, valid }) {
  const values = new Float32Array(valid.length).fill(127.5);
  const [h, w] = warp.size;
  const uniform = (isMirrored(warp) ? -1 : 1) * (2 / (w - 1)) * (2 / (h - 1));
  let least = Infinity;
  let most = 0;
  for (let k = 0; k < valid.length; k++) {
    if (!valid[k]) continue;
    const across = toPixel(grid[2 * k], w), down = toPixel(grid[2 * k + 1], h);
    const j = tileOf(across, w), i = tileOf(down, h);
    const det = tileDeterminant(warp.nodes, 2 * (i * w + j), 2 * w, across - j, down - i);
    const area = uniform / det;
    if (!(area > 0 && area < Infinity)) continue;
    if (area < least) least = area;
    if (area > most) most = area;
    values[k] = magnificationIndex(Math.log2(area) / 2);
  }
  return { h: size[0], w: size[1], values, low: Math.sqrt(least), high: Math.sqrt(most) };
}

/**
 * What reading the warp between control nodes costs: the distance, in source pixels, between each sample and the place
 * where the attraction itself, evaluated there, would have put it.
 * @param {Pick<import("./frame.js").Frame, "attracting" | "grid" | "options" | "source" | "zoomed">} frame
 * @param {readonly [number, number]} nodes
 * @returns {{size: Size, error: Float64Array, most: number}} on the lattice of the zoomed image
 */
export function gridError({ attracting, grid, options, source, zoomed }, nodes) {
  const truth = attractAt(attracting ?? [], nodes[0], nodes[1], options, zoomed);
  const error = gridDistance(grid, truth, source);
  return { size: zoomed, error, most: error.reduce((a, b) => Math.max(a, b), 0) };
}

/**
 * A map of the zoomed image, seen at its places in the source.
 * @param {Size} size lattice of the source @param {Inverse} inverse exact, at that lattice
 * @param {{size: Size, error: Float64Array, most: number}} map @returns {Field}
 */
export function pulledBack(size, { grid, valid }, { size: [h, w], error, most }) {
  const values = new Float32Array(valid.length);
  for (let k = 0; k < valid.length; k++) {
    if (!valid[k] || most === 0) continue;
    const x = toPixel(grid[2 * k], w), y = toPixel(grid[2 * k + 1], h);
    const j = tileOf(x, w), i = tileOf(y, h);
    const u = x - j, v = y - i, at = i * w + j;
    const top = error[at] + u * (error[at + 1] - error[at]);
    const bottom = error[at + w] + u * (error[at + w + 1] - error[at + w]);
    values[k] = Math.min(255, Math.max(0, ((top + v * (bottom - top)) / most) * 255));
  }
  return { h: size[0], w: size[1], values };
}
