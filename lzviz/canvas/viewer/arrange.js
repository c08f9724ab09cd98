// @ts-check
/**
 * The sizes of the frames: of all ways to put source and results, the one that shows the most of them; nothing is moved
 * by what is painted.
 *
 * @typedef {{width: number, height: number}} Frame CSS pixels
 *
 * @typedef {object} Arrangement
 * @property {boolean} narrow   a phone: over each other, the page scrolls
 * @property {boolean} above    the results stand below the source, else beside it
 * @property {number} columns   of results
 * @property {Frame} source
 * @property {Frame} result
 * @property {Frame} extent     of all, with titles and gaps
 * @property {number} area      of the pictures, CSS pixels^2
 */

export const TITLE = 28;
export const GAP = 12;
export const GUTTER = 16;
/** Stages below this are a phone's. */
export const NARROW = 680;
const SMALLEST = 40;

/**
 * @param {Frame} room      what the stage may fill; on a narrow page the height follows from the width
 * @param {number} aspect   width / height of the source
 * @param {boolean} compared  uniform sampling is shown besides: four results, not two
 * @param {number} [pageHeight] of a narrow page: the source takes at most 55 % of it
 * @returns {Arrangement}
 */
export function arrange(room, aspect, compared, pageHeight = Infinity) {
  return room.width < NARROW ? stacked(room.width, aspect, pageHeight) : most(arrangements(room, aspect, compared));
}

/**
 * Each way to fill a room.
 * @param {Frame} room @param {number} aspect @param {boolean} compared @returns {Arrangement[]}
 */
export const arrangements = (room, aspect, compared) => FORMS.map((form) => form(room, aspect, compared ? 4 : 2));

/** The aspect of frames: of very long pictures a part is seen. @param {number} aspect width / height of a picture */
export const shapeOf = (aspect) => Math.min(8, Math.max(1 / 4, aspect));

/** The arrangement that shows the most. @template {{area: number}} T @param {readonly T[]} all @returns {T} */
const most = (all) => all.reduce((best, each) => (each.area > best.area ? each : best));

/** @param {number} width @param {number} aspect @param {number} pageHeight @returns {Arrangement} */
function stacked(width, aspect, pageHeight) {
  const half = Math.floor((width - 1) / 2);
  const source = atLeast({ width, height: Math.round(Math.min(width / aspect, 0.55 * pageHeight)) });
  const result = atLeast({ width: half, height: Math.round(Math.min(half / aspect, 0.4 * pageHeight)) });
  return { narrow: true, above: true, source, result, columns: 2, area: 0,
    extent: { width, height: source.height + result.height + 2 * TITLE + GAP } };
}

/**
 * Results of height r over each other are as high as the source, S = 2 r + TITLE + GAP; widths add up to the room's.
 * @param {Frame} room @param {number} aspect @param {number} results @returns {Arrangement}
 */
function beside({ width, height }, aspect, results) {
  const columns = results / 2;
  const between = TITLE + GAP;
  const byWidth = ((width - columns * GUTTER) / aspect - between) / (2 + columns);
  const r = floor(Math.min(byWidth, (height - TITLE - between) / 2));
  return put(aspect, 2 * r + between, r, { above: false, columns, results });
}

/**
 * The results in a row below the source, as wide as it is.
 * @param {Frame} room @param {number} aspect @param {number} results @returns {Arrangement}
 */
function above({ width, height }, aspect, results) {
  const gaps = (results - 1) * GUTTER;
  const byHeight = (aspect * (height - 2 * TITLE - GAP) + gaps / results) / (1 + 1 / results);
  const wide = Math.min(width, byHeight);
  return put(aspect, floor(wide / aspect), floor((wide - gaps) / results / aspect),
    { above: true, columns: results, results });
}

/**
 * All of one size in a row.
 * @param {Frame} room @param {number} aspect @param {number} results @returns {Arrangement}
 */
function inRow({ width, height }, aspect, results) {
  const r = floor(Math.min((width - results * GUTTER) / (results + 1) / aspect, height - TITLE));
  return put(aspect, r, r, { above: false, columns: results, results });
}

/**
 * All of one size over each other.
 * @param {Frame} room @param {number} aspect @param {number} results @returns {Arrangement}
 */
function inColumn({ width, height }, aspect, results) {
  const r = floor(Math.min(width / aspect, (height - results * GAP) / (results + 1) - TITLE));
  return put(aspect, r, r, { above: true, columns: 1, results });
}

const FORMS = [beside, above, inRow, inColumn];

/**
 * @param {number} aspect @param {number} tall of the source @param {number} small of a result
 * @param {{above: boolean, columns: number, results: number}} form @returns {Arrangement}
 */
function put(aspect, tall, small, { above, columns, results }) {
  const source = atLeast({ width: Math.round(aspect * tall), height: tall });
  const result = atLeast({ width: Math.round(aspect * small), height: small });
  const rows = results / columns;
  const grid = { width: columns * (result.width + GUTTER) - GUTTER,
    height: rows * (result.height + TITLE + GAP) - GAP };
  const extent = above
    ? { width: Math.max(source.width, grid.width), height: source.height + TITLE + GAP + grid.height }
    : { width: source.width + GUTTER + grid.width, height: Math.max(source.height + TITLE, grid.height) };
  const area = source.width * source.height + results * result.width * result.height;
  return { narrow: false, above, columns, source, result, extent, area };
}

/** Results narrower than this show their name and one number only, CSS pixels. */
const TIGHT = 310;

/**
 * An arrangement by the names of views.
 * @param {Arrangement} arrangement @param {readonly string[]} names  "source", and the results
 * @returns {import("./viewer.js").Arranged}
 */
export const framesOf = ({ narrow, above, columns, source, result }, names) => ({ narrow, above, columns,
  tight: result.width < TIGHT,
  frames: Object.fromEntries(names.map((name) => [name, name === "source" ? source : result])) });

/** The row of choices that stands below a title. */
export const BAR = 32;

/**
 * @typedef {object} Pair
 * @property {boolean} narrow
 * @property {boolean} above    the second stands below the first
 * @property {readonly [Frame, Frame]} frames
 * @property {Frame} extent
 * @property {number} area
 */

/**
 * Two frames that fill the room together, beside or over each other.
 * @param {Frame} room @param {readonly [number, number]} aspects  width / height of the two images
 * @param {number} [pageHeight]
 * @returns {Pair}
 */
export function pair(room, aspects, pageHeight = Infinity) {
  const head = TITLE + BAR;
  if (room.width < NARROW) {
    const tall = (/** @type {number} */ aspect) => 
      Math.round(Math.min(room.width / shapeOf(aspect), 0.55 * pageHeight));
    const frame = (/** @type {number} */ aspect) => atLeast({ width: room.width, height: tall(aspect) });
    const frames = /** @type {[Frame, Frame]} */ (aspects.map(frame));
    const height = frames[0].height + frames[1].height + 2 * head + GAP;
    return { narrow: true, above: true, frames, extent: { width: room.width, height }, area: 0 };
  }
  return most(pairs(room, aspects));
}

/**
 * Beside each other, and over each other.
 * @param {Frame} room @param {readonly [number, number]} aspects @returns {Pair[]}
 */
export function pairs(room, aspects) {
  const head = TITLE + BAR;
  const [a, b] = aspects.map(shapeOf);
  const tall = floor(Math.min((room.width - GUTTER) / (a + b), room.height - head));
  const wide = floor(Math.min(room.width, (room.height - 2 * head - GAP) / (1 / a + 1 / b)));
  return [of(false, [a * tall, tall], [b * tall, tall]), of(true, [wide, wide / a], [wide, wide / b])];

  /** @param {boolean} above @param {...readonly number[]} sizes @returns {Pair} */
  function of(above, ...sizes) {
    const frames = /** @type {[Frame, Frame]} */ (sizes.map(([width, height]) =>
      atLeast({ width: Math.round(width), height: Math.floor(height) })));
    const [first, second] = frames;
    const extent = above
      ? { width: Math.max(first.width, second.width), height: first.height + second.height + 2 * head + GAP }
      : { width: first.width + GUTTER + second.width, height: first.height + head };
    return { narrow: false, above, frames, extent,
      area: first.width * first.height + second.width * second.height };
  }
}

/** @param {number} value */
const floor = (value) => Math.max(1, Math.floor(value));

/** @param {Frame} frame @returns {Frame} */
const atLeast = ({ width, height }) => ({ width: Math.max(SMALLEST, width), height: Math.max(SMALLEST, height) });
