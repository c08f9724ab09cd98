// @ts-check
/**
 * A hovered pixel as the dock prints it: true source pixels, whatever level of the picture is read.
 *
 * @typedef {import("./hover.js").Hover} Hover
 * @typedef {import("./frame.js").Frame} Frame
 * @typedef {import("../rooms/warp/readout.js").Hover} Readout
 * @typedef {import("../engine/picture.js").Picture} Picture
 */

import { toNormalised, toPixel } from "../engine/coords.js";
import { tapsOf } from "../engine/footprint.js";
import { tileDeterminant, tileOf } from "../engine/warp.js";
import { extentOf } from "./hover.js";

/** Taps lighter than this share of the heaviest are not told. */
const LIGHTEST = 1e-3;

/**
 * det J at a zoomed pixel: source pixels^2 a zoomed pixel^2.
 * @param {Frame} frame @param {readonly [number, number]} pixel @param {readonly [number, number]} full (h, w)
 */
function determinant({ warp, zoomed }, [x, y], full) {
  const [h, w] = warp.size;
  const [across, down] = [toPixel(toNormalised(x, zoomed[1]), w), toPixel(toNormalised(y, zoomed[0]), h)];
  const [j, i] = [tileOf(across, w), tileOf(down, h)];
  const det = tileDeterminant(warp.nodes, 2 * (i * w + j), 2 * w, across - j, down - i);
  const perColumn = ((w - 1) / Math.max(1, zoomed[1] - 1)) * ((full[1] - 1) / 2);
  return det * perColumn * ((h - 1) / Math.max(1, zoomed[0] - 1)) * ((full[0] - 1) / 2);
}

/**
 * Taps of a zoomed pixel, pixels of the picture that is read.
 * @param {Frame} frame @param {Picture} picture @param {readonly [number, number]} pixel
 * @param {import("../core/store.js").State["interpolation"]} interpolation
 */
export function tapList(frame, picture, [column, row], interpolation) {
  const block = tapsOf(picture, frame.grid, frame.zoomed, row, column, interpolation);
  const most = block.weights.reduce((a, b) => Math.max(a, b), 0);
  const list = [];
  for (let k = 0; k < block.weights.length; k++) {
    if (block.weights[k] < LIGHTEST * most) continue;
    list.push({ x: block.x + (k % block.width), y: block.y + Math.floor(k / block.width), weight: block.weights[k] });
  }
  return list;
}

/**
 * @param {Hover} hover @param {Frame} frame
 * @param {readonly {x: number, y: number, weight: number}[]} taps pixels of the picture that is read
 * @param {{width: number, height: number}} full true size of the source
 * @returns {Readout & {normalised: {zoomed: number[], source: number[]}}}
 */
export function readoutOf({ pixel, source, quad, inside }, frame, taps, full) {
  const [h, w] = frame.source;
  const wide = (/** @type {number} */ x) => (w === full.width ? x : toPixel(toNormalised(x, w), full.width));
  const tall = (/** @type {number} */ y) => (h === full.height ? y : toPixel(toNormalised(y, h), full.height));
  const at = 4 * (pixel[1] * frame.zoomed[1] + pixel[0]);
  const corners = quad.map(([x, y]) => /** @type {[number, number]} */ ([wide(x), tall(y)]));
  return {
    zoomed: pixel, source: [wide(source[0]), tall(source[1])], quad: corners, footprint: extentOf(corners),
    det: determinant(frame, pixel, [full.height, full.width]),
    taps: taps.map(({ x, y, weight }) => ({ x: wide(x), y: tall(y), weight })),
    colour: [...frame.image.data.subarray(at, at + 3)], inside,
    normalised: { zoomed: [toNormalised(pixel[0], frame.zoomed[1]), toNormalised(pixel[1], frame.zoomed[0])],
      source: [toNormalised(source[0], w), toNormalised(source[1], h)] },
  };
}
