/**
 * Reading a picture on a grid, and bringing the zoomed image back. Outside the picture the border pixel answers.
 *
 * nearest   the pixel floor(px + 1/2).
 * bilinear  four taps, as the papers read: a 16-fold downsample then sees 1.6 % of the pixels, and aliases.
 * antialias the pyramid level whose pixels are as large as the footprint of the sample, the two nearest levels blended:
 *
 *     J   = d source px / d zoomed px, differences between neighbouring samples: central inside, one-sided at the
 *           border, 0 along an axis of one sample
 *     rho = max(1, sqrt|det J|, |J|_F / 4),   lod = min(log2 rho, ceil(log2 max(H, W)))
 *     colour = (1 - f) level[floor lod] + f level[floor lod + 1],   f = lod - floor lod,   each read bilinearly at
 *     px_L = (px + 1/2) / 2^L - 1/2
 *
 * @typedef {import("./coords.js").Size} Size
 * @typedef {import("./picture.js").Picture} Picture
 * @typedef {"nearest" | "bilinear" | "antialias"} Interpolation
 * @typedef {Float32Array | Uint8ClampedArray} Pixels (h, w, 4) RGBA 0..255; a clamped array rounds to nearest
 */

import { toPixel } from "./coords.js";

/** A footprint longer than this many times its geometric mean is blurred more rather than left to alias. */
export const ANISOTROPY = 4;

/**
 * Read a picture at every point of a forward grid.
 *
 * @param {Picture} picture
 * @param {Float64Array} grid (h, w, 2) normalised source points
 * @param {Size} zoomed (h, w)
 * @param {Interpolation} interpolation
 * @param {Float32Array} [out] @returns {Float32Array} (h, w, 4) RGBA 0..255, alpha 255, not rounded
 */
export function sampleImage(picture, grid, zoomed, interpolation, out = new Float32Array(zoomed[0] * zoomed[1] * 4)) {
  if (interpolation === "nearest") return sampleNearest(picture, grid, out);
  if (interpolation === "bilinear") return sampleBilinear(picture, grid, out);
  if (interpolation === "antialias") return sampleAntialias(picture, grid, zoomed, out);
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
 * The hot path of a frame: everything of a sample stays in local variables, and what belongs to a level is looked up
 * when the level changes, which it rarely does from one sample to the next.
 * @param {Picture} picture @param {Float64Array} grid @param {Size} zoomed @param {Float32Array} out
 */
function sampleAntialias(picture, grid, zoomed, out) {
  const { data, offsets, widths, heights, size: [height, width] } = picture;
  const [rows, columns] = zoomed, deepest = offsets.length - 1;
  const detail = new Float64Array(columns);
  let level = -1, next = 0, shrink = 1;
  let w0 = 0, h0 = 0, w1 = 0, h1 = 0; // last column and row of the level and of the next one
  for (let r = 0, k = 0, to = 0; r < rows; r++) {
    detailOfRow(picture, grid, zoomed, r, 0, detail);
    for (let column = 0; column < columns; column++, k += 2, to += 4) {
      const lod = detail[column];
      if ((lod | 0) !== level) {
        level = lod | 0;
        next = level < deepest ? level + 1 : level;
        shrink = 1 / (1 << level);
        w0 = widths[level] - 1;
        h0 = heights[level] - 1;
        w1 = widths[next] - 1;
        h1 = heights[next] - 1;
      }
      const share = lod - level;
      const px = (toPixel(grid[k], width) + 0.5) * shrink, py = (toPixel(grid[k + 1], height) + 0.5) * shrink;
      let x = px - 0.5, y = py - 0.5;
      x = x < 0 ? 0 : x > w0 ? w0 : x;
      y = y < 0 ? 0 : y > h0 ? h0 : y;
      let j = x | 0, i = y | 0;
      let u = x - j, v = y - i;
      let a = offsets[level] + 3 * (i * (w0 + 1) + j), b = j < w0 ? a + 3 : a, c = i < h0 ? a + 3 * (w0 + 1) : a;
      let d = c + b - a;
      let w11 = u * v, w10 = v - w11, w01 = u - w11, w00 = 1 - u - w10;
      let red = w00 * data[a] + w01 * data[b] + w10 * data[c] + w11 * data[d];
      let green = w00 * data[a + 1] + w01 * data[b + 1] + w10 * data[c + 1] + w11 * data[d + 1];
      let blue = w00 * data[a + 2] + w01 * data[b + 2] + w10 * data[c + 2] + w11 * data[d + 2];
      if (share > 0) {
        x = px * 0.5 - 0.5;
        y = py * 0.5 - 0.5;
        x = x < 0 ? 0 : x > w1 ? w1 : x;
        y = y < 0 ? 0 : y > h1 ? h1 : y;
        j = x | 0;
        i = y | 0;
        u = x - j;
        v = y - i;
        a = offsets[next] + 3 * (i * (w1 + 1) + j);
        b = j < w1 ? a + 3 : a;
        c = i < h1 ? a + 3 * (w1 + 1) : a;
        d = c + b - a;
        w11 = u * v;
        w10 = v - w11;
        w01 = u - w11;
        w00 = 1 - u - w10;
        red += share * (w00 * data[a] + w01 * data[b] + w10 * data[c] + w11 * data[d] - red);
        green += share * (w00 * data[a + 1] + w01 * data[b + 1] + w10 * data[c + 1] + w11 * data[d + 1] - green);
        blue += share * (w00 * data[a + 2] + w01 * data[b + 2] + w10 * data[c + 2] + w11 * data[d + 2] - blue);
      }
      out[to] = red;
      out[to + 1] = green;
      out[to + 2] = blue;
      out[to + 3] = 255;
    }
  }
  return out;
}

/**
 * log2 rho of zoomed pixel (r, c): 0 where the map magnifies.
 * @param {Picture} picture @param {Float64Array} grid @param {Size} zoomed @param {number} r @param {number} c
 */
export const levelOfDetail = (picture, grid, zoomed, r, c) =>
  detailOfRow(picture, grid, zoomed, r, c, new Float64Array(1))[0];

/**
 * The same of several pixels of a row. A function of one pixel would hand every number over in an object of its own.
 * @param {Picture} picture @param {Float64Array} grid @param {Size} zoomed @param {number} r
 * @param {number} first column @param {Float64Array} out as many columns
 */
function detailOfRow({ size, levels }, grid, [rows, columns], r, first, out) {
  const lastX = size[1] - 1, lastY = size[0] - 1, deepest = levels.length - 1;
  const above = r > 0 ? 2 * columns : 0, under = r < rows - 1 ? 2 * columns : 0;
  const down = above > 0 && under > 0 ? 0.25 : 0.5;
  const most = 4 ** deepest;
  for (let k = 0, at = 2 * (r * columns + first); k < out.length; k++, at += 2) {
    const left = first + k > 0 ? at - 2 : at, right = first + k < columns - 1 ? at + 2 : at;
    const across = right - left > 2 ? 0.25 : 0.5;
    const xx = (grid[right] - grid[left]) * (lastX * across);
    const yx = (grid[right + 1] - grid[left + 1]) * (lastY * across);
    const xy = (grid[at + under] - grid[at - above]) * (lastX * down);
    const yy = (grid[at + under + 1] - grid[at - above + 1]) * (lastY * down);
    const area = Math.abs(xx * yy - yx * xy);
    const longest = (xx * xx + yx * yx + xy * xy + yy * yy) / (ANISOTROPY * ANISOTROPY);
    const squared = area > longest ? area : longest;
    out[k] = squared >= most ? deepest : squared > 1 ? log2(squared) / 2 : 0;
  }
  return out;
}

/** 2^-e */
const POWERS = Float64Array.from({ length: 31 }, (_, e) => 2 ** -e);

/**
 * log2 of a number in [1, 2^30), to 3e-10: exponent from the integer part of sqrt(2) x, mantissa m in [sqrt(1/2),
 * sqrt(2)) by the series of artanh in t = (m - 1)/(m + 1). The exact function costs as much as all else that finds a
 * level.
 * @param {number} x
 */
export function log2(x) {
  const exponent = 31 - Math.clz32((x * Math.SQRT2) | 0);
  const mantissa = x * POWERS[exponent];
  const t = (mantissa - 1) / (mantissa + 1), tt = t * t;
  const series = 1 + tt * (1 / 3 + tt * (1 / 5 + tt * (1 / 7 + tt * (1 / 9 + tt * (1 / 11)))));
  return exponent + t * series * (2 / Math.LN2);
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
