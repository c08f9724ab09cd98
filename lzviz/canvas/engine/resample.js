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
  let level = -1, next = 0, shrink = 1;
  let w0 = 0, h0 = 0, w1 = 0, h1 = 0; // last column and row of the level and of the next one
  for (let r = 0, k = 0, to = 0; r < rows; r++) {
    for (let column = 0; column < columns; column++, k += 2, to += 4) {
      const lod = detail(grid, r, column, rows, columns, height - 1, width - 1, deepest);
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
export function levelOfDetail({ size, levels }, grid, zoomed, r, c) {
  return detail(grid, r, c, zoomed[0], zoomed[1], size[0] - 1, size[1] - 1, levels.length - 1);
}

/**
 * The same of plain numbers.
 * @param {Float64Array} grid @param {number} r @param {number} c @param {number} rows @param {number} columns
 * @param {number} lastY @param {number} lastX last pixel of the picture @param {number} deepest
 */
function detail(grid, r, c, rows, columns, lastY, lastX, deepest) {
  const at = 2 * (r * columns + c);
  const left = c > 0 ? at - 2 : at, right = c < columns - 1 ? at + 2 : at;
  const above = r > 0 ? at - 2 * columns : at, under = r < rows - 1 ? at + 2 * columns : at;
  const across = right - left > 2 ? 0.25 : 0.5, down = under - above > 2 * columns ? 0.25 : 0.5;
  const xx = (grid[right] - grid[left]) * (lastX * across), yx = (grid[right + 1] - grid[left + 1]) * (lastY * across);
  const xy = (grid[under] - grid[above]) * (lastX * down), yy = (grid[under + 1] - grid[above + 1]) * (lastY * down);
  const area = Math.abs(xx * yy - yx * xy);
  const longest = (xx * xx + yx * yx + xy * xy + yy * yy) / (ANISOTROPY * ANISOTROPY);
  const squared = area > longest ? area : longest;
  if (!(squared > 1)) return 0;
  const lod = log2(squared) / 2;
  return lod < deepest ? lod : deepest;
}

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
/** Which of the two words holds the exponent. */
const TOP = new Uint8Array(Uint16Array.of(1).buffer)[0];

/**
 * log2 of a normal number above 0, to 3e-10: exponent from the bits, mantissa m in [sqrt(1/2), sqrt(2)) by the series
 * of artanh in t = (m - 1)/(m + 1). The exact function costs as much as all else that finds a level.
 * @param {number} x
 */
export function log2(x) {
  number[0] = x;
  let exponent = (words[TOP] >>> 20) - 1023;
  words[TOP] = (words[TOP] & 0xfffff) | 0x3ff00000;
  let mantissa = number[0];
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const t = (mantissa - 1) / (mantissa + 1), tt = t * t;
  const series = 1 + tt * (1 / 3 + tt * (1 / 5 + tt * (1 / 7 + tt * (1 / 9 + tt * (1 / 11)))));
  return exponent + t * series * (2 / Math.LN2);
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
  const [red, green, blue, alpha] = options.fill ?? [0, 0, 0, 0];
  const nearest = options.interpolation === "nearest";
  for (let k = 0, to = 0; k < valid.length; k++, to += 4) {
    if (valid[k] === 0) {
      out[to] = red;
      out[to + 1] = green;
      out[to + 2] = blue;
      out[to + 3] = alpha;
      continue;
    }
    let x = clampIndex(toPixel(grid[2 * k], columns), columns - 1);
    let y = clampIndex(toPixel(grid[2 * k + 1], rows), rows - 1);
    if (nearest) {
      x = Math.floor(x + 0.5);
      y = Math.floor(y + 0.5);
    }
    const j = x | 0, i = y | 0;
    const u = x - j, v = y - i;
    const a = 4 * (i * columns + j);
    const b = j + 1 < columns ? a + 4 : a, c = i + 1 < rows ? 4 * columns : 0;
    const w11 = u * v, w10 = v - w11, w01 = u - w11, w00 = 1 - u - w10;
    out[to] = w00 * image[a] + w01 * image[b] + w10 * image[a + c] + w11 * image[b + c];
    out[to + 1] = w00 * image[a + 1] + w01 * image[b + 1] + w10 * image[a + c + 1] + w11 * image[b + c + 1];
    out[to + 2] = w00 * image[a + 2] + w01 * image[b + 2] + w10 * image[a + c + 2] + w11 * image[b + c + 2];
    out[to + 3] = 255;
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
