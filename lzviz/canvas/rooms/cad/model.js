// @ts-check
/**
 * From the state and Python's mask to the quadtree that is drawn: thresholds, brush and cost are worked out here, so
 * that they move with the hand. No page, no canvas.
 *
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("../../engine/quadtree.js").CellGrid} CellGrid
 * @typedef {import("../../engine/quadtree.js").Extent} Extent
 *
 * @typedef {object} Mask  Python's answer, decoded
 * @property {Extent} image   the picture at the size at which networks read it
 * @property {CellGrid} grid
 * @property {State["cadMask"]} kind
 * @property {string} network
 * @property {Float32Array | null} strength  (depth, h, w), for masks that have a threshold
 * @property {Uint8Array | null} levels      (h, w), for masks that have none
 * @property {{fixed: number, perRow: readonly number[], strided: number, dilated: number}} macs
 *
 * @typedef {object} Forest  the quadtree and what it costs
 * @property {Mask} mask
 * @property {Extent} image  as in the mask
 * @property {CellGrid} grid
 * @property {Uint8Array} levels  completed
 * @property {readonly number[]} rows   of each level, the finest first
 * @property {number} total       rows altogether
 * @property {number} active      rows over fine cells
 * @property {{strided: number, adaptive: number, dilated: number}} macs
 * @property {number} forced      cells that the brush decides
 *
 * @typedef {Pick<Forest, "image" | "grid" | "levels" | "rows">} Tree  what of it is drawn
 */

import { ROUTES } from "../../schema/routes.js";
import { floatsFromBase64, fromBase64 } from "../../core/wire.js";
import {
  completeLevels, forceLevels, invertLevels, multiplyAdds, rowsAfter, rowsPerLevel, thresholdRings,
} from "../../engine/quadtree.js";

/** @param {import("../../schema/contract.js").MaskAnswer} answer of lzviz/cad-mask @returns {Mask} */
export function decodeMask(answer) {
  const { image, grid, mask, network, macs } = answer;
  const cells = grid.h * grid.w;
  const strength = answer.strength ? new Float32Array(grid.depth * cells) : null;
  answer.strength?.forEach((ring, at) => strength?.set(floatsFromBase64(ring), at * cells));
  return { image, grid, kind: /** @type {State["cadMask"]} */ (mask), network, macs, strength,
    levels: answer.levels ? fromBase64(answer.levels) : null };
}

/**
 * The mask before the brush.
 * @param {Mask} mask @param {State} state @returns {Uint8Array} (h, w)
 */
export function wishedLevels({ grid, strength, levels }, { cadMask, cadThreshold }) {
  if (!strength) return levels ?? new Uint8Array(grid.h * grid.w).fill(grid.depth);
  const edges = thresholdRings(strength, cadThreshold, grid);
  return cadMask === "inverse" ? invertLevels(edges, grid.depth) : edges;
}

/**
 * @param {Mask} mask @param {State} state as shown: a stroke's map in place of the stored one
 * @returns {Forest}
 */
export function forestOf(mask, state) {
  const { grid, macs } = mask;
  const wished = wishedLevels(mask, state);
  const forced = forceLevels(wished, state.cadPaint, grid, mask.image);
  const levels = completeLevels(forced, grid);
  const rows = rowsPerLevel(levels, grid);
  const total = rows.reduce((a, b) => a + b, 0);
  const adaptive = multiplyAdds(macs, rowsAfter(levels, grid));
  let changed = 0;
  for (let k = 0; k < wished.length; k++) changed += Number(wished[k] !== forced[k]);
  return { mask, image: mask.image, grid, levels, rows, total, active: total / (grid.h * grid.w), forced: changed,
    macs: { strided: macs.strided, adaptive, dilated: macs.dilated } };
}

/** Masks that the trained network makes, or that are about its answers. @type {readonly State["cadMask"][]} */
export const TRAINED_MASKS = ["learned", "oracle"];

/**
 * The network that runs: only VGG16 at output stride 1, and some masks belong to the trained one.
 * @param {Pick<State, "cadLevels" | "cadMask" | "cadNetwork">} state @returns {State["cadNetwork"]}
 */
export const networkOf = ({ cadLevels, cadMask, cadNetwork }) =>
  (cadLevels === "1-8" ? "vgg16" : TRAINED_MASKS.includes(cadMask) ? "compact" : cadNetwork);

/** Why labels cannot be shown; null: they can. @param {State} state */
export const noLabels = (state) =>
  (networkOf(state) === "compact" && state.cadLevels === "8-16" ? null : "cad.onlyTrained");

/** What is shown: labels only of the trained network. @param {State} state @returns {State["cadView"]} */
export const viewOf = (state) => (state.cadView === "segmentation" && noLabels(state) ? "features" : state.cadView);

/** The route that answers what is shown. @param {State} state */
export const viewRoute = (state) => ({ segmentation: ROUTES.cadSegmented, features: ROUTES.cadFeatures,
  keypoints: ROUTES.cadKeypoints })[viewOf(state)].path;

/** Output stride of a level. @param {CellGrid} grid @param {number} level */
export const strideOf = (grid, level) => grid.stride << level;

/** Keys of the state that Python's mask depends on; "edges" and "inverse" are one mask, read differently. */
export const MASK_KEYS = ["cadLevels", "cadMask", "cadDilation", "cadOperator", "cadKeep", "cadNetwork", "image"];

/** Whether a mask belongs to the state. @param {Mask | null} mask @param {State} state */
export function fits(mask, state) {
  const ringed = (/** @type {string} */ kind) => kind === "edges" || kind === "inverse";
  return mask !== null && (mask.kind === state.cadMask || (ringed(mask.kind) && ringed(state.cadMask)))
    && `${mask.grid.stride}-${mask.grid.stride << mask.grid.depth}` === state.cadLevels;
}
