// @ts-check
/**
 * From the state to what is drawn: saliency, warp, zoomed image, and the numbers about them. No page, no canvas.
 *
 * @typedef {import("../core/store.js").State} State
 * @typedef {import("../core/context.js").Live} Live
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
 * @property {import("../engine/saliency.js").FloatMap | null} saliency before contrast; null: this sampler has none
 * @property {Float64Array | null} attracting  the same with its contrast, at the control nodes
 * @property {import("../engine/attraction.js").AttractionOptions} options of the attraction
 * @property {boolean} asks the sampler looks at a saliency map
 * @property {boolean} python the warp comes from Python
 * @property {boolean} waiting Python has not answered yet: this is uniform sampling, or the warp of an earlier state
 * @property {import("../engine/samplers.js").Lost | null} faulty the inverse on lattices is the published one,
 *   without these lines
 * @property {number} warpMs  saliency and attraction
 * @property {number} zoomMs  reading the picture
 */

import { createAttractionWorkspace } from "../engine/attraction.js";
import { identityWarp, reuse } from "../engine/coords.js";
import { createPicture } from "../engine/picture.js";
import { roundColours, sampleImage } from "../engine/resample.js";
import {
  attractionOptions, lostLines, darkenOutside, samplerWarp, takesSaliency, zoomedSize,
} from "../engine/samplers.js";
import { createSaliencyWorkspace, saliencyAtNodes, saliencyOf } from "../engine/saliency.js";
import { forwardGrid } from "../engine/warp.js";
import { levelsOf } from "./pixels.js";

/**
 * A warp on the way from one to another.
 * @param {Warp} warp @param {Warp} to of the same size @param {number} t 0 = warp, 1 = to
 * @returns {Warp}
 */
export function between(warp, to, t) {
  const nodes = warp.nodes.map((value, k) => value + t * (to.nodes[k] - value));
  return { ...to, nodes };
}

/** A warp at the nodes of another one. @param {Warp} goal @param {Warp} warp @returns {Warp} */
const onNodesOf = (goal, warp) => ({ ...goal, nodes: forwardGrid(warp, goal.size) });

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
  const saliencySpace = createSaliencyWorkspace();
  const attractionSpace = createAttractionWorkspace();
  /** @type {Float64Array | undefined} */
  let grid;
  let colours = new Float32Array(0);
  /** @type {Uint8ClampedArray<ArrayBuffer>} */
  let pixels = new Uint8ClampedArray(0);
  /** What the buffer of colours was read from. @type {Picture | null} */
  let read = null;
  /** @type {0 | 1} */
  let odd = 0;

  /**
   * @param {State} state as shown: a stroke's map in place of the stored one
   * @param {Live} live
   * @param {{uniform?: boolean, t?: number, from?: Warp | null, given?: import("../rooms/warp/given.js").Given | null,
   *   zoomed?: Size | null, quick?: boolean, halves?: boolean}} [how] uniform sampling instead; t < 1: on the way from
   *   another warp, or from uniform; what Python gave, for samplers without a twin; a size of the zoomed image that is
   *   not the state's; quick: a hand moves; halves: every other row of samples is read, the rest are the frame before's
   * @returns {Frame | null} null without a picture
   */
  function frame(state, live, how = {}) {
    const { uniform = false, t = 1, from = null, given = null, zoomed: asked = null } = how;
    const { quick = false, halves = false } = how;
    const source = pictureOf(state, live);
    const full = live.image;
    if (!source || !full) return null;
    const started = performance.now();
    const size = /** @type {Size} */ ([full.height, full.width]);
    const zoomed = asked ?? zoomedSize(state.width, size);
    const shown = uniform ? { ...state, sampler: "uniform" } : state;
    const nodes = /** @type {Size} */ ([...state.nodes]);
    const asks = given ? given.asks : takesSaliency(state.sampler);
    const saliency = asks && !uniform ? saliencyOf(state, live, nodes, size, saliencySpace) : null;
    const attracting = saliency && saliencyAtNodes(saliency, state.contrast, nodes, saliencySpace);
    const python = given !== null && !uniform;
    const goal = python ? given.warp ?? identityWarp([2, 2])
      : samplerWarp(shown, attracting, zoomed, size, attractionSpace);
    const warp = t < 1 ? between(from ? onNodesOf(goal, from) : identityWarp(goal.size), goal, t) : goal;
    const warped = performance.now();
    grid = forwardGrid(warp, zoomed, grid);
    const length = zoomed[0] * zoomed[1] * 4;
    const kept = halves && read === source.picture && colours.length === length;
    colours = reuse(colours, length, Float32Array);
    const told = python && t === 1 && given.image?.length === length ? given.image : null;
    if (told) colours.set(told);
    else {
      odd = odd ? 0 : 1;
      sampleImage(source.picture, grid, zoomed, state.interpolation, colours, quick, kept ? odd : undefined);
      darkenOutside(shown, grid, source.picture.size, colours);
    }
    read = told ? null : source.picture;
    if (pixels.length !== length) pixels = new Uint8ClampedArray(length);
    roundColours(colours, pixels);
    const image = { width: zoomed[1], height: zoomed[0], data: pixels };
    return { warp, zoomed, source: source.picture.size, grid, colours, image, saliency, attracting,
      options: attractionOptions(state),
      asks, python: python && !given.here, waiting: python && !given.fresh, faulty: lostLines(shown, attracting),
      warpMs: warped - started, zoomMs: performance.now() - warped };
  }

  return { frame };
}
