// @ts-check
/**
 * The sizes of the frames: the source as large as it gets, the results beside it with the same aspect and the same
 * bottom edge, nothing moved by what is painted.
 *
 * @typedef {{width: number, height: number}} Frame CSS pixels
 * @typedef {{narrow: boolean, source: Frame, result: Frame, columns: number}} Arrangement
 */

export const TITLE = 28;
export const GAP = 16;
export const GUTTER = 20;
const NARROW = 680;
const SMALLEST = 40;
/** Less room than this beside the source is given up, so that its image is its frame. */
const FLUSH = 12;

/**
 * @param {Frame} room      what the stage may fill; on a narrow page the height follows from the width
 * @param {number} aspect   width / height of the source
 * @param {boolean} beside  a second column of results (uniform sampling) is shown
 * @param {number} [pageHeight] of a narrow page: the source takes at most 55 % of it
 * @returns {Arrangement}
 */
export function arrange(room, aspect, beside, pageHeight = Infinity) {
  return room.width < NARROW ? stacked(room.width, aspect, pageHeight) : sideBySide(room, aspect, beside ? 2 : 1);
}

/** @param {number} width @param {number} aspect @param {number} pageHeight @returns {Arrangement} */
function stacked(width, aspect, pageHeight) {
  const half = Math.floor((width - 1) / 2);
  const source = { width, height: Math.round(Math.min(width / aspect, 0.55 * pageHeight)) };
  const result = { width: half, height: Math.round(Math.min(half / aspect, 0.4 * pageHeight)) };
  return { narrow: true, source: atLeast(source), result: atLeast(result), columns: 2 };
}

/**
 * Two results of height r over each other are as high as the source: S = 2 r + TITLE + GAP, and the widths fill the
 * room: a S + columns (a r + GUTTER) = room. Where the room is too low for that, heights decide, and the source
 * frame takes the width that is left (its image is centred in it).
 * @param {Frame} room @param {number} aspect @param {number} columns @returns {Arrangement}
 */
function sideBySide(room, aspect, columns) {
  const between = TITLE + GAP;
  const free = room.width - columns * GUTTER;
  const byWidth = (free / aspect - between) / (2 + columns);
  const byHeight = (room.height - TITLE - between) / 2;
  const height = Math.max(SMALLEST, Math.floor(Math.min(byWidth, byHeight)));
  const widest = Math.floor((free * 0.5) / columns);
  const result = { width: Math.min(Math.round(aspect * height), widest), height };
  const tall = 2 * height + between;
  const left = free - columns * result.width;
  const source = { width: Math.abs(left - aspect * tall) < FLUSH ? Math.round(aspect * tall) : left, height: tall };
  return { narrow: false, source: atLeast(source), result: atLeast(result), columns };
}

/** The row of choices that stands below a title. */
export const BAR = 32;

/**
 * Two frames of one height that fill the width together, or over each other on a narrow page. Where the room is too low
 * for that, the first takes the width that is left.
 * @param {Frame} room @param {readonly [number, number]} aspects  width / height of the two images
 * @param {number} [pageHeight]
 * @returns {{narrow: boolean, frames: readonly [Frame, Frame]}}
 */
export function pair(room, aspects, pageHeight = Infinity) {
  const [a, b] = aspects.map((aspect) => Math.min(2.4, Math.max(0.7, aspect)));
  if (room.width < NARROW) {
    const tall = (/** @type {number} */ aspect) => Math.round(Math.min(room.width / aspect, 0.55 * pageHeight));
    const frame = (/** @type {number} */ aspect) => atLeast({ width: room.width, height: tall(aspect) });
    return { narrow: true, frames: [frame(a), frame(b)] };
  }
  const width = room.width - GUTTER;
  const height = Math.floor(Math.min(width / (a + b), room.height - TITLE - BAR));
  const right = Math.min(Math.round(b * height), Math.round(0.6 * width));
  return { narrow: false, frames: [atLeast({ width: width - right, height }), atLeast({ width: right, height })] };
}

/** @param {Frame} frame @returns {Frame} */
const atLeast = ({ width, height }) => ({ width: Math.max(SMALLEST, width), height: Math.max(SMALLEST, height) });
