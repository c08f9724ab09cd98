// @ts-check
/**
 * Painting on a map: a brush is a disc with a soft rim that is drawn along segments.
 *
 * A dab never adds up: the map becomes the larger (adding) or the smaller (erasing) of what it was and the brush's
 * profile. So a stroke is the same whatever the number of pointer events it arrived in, and painting twice over a
 * place changes nothing.
 *
 * @typedef {import("../core/store.js").PaintMap} PaintMap
 * @typedef {{h: number, w: number, data: Uint8Array}} LiveMap a map that a stroke is changing
 * @typedef {{width: number, height: number}} Extent source pixels
 *
 * @typedef {object} Brush
 * @property {number} radius    source pixels
 * @property {number} softness  0 hard .. 1 fades from the centre on
 * @property {boolean} erase
 * @property {boolean} signed   edges: 128 is neutral, erasing goes below it
 */

const LONG_SIDE = 128;

/**
 * Lattice over an image, of a painted map unless told: `side` points on the long side.
 * @param {Extent} image @param {number} [side] @returns {{h: number, w: number}}
 */
export function latticeOf({ width, height }, side = LONG_SIDE) {
  const long = Math.max(width, height);
  const cells = (/** @type {number} */ n) => (n === long ? side : Math.max(2, Math.round((side * n) / long)));
  return { h: cells(height), w: cells(width) };
}

/**
 * @param {Extent} image @param {boolean} signed
 * @returns {LiveMap}
 */
export function emptyMap(image, signed) {
  const { h, w } = latticeOf(image);
  return { h, w, data: new Uint8Array(h * w).fill(signed ? 128 : 0) };
}

/**
 * A map to paint on: a copy of `map` where it fits the image, an empty one otherwise.
 * @param {PaintMap | null} map @param {Extent} image @param {boolean} signed @returns {LiveMap}
 */
export function openMap(map, image, signed) {
  const empty = emptyMap(image, signed);
  const fits = map !== null && map.h === empty.h && map.w === empty.w;
  return fits ? { h: map.h, w: map.w, data: map.data.slice() } : empty;
}

/**
 * How much of the brush acts at `distance` from its axis: 1 inside, a cosine rim, 0 outside.
 * @param {number} distance @param {number} inner @param {number} outer all in the same unit
 */
export function profile(distance, inner, outer) {
  if (distance <= inner) return 1;
  if (distance >= outer) return 0;
  return 0.5 + 0.5 * Math.cos((Math.PI * (distance - inner)) / (outer - inner));
}

/**
 * Distance from (x, y) to the segment from a to b.
 * @param {number} x @param {number} y @param {readonly number[]} a @param {readonly number[]} b
 */
export function segmentDistance(x, y, a, b) {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length = dx * dx + dy * dy;
  const t = length > 0 ? Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / length)) : 0;
  return Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy);
}

/**
 * Source pixels between two cells of a corner-aligned lattice.
 * @param {number} pixels @param {number} cells
 */
const stepOf = (pixels, cells) => (cells > 1 && pixels > 1 ? (pixels - 1) / (cells - 1) : 1);

/**
 * Draw the brush from a to b (source pixels) into `map`, in place.
 * @param {LiveMap} map @param {Extent} image @param {readonly number[]} a @param {readonly number[]} b
 * @param {Brush} brush
 * @returns {boolean} whether any cell changed
 */
export function paintSegment(map, image, a, b, brush) {
  const stepX = stepOf(image.width, map.w);
  const stepY = stepOf(image.height, map.h);
  const step = Math.max(stepX, stepY);
  const outer = Math.max(brush.radius, 0.75 * step); // thinner, and it could pass between the cells
  const inner = Math.max(0, Math.min(outer * (1 - brush.softness), outer - 0.5 * step));
  const columns = range(a[0], b[0], outer, stepX, map.w);
  const rows = range(a[1], b[1], outer, stepY, map.h);
  let changed = false;
  for (let i = rows[0]; i <= rows[1]; i++) {
    for (let j = columns[0]; j <= columns[1]; j++) {
      const amount = profile(segmentDistance(j * stepX, i * stepY, a, b), inner, outer);
      if (amount > 0 && applyTo(map.data, i * map.w + j, amount, brush)) changed = true;
    }
  }
  return changed;
}

/** @returns {[number, number]} first and last cell within reach
 * @param {number} a @param {number} b @param {number} reach @param {number} step @param {number} cells */
function range(a, b, reach, step, cells) {
  const low = Math.ceil((Math.min(a, b) - reach) / step);
  return [Math.max(0, low), Math.min(cells - 1, Math.floor((Math.max(a, b) + reach) / step))];
}

/** @param {Uint8Array} data @param {number} k @param {number} amount @param {Brush} brush */
function applyTo(data, k, amount, { erase, signed }) {
  const before = data[k];
  if (signed) {
    const [less, more] = [Math.round(128 * (1 - amount)), Math.round(128 + 127 * amount)];
    data[k] = erase ? Math.min(before, less) : Math.max(before, more);
  } else {
    data[k] = erase ? Math.min(before, Math.round(255 * (1 - amount))) : Math.max(before, Math.round(255 * amount));
  }
  return data[k] !== before;
}
