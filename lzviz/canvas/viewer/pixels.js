// @ts-check
/**
 * Pixels for the viewer: what is shown smaller than it is becomes an exact area average, what is shown larger keeps
 * its pixels. The viewer's scaling never invents detail and never hides any.
 *
 * @typedef {object} Raster RGBA, 8 bits, row after row
 * @property {number} width
 * @property {number} height
 * @property {Uint8ClampedArray<ArrayBuffer>} data
 *
 * @typedef {{x0: number, y0: number, x1: number, y1: number}} Edges pixel edges: 0 = left edge of the first pixel
 */

/**
 * Weights of source pixels for `count` equal cells of the interval [from, to] (pixel edges): cell k covers pixels
 * first[k] .. first[k] + length[k] - 1, the weights lie at offset[k] of `weight` and sum to 1.
 * @param {number} from @param {number} to @param {number} count @param {number} limit number of source pixels
 */
export function areaWeights(from, to, count, limit) {
  const first = new Int32Array(count);
  const offset = new Int32Array(count + 1);
  /** @type {number[]} */
  const weight = [];
  const cell = (to - from) / count;
  for (let k = 0; k < count; k++) {
    const low = from + k * cell;
    const high = Math.min(low + cell, limit);
    first[k] = Math.min(limit - 1, Math.floor(low));
    const last = Math.max(first[k], Math.min(limit - 1, Math.ceil(high) - 1));
    for (let p = first[k]; p <= last; p++) weight.push(Math.max(0, Math.min(high, p + 1) - Math.max(low, p)) / cell);
    offset[k + 1] = weight.length;
    normalise(weight, offset[k]);
  }
  return { first, offset, weight: Float32Array.from(weight) };
}

/** @param {number[]} weight @param {number} from */
function normalise(weight, from) {
  let sum = 0;
  for (let i = from; i < weight.length; i++) sum += weight[i];
  for (let i = from; i < weight.length; i++) weight[i] = sum > 0 ? weight[i] / sum : 1 / (weight.length - from);
}

/**
 * Area average of a part of an image on a width x height lattice of cells.
 * @param {Raster} image @param {Edges} part @param {number} width @param {number} height
 * @returns {Raster}
 */
export function areaResize(image, part, width, height) {
  const columns = areaWeights(part.x0, part.x1, width, image.width);
  const rows = areaWeights(part.y0, part.y1, height, image.height);
  const out = new Uint8ClampedArray(width * height * 4);
  const sum = new Float32Array(width * 4);
  let cached = -1;
  const line = new Float32Array(width * 4);
  for (let i = 0; i < height; i++) {
    sum.fill(0);
    for (let r = rows.offset[i]; r < rows.offset[i + 1]; r++) {
      const row = rows.first[i] + r - rows.offset[i];
      if (row !== cached) averageRow(image, row, columns, line);
      cached = row;
      const weight = rows.weight[r];
      for (let k = 0; k < sum.length; k++) sum[k] += weight * line[k];
    }
    out.set(sum, i * width * 4); // the clamped array rounds
  }
  return { width, height, data: out };
}

/**
 * @param {Raster} image @param {number} row @param {ReturnType<typeof areaWeights>} columns
 * @param {Float32Array} line
 */
function averageRow(image, row, columns, line) {
  const { first, offset, weight } = columns;
  const { data } = image;
  const start = row * image.width;
  for (let j = 0; j < first.length; j++) {
    let p = (start + first[j]) * 4;
    let r = 0, g = 0, b = 0, a = 0;
    for (let k = offset[j]; k < offset[j + 1]; k++, p += 4) {
      const w = weight[k];
      r += w * data[p];
      g += w * data[p + 1];
      b += w * data[p + 2];
      a += w * data[p + 3];
    }
    line[4 * j] = r;
    line[4 * j + 1] = g;
    line[4 * j + 2] = b;
    line[4 * j + 3] = a;
  }
}

/**
 * Whole pixels of an image, cut out.
 * @param {Raster} image @param {Edges} part integers @returns {Raster}
 */
export function crop(image, { x0, y0, x1, y1 }) {
  const width = x1 - x0;
  const data = new Uint8ClampedArray(width * (y1 - y0) * 4);
  for (let i = y0; i < y1; i++) {
    const start = (i * image.width + x0) * 4;
    data.set(image.data.subarray(start, start + 4 * width), (i - y0) * width * 4);
  }
  return { width, height: y1 - y0, data };
}

/**
 * The levels of a picture as rasters: level k is 2^-k of the picture, its last column and row may reach beyond it.
 * Reading the level just above the wanted size makes an area average of a large image as cheap as one of a small one.
 * @param {import("../engine/picture.js").Picture} picture
 * @param {number} [smallest] long side below which no further level is made
 */
export function levelsOf({ data, levels }, smallest = 256) {
  const wanted = levels.filter(({ width, height }, k) => k === 0 || Math.max(width, height) >= smallest);
  return wanted.map(({ offset, width, height }) => {
    const rgba = new Uint8ClampedArray(width * height * 4);
    for (let to = 0, from = offset; to < rgba.length; to += 4, from += 3) {
      rgba[to] = data[from];
      rgba[to + 1] = data[from + 1];
      rgba[to + 2] = data[from + 2];
      rgba[to + 3] = 255;
    }
    return /** @type {Raster} */ ({ width, height, data: rgba });
  });
}

/**
 * Let a photograph recede so that what is drawn on it speaks: less saturation, less light.
 * In place; the saturation matrix keeps luminance (coefficients of Rec. 709).
 * @param {Raster} raster @param {number} saturation @param {number} brightness
 * @returns {Raster}
 */
export function recede(raster, saturation, brightness) {
  const { data } = raster;
  const keep = saturation * brightness;
  const grey = (1 - saturation) * brightness;
  for (let k = 0; k < data.length; k += 4) {
    const luminance = grey * (0.2126 * data[k] + 0.7152 * data[k + 1] + 0.0722 * data[k + 2]);
    data[k] = keep * data[k] + luminance;
    data[k + 1] = keep * data[k + 1] + luminance;
    data[k + 2] = keep * data[k + 2] + luminance;
  }
  return raster;
}

/**
 * |a - b| of two rasters of one size: the mean of the three channels, grey levels; 0 where `valid` says no.
 * @param {Uint8ClampedArray} a @param {Uint8ClampedArray} b @param {Uint8Array | null} valid
 * @param {Float32Array} out one value a pixel
 * @returns {number} mean over valid pixels, grey levels
 */
export function difference(a, b, valid, out) {
  let sum = 0;
  let count = 0;
  for (let k = 0, p = 0; k < out.length; k++, p += 4) {
    out[k] = 0;
    if (valid && !valid[k]) continue;
    const mean = (Math.abs(a[p] - b[p]) + Math.abs(a[p + 1] - b[p + 1]) + Math.abs(a[p + 2] - b[p + 2])) / 3;
    out[k] = mean;
    sum += mean;
    count++;
  }
  return count ? sum / count : 0;
}
