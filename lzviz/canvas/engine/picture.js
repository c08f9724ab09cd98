/**
 * A picture ready to be read: its image pyramid.
 *
 * Level 0 is the picture itself. A pixel of level L + 1 is the mean of the 2 x 2 pixels of level L it covers, of
 * those that exist where a side is odd; a level has ceil(n / 2) pixels for the n of the level before. Pixel p of
 * level 0 lies at (p + 1/2) / 2^L - 1/2 on level L. The last level has one pixel.
 *
 * Colours are 0..255, three numbers a pixel, never rounded in between; the picture is taken as opaque.
 *
 * @typedef {import("./coords.js").Size} Size
 *
 * @typedef {object} Level
 * @property {number} offset  of its first number in `data`
 * @property {number} height @property {number} width
 *
 * @typedef {object} Picture
 * @property {Size} size          (h, w) of level 0
 * @property {number} scale       share of the original's sides: 1 unless the source was shrunk first
 * @property {Size} original      (h, w) before that
 * @property {Float32Array} data  all levels, one after the other, (h, w, 3) each
 * @property {Level[]} levels
 * @property {(Float64Array | undefined)[]} sums  summed areas of the levels that were asked for (summedAreas)
 * @property {Int32Array} offsets @property {Int32Array} heights @property {Int32Array} widths  the same, for loops
 */

/**
 * @param {ArrayLike<number>} rgba (h, w, 4) 0..255 @param {Size} size
 * @param {number} [scale] shrink first, by area, to this share of both sides, in (0, 1]
 * @returns {Picture}
 */
export function createPicture(rgba, size, scale = 1) {
  if (rgba.length !== size[0] * size[1] * 4) {
    throw new RangeError(`expected ${size[0]} x ${size[1]} x 4 numbers of a picture, got ${rgba.length}`);
  }
  if (!(scale > 0 && scale <= 1)) throw new RangeError(`scale must lie in (0, 1], got ${scale}`);
  /** @type {Size} */
  const shrunk = [scaled(size[0], scale), scaled(size[1], scale)];
  const levels = layOut(shrunk);
  const last = levels[levels.length - 1];
  const data = new Float32Array(last.offset + 3 * last.height * last.width);
  if (scale === 1) copyColours(rgba, data);
  else shrink(rgba, size, data, shrunk);
  for (let level = 1; level < levels.length; level++) halve(data, levels[level - 1], levels[level]);
  return {
    size: shrunk, scale, original: [size[0], size[1]], data, levels, sums: [],
    offsets: Int32Array.from(levels, ({ offset }) => offset),
    heights: Int32Array.from(levels, ({ height }) => height),
    widths: Int32Array.from(levels, ({ width }) => width),
  };
}

/** @param {number} n @param {number} scale */
const scaled = (n, scale) => Math.max(1, Math.floor(n * scale + 0.5));

/** Sizes and places of all levels. @param {Size} size */
function layOut([height, width]) {
  const levels = [{ offset: 0, height, width }];
  let [h, w, offset] = [height, width, 0];
  while (h > 1 || w > 1) {
    offset += 3 * h * w;
    h = (h + 1) >> 1;
    w = (w + 1) >> 1;
    levels.push({ offset, height: h, width: w });
  }
  return levels;
}

/** @param {ArrayLike<number>} rgba @param {Float32Array} data */
function copyColours(rgba, data) {
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    data[to] = rgba[from];
    data[to + 1] = rgba[from + 1];
    data[to + 2] = rgba[from + 2];
  }
}

/**
 * Means over the pixels that each pixel of a smaller picture touches: floor(i n / m) to ceil((i + 1) n / m), alike.
 * @param {ArrayLike<number>} rgba @param {Size} size @param {Float32Array} data @param {Size} shrunk
 */
function shrink(rgba, [height, width], data, [h, w]) {
  for (let i = 0, to = 0; i < h; i++) {
    const top = Math.floor((i * height) / h), bottom = Math.ceil(((i + 1) * height) / h);
    for (let j = 0; j < w; j++, to += 3) {
      const left = Math.floor((j * width) / w), right = Math.ceil(((j + 1) * width) / w);
      let red = 0, green = 0, blue = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = left, from = 4 * (y * width + left); x < right; x++, from += 4) {
          red += rgba[from];
          green += rgba[from + 1];
          blue += rgba[from + 2];
        }
      }
      const count = (bottom - top) * (right - left);
      data[to] = red / count;
      data[to + 1] = green / count;
      data[to + 2] = blue / count;
    }
  }
}

/** @param {Float32Array} data @param {Level} from @param {Level} to */
function halve(data, from, to) {
  for (let i = 0, at = to.offset; i < to.height; i++) {
    const below = 2 * i + 1 < from.height ? 3 * from.width : 0;
    for (let j = 0; j < to.width; j++, at += 3) {
      const right = 2 * j + 1 < from.width ? 3 : 0;
      const a = from.offset + 3 * (2 * i * from.width + 2 * j);
      for (let k = a; k < a + 3; k++) {
        // On an odd border the missing neighbour is the pixel itself: the mean of those that exist.
        data[at + k - a] = (data[k] + data[k + right] + data[k + below] + data[k + right + below]) / 4;
      }
    }
  }
}

/**
 * Sums over all pixels above and left of each corner of a level: (h + 1, w + 1, 3), and room for one row more, so that
 * what lies past the last corner can be read and counted not at all. Made when a level is first read; float64, since
 * what is wanted is a small difference of large sums.
 * @param {Picture} picture @param {number} level @returns {Float64Array}
 */
export function summedAreas({ data, levels, sums }, level) {
  const made = sums[level];
  if (made) return made;
  const { offset, height, width } = levels[level];
  const stride = 3 * (width + 1);
  const table = new Float64Array(stride * (height + 2) + 3);
  for (let i = 0, from = offset; i < height; i++) {
    let red = 0, green = 0, blue = 0;
    for (let j = 0, to = (i + 1) * stride + 3; j < width; j++, from += 3, to += 3) {
      red += data[from];
      green += data[from + 1];
      blue += data[from + 2];
      table[to] = table[to - stride] + red;
      table[to + 1] = table[to + 1 - stride] + green;
      table[to + 2] = table[to + 2 - stride] + blue;
    }
  }
  sums[level] = table;
  return table;
}
