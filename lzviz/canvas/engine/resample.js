/**
 * Reading a picture on a grid, and bringing the zoomed image back. Outside the picture the border pixel answers.
 *
 * nearest   the pixel floor(px + 1/2).
 * bilinear  four taps, as the papers read: a 16-fold downsample then sees 1.6 % of the pixels, and aliases.
 * antialias the mean over the footprint of the sample, as lzviz/footprints.py tells it: a box of the footprint's
 *           variance, or four where the footprint is sheared, on the finest pyramid level where it is small enough.
 *           A mean is a difference of summed areas, which costs the same at every size.
 *
 * @typedef {import("./coords.js").Size} Size
 * @typedef {import("./picture.js").Picture} Picture
 * @typedef {"nearest" | "bilinear" | "antialias"} Interpolation
 * @typedef {Float32Array | Uint8ClampedArray} Pixels (h, w, 4) RGBA 0..255; a clamped array rounds to nearest
 */

import { toPixel } from "./coords.js";
import { summedAreas } from "./picture.js";

/** A square box is read on the finest level on which it is at most this many pixels long. */
const LONGEST = 24;
/** A footprint whose x and y are more correlated than this is read in four parts. */
const SHEAR = 0.3;
/** A part of a pixel smaller than this is left out. */
const EPSILON = 1e-4;
/** From this on, for 2 (a b)^2 / (a + b) of sides a and b, the next level is read; each has eight times the limit. */
const FIRST_LIMIT = (LONGEST * 2 ** EPSILON) ** 3;
/** While a hand moves: one box of a few pixels of a coarser level, which lie close together in memory. */
const QUICK_LIMIT = (3 * 2 ** EPSILON) ** 3;

/** Boxes of at most so many pixels are read pixel by pixel. */
const FEW = 25;

/**
 * Read a picture at every point of a forward grid.
 *
 * @param {Picture} picture
 * @param {Float64Array} grid (h, w, 2) normalised source points
 * @param {Size} zoomed (h, w)
 * @param {Interpolation} interpolation
 * @param {Float32Array} [out]
 * @param {boolean} [quick] antialias from coarser levels, up to a grey level or two off where an edge is sharp
 * @param {0 | 1} [odd] antialias every other row only, from this one on; the others stay as they are in `out`
 * @returns {Float32Array} (h, w, 4) RGBA 0..255, alpha 255, not rounded
 */
export function sampleImage(picture, grid, zoomed, interpolation, out = new Float32Array(zoomed[0] * zoomed[1] * 4),
  quick = false, odd) {
  if (interpolation === "nearest") return sampleNearest(picture, grid, out);
  if (interpolation === "bilinear") return sampleBilinear(picture, grid, out);
  if (interpolation === "antialias") return sampleAntialias(picture, grid, zoomed, out, quick, odd);
  throw new RangeError(`interpolation must be nearest, bilinear or antialias, got ${interpolation}`);
}

/** @param {number} x @param {number} last */
const clampIndex = (x, last) => (x < 0 ? 0 : x > last ? last : x);

/** @param {Picture} picture @param {Float64Array} grid @param {Float32Array} out */
function sampleNearest({ data, size: [height, width] }, grid, out) {
  for (let k = 0, to = 0; k < grid.length; k += 2, to += 4) {
    const x = clampIndex(Math.floor(toPixel(grid[k], width) + 0.5), width - 1);
    const y = clampIndex(Math.floor(toPixel(grid[k + 1], height) + 0.5), height - 1);
    const from = 3 * (y * width + x);
    out[to] = data[from];
    out[to + 1] = data[from + 1];
    out[to + 2] = data[from + 2];
    out[to + 3] = 255;
  }
  return out;
}

/** @param {Picture} picture @param {Float64Array} grid @param {Float32Array} out */
function sampleBilinear({ data, size: [height, width] }, grid, out) {
  for (let k = 0, to = 0; k < grid.length; k += 2, to += 4) {
    const x = clampIndex(toPixel(grid[k], width), width - 1), y = clampIndex(toPixel(grid[k + 1], height), height - 1);
    const j = x | 0, i = y | 0;
    const u = x - j, v = y - i;
    const a = 3 * (i * width + j), right = j + 1 < width ? 3 : 0, below = i + 1 < height ? 3 * width : 0;
    const w11 = u * v, w10 = v - w11, w01 = u - w11, w00 = 1 - u - w10;
    const b = a + right, c = a + below, d = c + right;
    out[to] = w00 * data[a] + w01 * data[b] + w10 * data[c] + w11 * data[d];
    out[to + 1] = w00 * data[a + 1] + w01 * data[b + 1] + w10 * data[c + 1] + w11 * data[d + 1];
    out[to + 2] = w00 * data[a + 2] + w01 * data[b + 2] + w10 * data[c + 2] + w11 * data[d + 2];
    out[to + 3] = 255;
  }
  return out;
}

/**
 * @param {Picture} picture @param {Float64Array} grid @param {Size} zoomed @param {Float32Array} out
 * @param {boolean} quick @param {0 | 1} [odd]
 */
function sampleAntialias(picture, grid, zoomed, out, quick, odd) {
  const first = quick ? QUICK_LIMIT : FIRST_LIMIT;
  const found = createBoxes(), mean = new Float64Array(3);
  const { ends } = found, { data, offsets, widths } = picture;
  for (let r = odd ?? 0; r < zoomed[0]; r += odd === undefined ? 1 : 2) {
    for (let c = 0, to = 4 * r * zoomed[1]; c < zoomed[1]; c++, to += 4) {
      findBoxes(picture, grid, zoomed, r, c, found, first);
      const { level, count } = found, width = widths[level];
      mean[0] = mean[1] = mean[2] = 0;
      for (let k = 0; k < 4 * count; k += 4) {
        const x0 = ends[k], x1 = ends[k + 1], y0 = ends[k + 2], y1 = ends[k + 3];
        if ((x1 - x0) * (y1 - y0) > FEW) {
          addSummed(picture.sums[level] ?? summedAreas(picture, level), 3 * (width + 1), x0, x1, y0, y1, mean);
        } else addPixels(data, offsets[level], 3 * width, x0, x1, y0, y1, mean);
      }
      out[to] = mean[0] / count;
      out[to + 1] = mean[1] / count;
      out[to + 2] = mean[2] / count;
      out[to + 3] = 255;
    }
  }
  return out;
}

/**
 * Add the mean over a box: between its pixels a summed area grows linearly.
 * @param {Float64Array} sums @param {number} stride of a row of them
 * @param {number} x0 @param {number} x1 @param {number} y0 @param {number} y1 @param {Float64Array} mean
 */
function addSummed(sums, stride, x0, x1, y0, y1, mean) {
  const left = x0 | 0, right = x1 | 0, top = y0 | 0, bottom = y1 | 0;
  const u0 = x0 - left, u1 = x1 - right, t0 = 1 - u0, t1 = 1 - u1;
  const over = 1 / ((x1 - x0) * (y1 - y0));
  let weight = (y0 - top - 1) * over, red = 0, green = 0, blue = 0;
  for (let k = 0, a = Math.imul(top, stride) + 3 * left; k < 4; k++) {
    const b = a + 3 * (right - left);
    red += weight * (t1 * sums[b] + u1 * sums[b + 3] - t0 * sums[a] - u0 * sums[a + 3]);
    green += weight * (t1 * sums[b + 1] + u1 * sums[b + 4] - t0 * sums[a + 1] - u0 * sums[a + 4]);
    blue += weight * (t1 * sums[b + 2] + u1 * sums[b + 5] - t0 * sums[a + 2] - u0 * sums[a + 5]);
    weight = k === 0 ? (top - y0) * over : k === 1 ? (bottom + 1 - y1) * over : (y1 - bottom) * over;
    a += k === 1 ? Math.imul(bottom - top - 1, stride) : stride;
  }
  mean[0] += red;
  mean[1] += green;
  mean[2] += blue;
}

/**
 * The same of a box of few pixels, which are read one by one.
 * @param {Float32Array} data @param {number} start @param {number} stride of the level
 * @param {number} x0 @param {number} x1 @param {number} y0 @param {number} y1 @param {Float64Array} mean
 */
function addPixels(data, start, stride, x0, x1, y0, y1, mean) {
  const left = x0 | 0, top = y0 | 0, last = Math.ceil(x1) - 1;
  const first = (last > left ? left + 1 : x1) - x0, rest = last > left ? x1 - last : 0, inner = 3 * (last - left);
  let reds = 0, greens = 0, blues = 0;
  for (let i = top, row = start + top * stride + 3 * left; i < y1; i++, row += stride) {
    // Of a row, the first and the last pixel count in part; those between count whole.
    const end = row + inner;
    let r1 = first * data[row] + rest * data[end];
    let g1 = first * data[row + 1] + rest * data[end + 1];
    let b1 = first * data[row + 2] + rest * data[end + 2];
    for (let a = row + 3; a < end; a += 3) {
      r1 += data[a];
      g1 += data[a + 1];
      b1 += data[a + 2];
    }
    const down = (i + 1 < y1 ? i + 1 : y1) - (i > y0 ? i : y0);
    reds += down * r1;
    greens += down * g1;
    blues += down * b1;
  }
  const over = 1 / ((x1 - x0) * (y1 - y0));
  mean[0] += over * reds;
  mean[1] += over * greens;
  mean[2] += over * blues;
}

/**
 * What an anti-aliased sample averages: boxes on one level, alike in weight.
 * @typedef {object} Boxes
 * @property {number} level @property {number} count 1 or 4
 * @property {Float64Array} ends (4, 4) left, right, top, bottom of each box; pixel k of the level is from k to k + 1
 */

/** @returns {Boxes} */
export const createBoxes = () => ({ level: 0, count: 1, ends: new Float64Array(16) });

/**
 * The boxes of zoomed pixel (r, c). Steps to the next sample are differences between neighbours: central inside,
 * one-sided at the border, 0 along an axis of one sample.
 * @param {Picture} picture @param {Float64Array} grid @param {Size} zoomed @param {number} r @param {number} c
 * @param {Boxes} out @param {number} [first] of the limits of the levels; another than FIRST_LIMIT: one box in any case
 */
export function findBoxes({ size, levels }, grid, zoomed, r, c, out, first = FIRST_LIMIT) {
  const height = size[0], width = size[1], rows = zoomed[0], columns = zoomed[1];
  const at = 2 * (r * columns + c);
  const left = c > 0 ? at - 2 : at, right = c < columns - 1 ? at + 2 : at;
  const above = r > 0 ? at - 2 * columns : at, under = r < rows - 1 ? at + 2 * columns : at;
  const across = right - left > 2 ? 0.25 : 0.5, down = above < at && under > at ? 0.25 : 0.5;
  const xx = (grid[right] - grid[left]) * ((width - 1) * across);
  const yx = (grid[right + 1] - grid[left + 1]) * ((height - 1) * across);
  const xy = (grid[under] - grid[above]) * ((width - 1) * down);
  const yy = (grid[under + 1] - grid[above + 1]) * ((height - 1) * down);
  let wide = xx * xx + xy * xy, high = yx * yx + yy * yy;
  const shear = xx * yx + xy * yy, product = wide * high;
  const split = first === FIRST_LIMIT && shear * shear > SHEAR * SHEAR * (product > 1 ? product : 1);
  const part = split ? 0.25 : 1;
  wide = wide * part > 1 ? Math.sqrt(wide * part) : 1;
  high = high * part > 1 ? Math.sqrt(high * part) : 1;
  const volume = (2 * wide * wide * high * high) / (wide + high);
  let level = 0, shrink = 1;
  for (let limit = first; volume > limit; limit *= 8) {
    level++;
    shrink *= 0.5;
  }
  const x = toPixel(grid[at], width), y = toPixel(grid[at + 1], height);
  out.count = split ? 4 : 1;
  for (let k = 0; k < out.count; k++) {
    const column = split ? ((k & 1) / 2 - 0.25) : 0, row = split ? ((k & 2) / 4 - 0.25) : 0;
    placeInterval(x + column * xx + row * xy, wide, width, shrink, out.ends, 4 * k);
    placeInterval(y + column * yx + row * yy, high, height, shrink, out.ends, 4 * k + 2);
  }
  out.level = level < levels.length ? level : levels.length - 1;
  if (level > out.level) for (let k = 0; k < 4 * out.count; k += 2) {
    // All that is left is one pixel.
    out.ends[k] = 0;
    out.ends[k + 1] = 1;
  }
  return out;
}

/**
 * A box along an axis, inside the image, without slivers of pixels.
 * @param {number} centre @param {number} length @param {number} size @param {number} shrink
 * @param {Float64Array} ends @param {number} k
 */
function placeInterval(centre, length, size, shrink, ends, k) {
  const middle = (centre < 0 ? 0 : centre > size - 1 ? size - 1 : centre) + 0.5;
  const low = middle - length / 2 < 0 ? 0 : (middle - length / 2) * shrink;
  const high = (middle + length / 2 > size ? size : middle + length / 2) * shrink;
  const first = Math.floor(low + EPSILON), last = Math.ceil(high - EPSILON);
  ends[k] = low < first ? first : low;
  ends[k + 1] = high > last ? last : high;
}

/** Added and taken away again, it rounds a number below 2^51 to the nearest integer, halves to the even one. */
const ROUND = 1.5 * 2 ** 52;

/**
 * A pixel of numbers 0..255, rounded as a clamped array rounds, for one store in place of four.
 * @param {number} red @param {number} green @param {number} blue @param {number} alpha
 */
const pack = (red, green, blue, alpha) => (((alpha + ROUND - ROUND) | 0) << 24) | (((blue + ROUND - ROUND) | 0) << 16)
  | (((green + ROUND - ROUND) | 0) << 8) | ((red + ROUND - ROUND) | 0);

/**
 * Colours as pixels.
 * @param {Float32Array} colours 0..255 @param {Uint8ClampedArray} out @returns {Uint8ClampedArray}
 */
export function roundColours(colours, out) {
  const packed = new Uint32Array(out.buffer, out.byteOffset, out.length / 4);
  for (let k = 0, from = 0; k < packed.length; k++, from += 4) {
    packed[k] = pack(colours[from], colours[from + 1], colours[from + 2], colours[from + 3]);
  }
  return out;
}

/**
 * Bring a zoomed image back over the source: read it bilinearly (or nearest) where the inverse grid says.
 *
 * @template {Pixels} T
 * @param {Float32Array} image (h, w, 4) the zoomed image, not rounded @param {Size} zoomed
 * @param {{grid: Float64Array, valid: Uint8Array}} inverse at the lattice of `out`
 * @param {T} out (H, W, 4) @param {{interpolation?: "nearest" | "bilinear", fill?: readonly number[]}} [options]
 *   fill: RGBA where no sample reads, default transparent black
 * @returns {T}
 */
export function unzoomImage(image, [rows, columns], { grid, valid }, out, options = {}) {
  const fill = options.fill ?? [0, 0, 0, 0];
  const nearest = options.interpolation === "nearest";
  const packed = out instanceof Uint8ClampedArray ? new Uint32Array(out.buffer, out.byteOffset, valid.length) : null;
  const lastX = columns - 1, lastY = rows - 1, halfX = lastX / 2, halfY = lastY / 2;
  for (let k = 0, to = 0; k < valid.length; k++, to += 4) {
    if (valid[k] === 0) {
      out.set(fill, to);
      continue;
    }
    let x = (grid[2 * k] + 1) * halfX, y = (grid[2 * k + 1] + 1) * halfY;
    x = x < 0 ? 0 : x > lastX ? lastX : x;
    y = y < 0 ? 0 : y > lastY ? lastY : y;
    if (nearest) {
      x = Math.floor(x + 0.5);
      y = Math.floor(y + 0.5);
    }
    const j = x | 0, i = y | 0;
    const u = x - j, v = y - i;
    const a = Math.imul(4, Math.imul(i, columns) + j), b = j < lastX ? (a + 4) | 0 : a;
    const c = i < lastY ? (a + 4 * columns) | 0 : a, d = (c + b - a) | 0;
    const w11 = u * v, w10 = v - w11, w01 = u - w11, w00 = 1 - u - w10;
    const red = w00 * image[a] + w01 * image[b] + w10 * image[c] + w11 * image[d];
    const green = w00 * image[a + 1] + w01 * image[b + 1] + w10 * image[c + 1] + w11 * image[d + 1];
    const blue = w00 * image[a + 2] + w01 * image[b + 2] + w10 * image[c + 2] + w11 * image[d + 2];
    if (packed) packed[k] = pack(red, green, blue, 255);
    else {
      out[to] = red;
      out[to + 1] = green;
      out[to + 2] = blue;
      out[to + 3] = 255;
    }
  }
  return out;
}

/**
 * |a - b| of two images of one size, opaque; transparent where either is.
 * @param {ArrayLike<number>} a @param {ArrayLike<number>} b (h, w, 4)
 * @param {Uint8ClampedArray} [out] @returns {Uint8ClampedArray}
 */
export function differenceImage(a, b, out = new Uint8ClampedArray(a.length)) {
  if (a.length !== b.length) throw new RangeError(`expected two images of one size, got ${a.length} and ${b.length}`);
  for (let k = 0; k < a.length; k += 4) {
    for (let channel = k; channel < k + 3; channel++) out[channel] = Math.abs(a[channel] - b[channel]);
    out[k + 3] = Math.min(a[k + 3], b[k + 3]);
  }
  return out;
}
