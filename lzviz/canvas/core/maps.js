// @ts-check
/** Painted maps: brought to the lattice of another picture, and the spot that a first visit starts with. */
import { emptyMap, latticeOf, paintSegment } from "../viewer/brush.js";

/** @typedef {import("./store.js").PaintMap} PaintMap */

/**
 * The map on the lattice of a picture, corner-aligned bilinear; the same map where it already fits.
 * @param {PaintMap | null} map @param {{width: number, height: number}} image
 * @returns {PaintMap | null}
 */
export function resizeMap(map, image) {
  if (!map) return null;
  const { h, w } = latticeOf(image);
  if (map.h === h && map.w === w) return map;
  const data = new Uint8Array(h * w);
  for (let i = 0; i < h; i++) {
    const y = (i * (map.h - 1)) / (h - 1);
    for (let j = 0; j < w; j++) data[i * w + j] = Math.round(readMap(map, y, (j * (map.w - 1)) / (w - 1)));
  }
  return Object.freeze({ h, w, data });
}

/** Bilinear value at row y, column x. @param {PaintMap} map @param {number} y @param {number} x */
function readMap({ h, w, data }, y, x) {
  const [i, j] = [Math.min(Math.floor(y), h - 2), Math.min(Math.floor(x), w - 2)];
  const [v, u] = [y - i, x - j];
  const at = i * w + j;
  return (1 - v) * ((1 - u) * data[at] + u * data[at + 1]) + v * ((1 - u) * data[at + w] + u * data[at + w + 1]);
}

/**
 * Soft spots, painted as a brush would.
 * @param {readonly {x: number, y: number, r: number}[]} spots fractions of width and height; r of the long side
 * @param {{width: number, height: number}} image
 * @returns {PaintMap}
 */
export function spots(spots, image) {
  const map = emptyMap(image, false);
  for (const { x, y, r } of spots) {
    const at = [x * (image.width - 1), y * (image.height - 1)];
    const radius = r * Math.max(image.width, image.height);
    paintSegment(map, image, at, at, { radius, softness: 0.6, erase: false, signed: false });
  }
  return Object.freeze(map);
}
