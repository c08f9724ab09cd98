/**
 * What a warp spends and where: the numbers beside the views.
 *
 * @typedef {import("./coords.js").Size} Size
 * @typedef {import("./coords.js").Warp} Warp
 * @typedef {import("./saliency.js").FloatMap} FloatMap
 * @typedef {import("./saliency.js").SaliencyState} SaliencyState
 */

import { toPixel } from "./coords.js";
import { handOf } from "./saliency.js";

/** Boxes are looked at on a lattice of at most so many points a side. */
const BOX_LATTICE = 512;

/**
 * What a state asks to see better, as weights in [0, 1] on a lattice that is corner-aligned on the image: the paint
 * itself, the inside of the boxes, or any other saliency between its least and its greatest value.
 * @param {SaliencyState} state @param {FloatMap | null} saliency of the state, before contrast; null where its
 *   sampler takes none: then only what was painted or boxed counts
 * @param {Size} source
 * @returns {FloatMap | null} null when it asks for nothing
 */
export function emphasisOf(state, saliency, source) {
  const hand = handOf(state.saliency);
  if (hand === "paint") return state.paint && anything(spread(state.paint, 0, 255));
  if (hand === "boxes") return anything(boxWeights(state.boxes, source));
  if (!saliency) return null;
  let low = Infinity, high = -Infinity;
  for (let k = 0; k < saliency.data.length; k++) {
    low = Math.min(low, saliency.data[k]);
    high = Math.max(high, saliency.data[k]);
  }
  return high > low ? spread(saliency, low, high) : null;
}

/** @param {FloatMap} map @param {number} low @param {number} high @returns {FloatMap} */
function spread({ h, w, data }, low, high) {
  const weights = new Float64Array(h * w);
  for (let k = 0; k < weights.length; k++) weights[k] = (data[k] - low) / (high - low);
  return { h, w, data: weights };
}

/** @param {FloatMap} map */
function anything(map) {
  for (let k = 0; k < map.data.length; k++) if (map.data[k] > 0) return map;
  return null;
}

/**
 * 1 inside any box, 0 outside; edge e of a box is the point e - 1/2.
 * @param {readonly (readonly number[])[]} boxes @param {Size} source @returns {FloatMap}
 */
function boxWeights(boxes, source) {
  const scale = Math.min(1, BOX_LATTICE / Math.max(...source));
  const [h, w] = source.map((n) => Math.max(1, Math.round(n * scale)));
  const data = new Uint8Array(h * w);
  for (const [x0, y0, x1, y1] of boxes) {
    const [left, right] = covered(x0, x1, w, source[1]), [top, bottom] = covered(y0, y1, h, source[0]);
    for (let i = top; i <= bottom; i++) data.fill(1, i * w + left, i * w + right + 1);
  }
  return { h, w, data };
}

/**
 * First and last lattice point between two edges. @param {number} from @param {number} to
 * @param {number} n points @param {number} extent pixels
 */
function covered(from, to, n, extent) {
  const step = Math.max(extent - 1, 1) / Math.max(n - 1, 1);
  return [Math.max(Math.ceil((from - 0.5) / step), 0), Math.min(Math.floor((to - 0.5) / step), n - 1)];
}

/**
 * Share of the samples that lie on the emphasised area: the mean of the weights, read bilinearly at the samples.
 * @param {FloatMap} weights @param {Float64Array} grid (n, 2) normalised source points
 */
export function shareOf({ h, w, data }, grid) {
  let sum = 0;
  for (let k = 0; k < grid.length; k += 2) {
    const x = Math.min(Math.max(toPixel(grid[k], w), 0), w - 1);
    const y = Math.min(Math.max(toPixel(grid[k + 1], h), 0), h - 1);
    const j = Math.floor(x), i = Math.floor(y);
    const u = x - j, v = y - i, at = i * w + j;
    const right = j + 1 < w ? 1 : 0, below = i + 1 < h ? w : 0;
    sum += (1 - v) * ((1 - u) * data[at] + u * data[at + right])
      + v * ((1 - u) * data[at + below] + u * data[at + below + right]);
  }
  return (2 * sum) / grid.length;
}

/**
 * Share of the image that the emphasised area has: the mean of the weights between the corner points of their lattice,
 * so that cells on the border count half.
 * @param {FloatMap} weights
 */
export function areaOf({ h, w, data }) {
  let sum = 0;
  for (let i = 0, k = 0; i < h; i++) {
    const part = h > 1 && (i === 0 || i === h - 1) ? 0.5 : 1;
    for (let j = 0; j < w; j++, k++) sum += part * (w > 1 && (j === 0 || j === w - 1) ? 0.5 : 1) * data[k];
  }
  return sum / (Math.max(h - 1, 1) * Math.max(w - 1, 1));
}

/** Share of a lattice that an inverse reaches. @param {Uint8Array} valid */
export function coverageOf(valid) {
  let count = 0;
  for (const one of valid) count += one;
  return count / valid.length;
}

/**
 * Distance between two forward grids at each sample, source pixels: what a control grid costs against the warp itself.
 * @param {Float64Array} a @param {Float64Array} b (n, 2) normalised @param {Size} source
 * @param {Float64Array} [out] @returns {Float64Array} (n)
 */
export function gridDistance(a, b, [height, width], out = new Float64Array(a.length / 2)) {
  for (let k = 0; k < out.length; k++) {
    const dx = ((a[2 * k] - b[2 * k]) / 2) * (width - 1), dy = ((a[2 * k + 1] - b[2 * k + 1]) / 2) * (height - 1);
    out[k] = Math.hypot(dx, dy);
  }
  return out;
}
