// @ts-check
/**
 * The frames of the panes: all of one size, in the columns in which they are largest; on a phone one beside the
 * other, of which one is seen with a sliver of the next.
 */
import { GAP, GUTTER, NARROW, TITLE } from "../../viewer/arrange.js";

/** The row of choices above the panes. */
export const STRIP = 44;
const SMALLEST = 40;
/** What of the next pane is seen beside one, with the gap between them. */
export const SLIVER = 24;

/**
 * @typedef {object} Filling
 * @property {number} columns
 * @property {{width: number, height: number}} frame   of each pane, CSS pixels
 * @property {{width: number, height: number}} extent  of all, with titles, gaps and the strip, as wide as the room
 * @property {number} area  of the pictures
 */

/**
 * Each way in which panes fill a room. The strip takes its width, whatever the panes need of it.
 * @param {{width: number, height: number}} room @param {number} aspect width / height of the picture
 * @param {number} count of panes @returns {Filling[]}
 */
export function fillings(room, aspect, count) {
  const evenly = [1, 2, 3, 4].filter((columns) => columns <= count && !(count === 4 && columns === 3));
  return evenly.map((columns) => {
    const rows = Math.ceil(count / columns);
    const across = (room.width - (columns - 1) * GUTTER) / columns;
    const down = (room.height - STRIP - (rows - 1) * GAP) / rows - TITLE;
    const width = Math.max(SMALLEST, Math.floor(Math.min(across, down * aspect)));
    const height = Math.max(SMALLEST, Math.floor(width / aspect));
    const extent = { width: room.width, height: STRIP + rows * (height + TITLE + GAP) - GAP };
    return { columns, frame: { width, height }, extent, area: count * width * height };
  });
}

/**
 * @param {{width: number, height: number}} room below the strip @param {number} aspect @param {number} count
 * @param {number} [pageHeight] of a phone: a pane takes at most 40 % of it
 * @returns {{narrow: boolean, columns: number, frame: {width: number, height: number}}}
 */
export function placed(room, aspect, count, pageHeight = Infinity) {
  if (room.width < NARROW) {
    const width = room.width - (count > 1 ? SLIVER : 0);
    const height = Math.max(SMALLEST, Math.round(Math.min(width / aspect, 0.4 * pageHeight)));
    return { narrow: true, columns: 1, frame: { width, height } };
  }
  const all = fillings({ width: room.width, height: room.height + STRIP }, aspect, count);
  const { columns, frame } = all.reduce((best, each) => (each.area > best.area ? each : best));
  return { narrow: false, columns, frame };
}
