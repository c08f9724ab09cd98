// @ts-check
/** What is said about a quadtree and its networks. */
import { FORMATS, say, t } from "../../core/text.js";
import { strideOf } from "./model.js";

/** @typedef {import("./model.js").Forest} Forest */

/** A difference: 0 stays 0, the rest with two digits. */
export const difference = FORMATS.small;

/**
 * One sentence with the numbers of what is drawn.
 * @param {Forest} forest
 */
export function sentence({ grid, rows, active, macs }) {
  const cells = grid.h * grid.w;
  const [finest, coarsest] = [strideOf(grid, 0), strideOf(grid, grid.depth)];
  const share = macs.adaptive / macs.dilated;
  return t("cad.says", { kept: rows[0] / cells, count: cells, finest, coarsest, rows: active, work: share });
}

/** The weights as they are written on a picture. @param {import("../../core/text.js").Text | undefined} weights */
export const weightsLabel = (weights) =>
  (!weights ? "" : isRandom(weights) ? t("cad.weightsAre", { weights }) : say(weights));

/** Weights that were never trained. @param {import("../../core/text.js").Text} weights */
export const isRandom = ({ key }) => key === "weights.random" || key === "weights.narrow";

/**
 * The guarantee of the reading that is shown: whether it holds, in a few words, in one sentence and its number.
 * @param {{max: number, exact: boolean, published: number, outside?: string[]}} badge
 * @param {"fixed" | "published"} mode
 */
export function guarantee({ max, exact, published, outside = [] }, mode) {
  const holds = exact && mode === "fixed" && !outside.length;
  const most = mode === "fixed" ? max : published;
  const beyond = outside.length > 0 && mode === "fixed";
  return { holds,
    short: t(beyond ? "cad.proof.outside" : holds ? "cad.proof.equal" : "cad.proof.off", { most }),
    words: beyond ? t("cad.proof.outsideOf", { operations: outside })
      : t(holds ? "cad.proof.holds" : mode === "fixed" ? "cad.proof.differs" : "cad.proof.publishedDiffers"),
    number: t(!holds ? "cad.proof.number" : max === 0 ? "cad.proof.exact" : "cad.proof.rounding", { most }) };
}
