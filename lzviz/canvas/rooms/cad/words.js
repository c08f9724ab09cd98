// @ts-check
/** What is said about a quadtree and its networks. */
import { whole } from "../../kit/format.js";
import { percent } from "../warp/sentence.js";
import { strideOf } from "./model.js";

/** @typedef {import("./model.js").Forest} Forest */

/** Multiply-adds: "13.52 G", "642 M". @param {number} count */
export function operations(count) {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} G`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : whole(count);
}

/** A difference: 0 stays 0, the rest with two digits. @param {number} value */
export const difference = (value) => (value === 0 ? "0" : value < 0.01 ? value.toExponential(1) : value.toPrecision(2));

/**
 * One sentence with the numbers of what is drawn.
 * @param {Forest} forest
 */
export function sentence({ grid, rows, active, macs }) {
  const cells = grid.h * grid.w;
  const [finest, coarsest] = [strideOf(grid, 0), strideOf(grid, grid.depth)];
  const share = macs.adaptive / macs.dilated;
  return `Keeps ${percent(rows[0] / cells)} of ${whole(cells)} cells at stride ${finest}, down to stride ${coarsest}: `
    + `${percent(active)} of the rows and ${percent(share)} of the dilated network's multiply-adds.`;
}

/** The weights as they are written on a picture. @param {string | undefined} weights */
export const weightsLabel = (weights) => (weights ? (/^random/.test(weights) ? `weights: ${weights}` : weights) : "");

/**
 * The guarantee of the reading that is shown: whether it holds, in a few words, in one sentence and its number.
 * @param {{max: number, exact: boolean, published: number, outside?: string[]}} badge
 * @param {"fixed" | "published"} mode
 */
export function guarantee({ max, exact, published, outside = [] }, mode) {
  const holds = exact && mode === "fixed" && !outside.length;
  const most = mode === "fixed" ? max : published;
  const number = `max difference ${difference(most)}`;
  return { holds, short: holds ? "coarse cells = strided" : `coarse cells off by ${difference(most)}`,
    words: holds ? "Coarse cells equal the strided network"
      : `${mode === "fixed" ? "Coarse" : "As published, coarse"} cells differ`,
    ...(outside.length && mode === "fixed" && {
      short: "outside the guarantee", words: `Outside the guarantee: ${outside.join("; ")}` }),
    number: !holds ? number : max === 0 ? `${number} (exact)` : `${number}: exact but for float32 rounding` };
}
