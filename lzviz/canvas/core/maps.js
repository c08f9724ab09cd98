// @ts-check
/** The spot that a first visit starts with, as a painted map. */
import { emptyMap, paintSegment } from "../viewer/brush.js";

/** @typedef {import("./store.js").PaintMap} PaintMap */

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
