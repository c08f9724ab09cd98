// @ts-check
/**
 * From the state to what is drawn: saliency, warp, zoomed image, and the numbers about them. No page, no canvas.
 *
 * @typedef {import("../store.js").State} State
 * @typedef {import("../chrome/context.js").Live} Live
 * @typedef {import("../engine/coords.js").Warp} Warp
 * @typedef {import("../engine/coords.js").Size} Size
 * @typedef {import("../engine/picture.js").Picture} Picture
 * @typedef {import("./pixels.js").Raster} Raster
 *
 * @typedef {object} Frame one warp with its zoomed image; the buffers are overwritten by the next frame of one model
 * @property {Warp} warp
 * @property {Size} zoomed        (h, w)
 * @property {Size} source        (h, w) of the picture that is read
 * @property {Float64Array} grid  (h, w, 2) where the samples lie, normalised
 * @property {Float32Array} colours (h, w, 4) of the zoomed image, not rounded
 * @property {Raster} image       the same, rounded
 * @property {Float64Array | null} saliency  at the control nodes; null: this sampler has none
 * @property {import("../engine/attraction.js").AttractionOptions} options of the attraction
 * @property {number} warpMs  saliency and attraction
 * @property {number} zoomMs  reading the picture
 */

import { attract, createAttractionWorkspace } from "../engine/attraction.js";
import { identityWarp, reuse } from "../engine/coords.js";
import { createPicture } from "../engine/picture.js";
import { sampleImage } from "../engine/resample.js";
import { computeSaliency, createSaliencyWorkspace } from "../engine/saliency.js";
import { forwardGrid } from "../engine/warp.js";
import { outputHeight } from "../chrome/schema.js";
import { levelsOf } from "./pixels.js";

/** @param {State} state */
export const takesSaliency = ({ sampler }) => !sampler.startsWith("uniform");

/** How the attraction of a state works. @param {State} state */
const optionsOf = ({ fwhm, separable, antiCrop, floor }) => ({ fwhm, separable, antiCrop, floor });

/**
 * Uniform warps need few nodes, but the mesh and the animation like as many as the other samplers have.
 * @param {Warp} warp @param {Warp} to of the same size @param {number} t 0 = warp, 1 = to
 * @returns {Warp}
 */
export function between(warp, to, t) {
  const nodes = warp.nodes.map((value, k) => value + t * (to.nodes[k] - value));
  return { nodes, size: to.size, separable: to.separable };
}

/** The picture that is read, shrunk as the state says, with its levels; made once. */
export function createPictures() {
  /** @type {{data: unknown, scale: number, picture: Picture, levels: Raster[]} | null} */
  let kept = null;
  /** @param {State} state @param {Live} live */
  return (state, { image }) => {
    if (!image) return null;
    if (kept?.data !== image.data || kept.scale !== state.sourceScale) {
      const picture = createPicture(image.data, [image.displayHeight, image.displayWidth], state.sourceScale);
      kept = { data: image.data, scale: state.sourceScale, picture, levels: levelsOf(picture) };
    }
    return kept;
  };
}

/**
 * Frames in one set of buffers: what is drawn and what it is compared with need a model each.
 * @param {ReturnType<typeof createPictures>} pictureOf
 */
export function createModel(pictureOf) {
  const saliencySpace = createSaliencySpace();
  /** @type {Float64Array | undefined} */
  let grid;
  let colours = new Float32Array(0);
  /** @type {Uint8ClampedArray<ArrayBuffer>} */
  let pixels = new Uint8ClampedArray(0);

  /**
   * @param {State} state as shown: a stroke's map in place of the stored one
   * @param {Live} live
   * @param {{uniform?: boolean, t?: number}} [how] uniform sampling instead; t < 1: on the way from uniform
   * @returns {Frame | null} null without a picture
   */
  function frame(state, live, { uniform = false, t = 1 } = {}) {
    const source = pictureOf(state, live);
    const full = live.image;
    if (!source || !full) return null;
    const started = performance.now();
    const zoomed = /** @type {Size} */ ([outputHeight(state.width, full.width, full.height), state.width]);
    const size = /** @type {Size} */ ([full.height, full.width]);
    const { warp: goal, saliency } = saliencySpace(uniform ? { ...state, sampler: "uniform" } : state, live, size, zoomed);
    const warp = t < 1 ? between(identityWarp(goal.size), goal, t) : goal;
    const warped = performance.now();
    grid = forwardGrid(warp, zoomed, grid);
    const length = zoomed[0] * zoomed[1] * 4;
    colours = reuse(colours, length, Float32Array);
    sampleImage(source.picture, grid, zoomed, state.interpolation, colours);
    if (pixels.length !== length) pixels = new Uint8ClampedArray(length);
    pixels.set(colours);
    const image = { width: zoomed[1], height: zoomed[0], data: pixels };
    return { warp, zoomed, source: source.picture.size, grid, colours, image, saliency, options: optionsOf(state),
      warpMs: warped - started, zoomMs: performance.now() - warped };
  }

  return { frame };
}

/** Saliency and warp of a state, with their workspaces. */
function createSaliencySpace() {
  const saliencySpace = createSaliencyWorkspace();
  const attractionSpace = createAttractionWorkspace();
  /**
   * @param {State} state @param {Live} live @param {Size} source true size @param {Size} zoomed
   * @returns {{warp: Warp, saliency: Float64Array | null}}
   */
  return (state, live, source, zoomed) => {
    const size = /** @type {Size} */ ([...state.nodes]);
    if (state.sampler === "uniform-area") return { warp: areaWarp(zoomed, source), saliency: null };
    if (!takesSaliency(state)) return { warp: identityWarp(size), saliency: null };
    const saliency = computeSaliency(state, live, size, source, saliencySpace);
    const nodes = attract(saliency, size[0], size[1], optionsOf(state), attractionSpace);
    return { warp: { nodes, size, separable: state.separable }, saliency };
  };
}

/**
 * Half-pixel samples, each in the middle of its own W / w pixels.
 * @param {Size} zoomed @param {Size} source @returns {Warp}
 */
function areaWarp(zoomed, source) {
  const size = /** @type {Size} */ (zoomed.map((n) => Math.max(2, n)));
  const warp = identityWarp(size);
  for (let k = 0; k < warp.nodes.length; k++) {
    const axis = 1 - (k & 1);
    const [n, pixels] = [zoomed[axis], source[axis]];
    if (n < 2 || pixels < 2) continue;
    const at = ((warp.nodes[k] + 1) / 2) * (n - 1);
    warp.nodes[k] = (2 * (((at + 0.5) * pixels) / n - 0.5)) / (pixels - 1) - 1;
  }
  return warp;
}
