// @ts-check
/**
 * Python's answer about a trained pipeline on a picture, decoded. No page, no canvas: the caller decodes PNGs.
 *
 * @typedef {import("../../engine/coords.js").Warp} Warp
 * @typedef {import("../../viewer/pixels.js").Raster} Raster
 * @typedef {import("../../core/context.js").SourceImage} SourceImage
 *
 * @typedef {{width: number, height: number, data: Uint8Array}} Plane  one byte a pixel: class index (255 = none), ...
 * @typedef {import("../../core/text.js").Text} Text
 * @typedef {{h: number, w: number, values: Float32Array, low: number, high: number, title: Text}} Heat
 * @typedef {{name: string, colour: string, share: number}} Class  share: of the reconstructed labels
 * @typedef {{name: string, ms: number, macs: number, p95?: number}} Stage
 *
 * @typedef {object} Truth
 * @property {string} source    "scene": came with the picture; "upload": the visitor's
 * @property {Plane} labels     at working size
 * @property {Plane} error      0 right, 1 wrong, 255 not labelled
 * @property {Plane} zoomed
 * @property {number} miou @property {number} accuracy
 * @property {number} intrinsic mIoU of perfect labels through the same samples
 * @property {readonly {name: string, iou: number | null, truth: number, predicted: number}[]} perClass
 * @property {readonly Text[]} notes
 *
 * @typedef {object} Room
 * @property {any} answer             as it came; what only the network makes is the last whole answer's
 * @property {SourceImage} picture    that it is about
 * @property {{w: number, h: number}} working  the picture at the size that the pipeline reads
 * @property {readonly [number, number] | null} zoomed  (h, w); null: nothing is zoomed (CAD)
 * @property {Raster | null} image    zoomed
 * @property {Warp | null} warp
 * @property {Float64Array | null} grid  (h, w, 2) where the samples lie, normalised
 * @property {Warp | null} wanted     ES: the minimiser for the labels
 * @property {{h: number, w: number, stride: number, data: Uint8Array} | null} levels  CAD
 * @property {Heat | null} saliency
 * @property {Heat | null} target     LDS: what its map should be
 * @property {{saliency: Heat | null, warp: Warp | null} | null} own  what the network would do, where it was told
 * @property {{rasters: readonly Raster[], titles: readonly Text[], mean: readonly number[]} | null} weights
 * @property {Raster | null} correction
 * @property {readonly Class[]} classes
 * @property {Plane | null} labels    at working size; null: boxes were found instead
 * @property {import("./found.js").Found | null} found  boxes
 * @property {Plane | null} confidence
 * @property {Plane | null} prediction  on the zoomed image
 * @property {Truth | null} truth
 * @property {import("../../core/streaming.js").Moment} [late]  of a frame that passed: whose boxes these are
 * @property {boolean} stale          samples are newer than what the network made of them
 */

import { forwardGrid } from "../../engine/warp.js";
import { floatsFromBase64, fromBase64 } from "../../core/wire.js";

/** @typedef {(png: string) => Promise<Raster>} Decode */

/** One byte of each pixel. @param {Raster} raster @returns {Plane} */
export function planeOf({ width, height, data }) {
  const plane = new Uint8Array(width * height);
  for (let k = 0; k < plane.length; k++) plane[k] = data[4 * k];
  return { width, height, data: plane };
}

/** @param {any} mesh @returns {Warp | null} */
const warpOf = (mesh) => mesh && { nodes: Float64Array.from(floatsFromBase64(mesh.nodes)), size: [mesh.h, mesh.w],
  separable: false, tolerance: mesh.tolerance };

/** @param {any} map @returns {Heat | null} */
const heatOf = (map) => map && { ...map, values: floatsFromBase64(map.data) };

/**
 * @param {any} answer of lzviz/learned @param {SourceImage} picture that was asked about
 * @param {Room | null} before  what an answer without the network leaves as it is
 * @param {Decode} decode
 * @returns {Promise<Room | null>} null: nothing can be shown yet
 */
export async function decodeRoom(answer, picture, before, decode) {
  const plane = async (/** @type {string | null | undefined} */ png) => (png ? planeOf(await decode(png)) : null);
  const raster = async (/** @type {string | null | undefined} */ png) => (png ? decode(png) : null);
  const { zoomed, weights, correction } = answer;
  const [image, corrected, tiles] = await Promise.all([raster(answer.image), raster(correction?.image),
    Promise.all((weights?.maps ?? []).map(decode))]);
  const warp = warpOf(answer.mesh);
  const samples = { picture, working: answer.working, image, zoomed: image && [zoomed.h, zoomed.w],
    warp, grid: warp && forwardGrid(warp, [zoomed.h, zoomed.w]),
    wanted: warpOf(answer.wantedMesh), saliency: heatOf(answer.saliency), target: heatOf(answer.target),
    own: answer.own ? { saliency: heatOf(answer.own.saliency), warp: warpOf(answer.own.mesh) } : null,
    levels: answer.levels ? { ...answer.levels, data: fromBase64(answer.levels.data) } : null,
    weights: weights ? { rasters: tiles, titles: weights.titles, mean: weights.mean } : null, correction: corrected };
  if (!answer.labels && !answer.found) {
    const merged = before && { ...before, ...samples, stale: true, answer: { ...before.answer, ...answer } };
    return /** @type {Room | null} */ (merged);
  }
  if (answer.found) {
    const { Found } = await import("./found.js");
    const found = new Found(answer.found);
    const classes = found.classes.map((each) => ({ ...each, share: 0 }));
    return /** @type {Room} */ ({ ...samples, answer, classes, found, labels: null, confidence: null, prediction: null,
      stale: false, truth: null });
  }
  const { truth } = answer;
  const [labels, confidence, prediction, real, error, small] = await Promise.all([answer.labels, answer.confidence,
    answer.prediction, truth?.labels, truth?.error, truth?.zoomed].map(plane));
  const { classes } = answer;
  return /** @type {Room} */ ({ ...samples, answer, classes, found: null, labels, confidence, prediction, stale: false,
    truth: truth ? { ...truth, labels: real, error, zoomed: small } : null });
}

/**
 * What each of the two views can show of a room, by the value of its key in the state.
 * @param {Room | null} room @param {boolean} training  the checkpoint has snapshots
 */
export function offers(room, training) {
  const known = room !== null;
  const map = known && (room.saliency !== null || room.levels !== null);
  const zooms = known && room.zoomed !== null;
  const read = known && (room.prediction !== null || room.found !== null);
  return {
    left: { photo: true, saliency: map, labels: known, error: known, truth: known, features: known },
    right: { image: zooms, labels: zooms && read, error: zooms && room.found !== null, truth: zooms && read,
      features: known, weights: known && room.weights !== null, correction: known && room.correction !== null,
      target: known && room.target !== null, space: known && Boolean(room.found?.answer.camera),
      own: known && room.own !== null, training },
  };
}

/**
 * What a view shows: what was chosen, or, where this pipeline has no such thing, the first that it has.
 * @template {string} T
 * @param {Readonly<Record<T, boolean>>} offered @param {T} chosen @param {(value: T) => boolean} blocked
 * @returns {T}
 */
export function shownOf(offered, chosen, blocked) {
  const fits = (/** @type {T} */ value) => offered[value] && !blocked(value);
  if (fits(chosen)) return chosen;
  if (fits(/** @type {T} */ ("labels"))) return /** @type {T} */ ("labels");
  return /** @type {T[]} */ (Object.keys(offered)).find(fits) ?? chosen;
}

/** Whether it is known what is true of the picture. @param {Room | null} room */
export const knowsTruth = (room) => room !== null && (room.truth !== null || Boolean(room.found?.true));

/** What cannot be shown without knowing that. @param {string} value */
export const needsTruth = (value) => value === "truth" || value === "error";

/**
 * What the two views show: what was chosen, or what this pipeline has instead.
 * @param {Room | null} room @param {import("../../core/store.js").State} state
 * @param {boolean} training  the checkpoint has snapshots
 */
export function shownViews(room, { learnedLeft: left, learnedRight: right }, training) {
  if (!room) return { left, right };
  const offered = offers(room, training);
  const unknown = (/** @type {string} */ value) => !knowsTruth(room) && needsTruth(value);
  return { left: shownOf(offered.left, left, unknown), right: shownOf(offered.right, right, unknown) };
}

/**
 * The value of a plane that covers the picture, at a pixel of the picture.
 * @param {Plane} plane @param {number} x @param {number} y @param {{width: number, height: number}} extent
 */
export function at({ width, height, data }, x, y, extent) {
  const column = Math.min(width - 1, Math.max(0, Math.floor(((x + 0.5) * width) / extent.width)));
  const row = Math.min(height - 1, Math.max(0, Math.floor(((y + 0.5) * height) / extent.height)));
  return data[row * width + column];
}

/**
 * The block of a quadtree at a pixel of the picture, as pixel edges x0, y0, x1, y1 of the picture, and its level.
 * @param {NonNullable<Room["levels"]>} levels @param {{w: number, h: number}} working @param {number} x
 * @param {number} y @param {{width: number, height: number}} extent
 */
export function blockAt({ h, w, stride, data }, working, x, y, extent) {
  const share = extent.width / working.w;
  const cell = (/** @type {number} */ px, /** @type {number} */ cells) =>
    Math.min(cells - 1, Math.max(0, Math.floor((px + 0.5) / share / stride)));
  const [j, i] = [cell(x, w), cell(y, h)];
  const level = data[i * w + j];
  const edge = (/** @type {number} */ k, /** @type {number} */ most) => Math.min(most, k * stride * share);
  const [left, top, side] = [(j >> level) << level, (i >> level) << level, 1 << level];
  return { level, edges: [edge(left, extent.width), edge(top, extent.height), edge(left + side, extent.width),
    edge(top + side, extent.height)] };
}
