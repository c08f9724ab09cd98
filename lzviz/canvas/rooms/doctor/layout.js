// @ts-check
/** The frames: the source as large as it can be, two pairs below it; on a phone one below the other. */
import { GAP, NARROW, shapeOf, TITLE } from "../../viewer/arrange.js";

/** Share of the height that the pairs take. */
const SHARE = 0.27;
const LEAST = 84;
const MOST = 200;

/**
 * @param {import("../../viewer/viewer.js").Space} room @param {import("../../viewer/camera.js").Extent} extent
 * @param {readonly number[]} [zoomed]  (h, w) of what is read; the picture's shape before it is known
 * @returns {import("../../viewer/viewer.js").Arranged}
 */
export function framesIn(room, extent, zoomed) {
  const aspect = shapeOf(extent.width / extent.height);
  const read = zoomed ? shapeOf(zoomed[1] / zoomed[0]) : aspect;
  const narrow = room.width < NARROW;
  const frame = (/** @type {number} */ shape, /** @type {number} */ height) =>
    ({ width: Math.floor(shape * height), height: Math.floor(height) });
  /** @param {import("../../viewer/arrange.js").Frame} source @param {number} places @param {number} reads heights */
  const of = (source, places, reads) => ({ narrow, frames: { source, placeNow: frame(aspect, places),
    placeNext: frame(aspect, places), readNow: frame(read, reads), readNext: frame(read, reads) } });
  if (narrow) {
    const half = (room.width - 1) / 2;
    const height = Math.round(Math.min(room.width / aspect, 0.5 * window.innerHeight));
    return of({ width: room.width, height }, half / aspect, half / read);
  }
  const wide = (room.width - 3 * GAP) / (2 * aspect + 2 * read);
  const row = Math.min(MOST, Math.max(LEAST, SHARE * room.height), wide);
  const height = Math.max(LEAST, Math.min(room.width / aspect, room.height - row - 2 * TITLE - GAP));
  return of({ width: Math.floor(Math.min(room.width, aspect * height)), height: Math.floor(height) }, row, row);
}
