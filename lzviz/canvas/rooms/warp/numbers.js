// @ts-check
/**
 * The numbers of a warp that the page prints while Python has not answered yet.
 *
 * @typedef {import("../../viewer/frame.js").Frame} Frame
 * @typedef {import("../../engine/saliency.js").FloatMap} Weights in [0, 1], corner-aligned: what was asked for
 */

import { invertLattice } from "../../engine/inverse.js";
import { areaOf, shareOf } from "../../engine/measures.js";
import {
  enclosed, foldTiles, isMirrored, jacobianGrid, magnification, magnificationHistogram, roundTrip, uniformJacobian,
} from "../../engine/warp.js";
import { latticeOf } from "../../viewer/brush.js";
import { place, sentence } from "./sentence.js";

/** log2 of the magnification; 1x is in the middle of a bin, or rounding would split it. */
const BINS = { bins: 33, low: -1.5625, high: 2.5625 };
/** Points a side that are enough for numbers that change while one looks. */
const QUICK = 64;
/** Points on the long side of the lattice on which the way there and back is looked at; Python takes the same. */
const TRIP_SIDE = 64;

/**
 * @param {Frame} frame @param {Weights | null} weights @param {boolean} quick a stroke is on its way
 */
export function measure(frame, weights, quick) {
  const lattice = quick ? frame.zoomed.map((n) => Math.min(n, QUICK)) : frame.zoomed;
  const size = /** @type {[number, number]} */ ([lattice[0], lattice[1]]);
  const mirrored = isMirrored(frame.warp);
  const uniform = (mirrored ? -1 : 1) * uniformJacobian(size, frame.source);
  const times = magnification(jacobianGrid(frame.warp, size, frame.source), uniform);
  const { counts, edges, min, max } = magnificationHistogram(times, BINS);
  const total = counts.reduce((sum, count) => sum + count, 0) || 1;
  const tiles = foldTiles(frame.warp);
  const folds = tiles.reduce((sum, fold) => sum + fold, 0);
  const asked = weights && { share: shareOf(weights, frame.grid), area: areaOf(weights) };
  const numbers = {
    histogram: { edges: [...edges], shares: Array.from(counts, (count) => count / total) },
    zoomRange: max > 0 ? [min, max] : null, folds, tiles: tiles.length, outside: outside(frame.grid),
    share: asked?.share ?? null, area: asked?.area ?? null, warpMs: frame.warpMs,
  };
  const facts = { samples: frame.zoomed[0] * frame.zoomed[1], ...asked, place: weights ? place(weights) : null, folds,
    tiles: tiles.length, most: max, mirrored };
  if (quick) return { ...numbers, sentence: sentence(facts) };
  const inverse = there(frame);
  return { ...numbers, ...inverse, sentence: sentence({ ...facts, coverage: inverse.coverage }) };
}

/**
 * The round trip on a lattice of the source, and what of the source is shown: where the map folds, of that lattice.
 * @param {Pick<Frame, "warp" | "source">} frame
 */
export function there({ warp, source: [height, width] }) {
  const { h, w } = latticeOf({ width, height }, TRIP_SIDE);
  const [size, source] = [/** @type {[number, number]} */ ([h, w]), /** @type {[number, number]} */ ([height, width])];
  const { max, coverage } = roundTrip(warp, invertLattice(warp, size), size, source);
  return { roundTrip: max, coverage: foldTiles(warp).includes(1) ? coverage : enclosed(warp) };
}

/** Samples outside the picture. @param {Float64Array} grid */
function outside(grid) {
  let count = 0;
  for (let k = 0; k < grid.length; k += 2) if (Math.max(Math.abs(grid[k]), Math.abs(grid[k + 1])) > 1 + 1e-6) count++;
  return count;
}
