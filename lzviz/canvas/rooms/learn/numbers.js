// @ts-check
/** The live numbers of a warp, by the names that lessons use (lzviz/lessons/expression.py lists them). */
import { there } from "../warp/numbers.js";
import { foldTiles, isMirrored, jacobianGrid, magnification, uniformJacobian } from "../../engine/warp.js";
import { toPixel } from "../../engine/coords.js";

/**
 * @typedef {import("../../viewer/frame.js").Frame} Frame
 * @typedef {import("./expression.js").Numbers} Numbers
 */

/** Points on the long side on which zoom is looked at: every one of a small zoomed image. */
const LATTICE = 256;

/** Samples inside of a box. @param {Frame} frame @param {readonly number[]} box fractions of the picture */
function inside({ grid, source: [height, width] }, [x0, y0, x1, y1]) {
  let count = 0;
  for (let k = 0; k < grid.length; k += 2) {
    const [x, y] = [(toPixel(grid[k], width) + 0.5) / width, (toPixel(grid[k + 1], height) + 0.5) / height];
    if (x >= x0 && x < x1 && y >= y0 && y < y1) count++;
  }
  return count;
}

/**
 * @param {Frame | null} frame @param {import("../../core/store.js").State} state
 * @param {readonly number[] | null} region
 * @returns {Numbers}
 */
export function warpNumbers(frame, state, region) {
  if (!frame) return {};
  const { warp, zoomed, source } = frame;
  const samples = zoomed[0] * zoomed[1];
  const pixels = source[0] * source[1];
  const size = /** @type {[number, number]} */ ([Math.min(zoomed[0], LATTICE), Math.min(zoomed[1], LATTICE)]);
  const sign = isMirrored(warp) ? -1 : 1;
  const times = magnification(jacobianGrid(warp, size, source), sign * uniformJacobian(size, source));
  let [least, most] = [Infinity, 0];
  for (const value of times) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const tiles = foldTiles(warp);
  const { roundTrip, coverage } = there(frame);
  const area = region ? (region[2] - region[0]) * (region[3] - region[1]) : NaN;
  const regionSamples = region ? inside(frame, region) : NaN;
  return { samples, columns: zoomed[1], rows: zoomed[0], pixels, each: pixels / samples, regionSamples,
    regionShare: regionSamples / samples, regionArea: area, regionGain: regionSamples / samples / area, most, least,
    folds: tiles.reduce((sum, fold) => sum + fold, 0), tiles: tiles.length, trip: roundTrip, coverage,
    width: state.width, strength: state.strength, fwhm: state.fwhm, contrast: state.contrast };
}
