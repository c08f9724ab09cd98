/**
 * Everything one frame needs, in one call: saliency -> nodes -> grid -> zoomed image -> unzoomed image -> overlays.
 *
 * Stages that nobody looks at are left out; each stage that ran has its milliseconds. All buffers belong to the
 * workspace: a frame is valid until the next one is computed with the same workspace.
 *
 * @typedef {import("./coords.js").Size} Size
 * @typedef {import("./coords.js").Warp} Warp
 * @typedef {import("./picture.js").Picture} Picture
 * @typedef {import("./saliency.js").FloatMap} FloatMap
 *
 * @typedef {import("./saliency.js").SaliencyState & import("./samplers.js").SamplerState & {
 *   interpolation: import("./resample.js").Interpolation, sourceScale: number}} FrameState
 *
 * @typedef {object} FrameImage  the display level of the picture, and its true size
 * @property {ArrayLike<number>} data RGBA of the display level
 * @property {number} displayWidth @property {number} displayHeight
 * @property {number} width @property {number} height
 *
 * @typedef {object} Wanted
 * @property {Size | null} [unzoom]       lattice (h, w) of the unzoomed image
 * @property {boolean} [zoom]             the zoomed image, default true
 * @property {boolean} [jacobian]         det J and magnification at each sample
 * @property {boolean} [folds]
 * @property {Size | null} [density]      lattice (h, w)
 * @property {boolean} [approximation]    distance to the warp without a control grid, at each sample
 *
 * @typedef {object} Frame
 * @property {Warp} warp
 * @property {Size} zoomed                (h, w)
 * @property {Size} source                (h, w) true
 * @property {FloatMap | null} saliency   before contrast; null: this sampler takes none
 * @property {Float64Array} grid          (h, w, 2) normalised source points of the samples
 * @property {Picture} picture            what was read
 * @property {Float32Array | null} zoomedColours  (h, w, 4) not rounded
 * @property {Uint8ClampedArray | null} zoomedPixels
 * @property {import("./inverse.js").Inverse | null} inverse
 * @property {Uint8ClampedArray | null} unzoomedPixels
 * @property {Float64Array | null} jacobian      source pixels^2 per zoomed pixel^2
 * @property {Float64Array | null} magnification linear, against uniform
 * @property {Uint8Array | null} folds           (h - 1, w - 1) tiles
 * @property {Float64Array | null} density
 * @property {Float64Array | null} approximation source pixels
 * @property {Record<string, number>} milliseconds
 *
 * @typedef {ReturnType<typeof createWorkspace>} Workspace
 */

import { attractAt, createAttractionWorkspace } from "./attraction.js";
import { reuse } from "./coords.js";
import { createInverseWorkspace, invertLattice } from "./inverse.js";
import { gridDistance } from "./measures.js";
import { createPicture } from "./picture.js";
import { sampleImage, unzoomImage } from "./resample.js";
import { createSaliencyWorkspace, saliencyAtNodes, saliencyOf } from "./saliency.js";
import {
  attractionOptions, hasPublishedInverse, publishedInverse, samplerWarp, takesSaliency, zoomedSize,
} from "./samplers.js";
import { densityMap, foldTiles, forwardGrid, jacobianGrid, magnification, uniformJacobian } from "./warp.js";

/** Buffers and caches of frames. */
export function createWorkspace() {
  /** @returns {Float64Array} */
  const floats = () => new Float64Array(0);
  return {
    saliency: createSaliencyWorkspace(),
    attraction: createAttractionWorkspace(),
    truth: createAttractionWorkspace(),
    inverse: createInverseWorkspace(),
    /** @type {{data: unknown, picture: Picture} | null} */
    kept: null,
    grid: floats(), jacobian: floats(), magnification: floats(), density: floats(), approximation: floats(),
    folds: /** @type {Uint8Array} */ (new Uint8Array(0)),
    colours: new Float32Array(0),
    zoomed: new Uint8ClampedArray(0),
    unzoomed: new Uint8ClampedArray(0),
  };
}

/**
 * @param {FrameState} state @param {FrameImage} image
 * @param {import("./saliency.js").SaliencySources} sources maps that are no part of the state
 * @param {Wanted} wanted @param {Workspace} workspace
 * @returns {Frame}
 */
export function computeFrame(state, image, sources, wanted, workspace) {
  /** @type {Record<string, number>} */
  const milliseconds = {};
  /** @template T @param {string} name @param {() => T} work @returns {T} */
  const timed = (name, work) => {
    const start = performance.now();
    const result = work();
    milliseconds[name] = performance.now() - start;
    return result;
  };
  /** @type {Size} */
  const source = [image.height, image.width];
  const zoomed = zoomedSize(state.width, source);
  const picture = timed("picture", () => pictureOf(image, state.sourceScale, workspace));
  const saliency = !takesSaliency(state.sampler) ? null
    : timed("saliency", () => saliencyOf(state, sources, state.nodes, source, workspace.saliency));
  const attracting = saliency && saliencyAtNodes(saliency, state.contrast, state.nodes, workspace.saliency);
  const warp = timed("warp", () => samplerWarp(state, attracting, zoomed, source, workspace.attraction));
  const grid = (workspace.grid = timed("grid", () => forwardGrid(warp, zoomed, workspace.grid)));
  const frame = { warp, zoomed, source, saliency, grid, picture, milliseconds };
  const views = readViews(state, frame, wanted, workspace, timed);
  return { ...frame, ...views, ...readOverlays(state, frame, attracting, wanted, workspace, timed) };
}

/** @param {FrameImage} image @param {number} scale @param {Workspace} workspace */
function pictureOf(image, scale, workspace) {
  if (workspace.kept?.data !== image.data || workspace.kept.picture.scale !== scale) {
    const picture = createPicture(image.data, [image.displayHeight, image.displayWidth], scale);
    workspace.kept = { data: image.data, picture };
  }
  return workspace.kept.picture;
}

/**
 * @param {FrameState} state
 * @param {Pick<Frame, "warp" | "zoomed" | "grid" | "picture">} frame
 * @param {Wanted} wanted @param {Workspace} workspace
 * @param {<T>(name: string, work: () => T) => T} timed
 */
function readViews(state, { warp, zoomed, grid, picture }, wanted, workspace, timed) {
  const none = { zoomedColours: null, zoomedPixels: null, inverse: null, unzoomedPixels: null };
  if (wanted.zoom === false && !wanted.unzoom) return none;
  const length = zoomed[0] * zoomed[1] * 4;
  const colours = (workspace.colours = reuse(workspace.colours, length, Float32Array));
  workspace.zoomed = reuse(workspace.zoomed, length, Uint8ClampedArray);
  timed("zoom", () => workspace.zoomed.set(sampleImage(picture, grid, zoomed, state.interpolation, colours)));
  const views = { ...none, zoomedColours: colours, zoomedPixels: workspace.zoomed };
  const size = wanted.unzoom;
  if (!size) return views;
  const inverse = timed("inverse", () => {
    const exact = invertLattice(warp, size, workspace.inverse);
    if (hasPublishedInverse(state)) publishedInverse(exact, size, warp.size);
    return exact;
  });
  workspace.unzoomed = reuse(workspace.unzoomed, size[0] * size[1] * 4, Uint8ClampedArray);
  const unzoomedPixels = timed("unzoom", () => unzoomImage(colours, zoomed, inverse, workspace.unzoomed));
  return { ...views, inverse, unzoomedPixels };
}

/**
 * @param {FrameState} state @param {Pick<Frame, "warp" | "zoomed" | "source" | "grid">} frame
 * @param {Float64Array | null} attracting @param {Wanted} wanted @param {Workspace} workspace
 * @param {<T>(name: string, work: () => T) => T} timed
 */
function readOverlays(state, { warp, zoomed, source, grid }, attracting, wanted, workspace, timed) {
  const overlays = {
    /** @type {Float64Array | null} */ jacobian: null,
    /** @type {Float64Array | null} */ magnification: null,
    /** @type {Uint8Array | null} */ folds: null,
    /** @type {Float64Array | null} */ density: null,
    /** @type {Float64Array | null} */ approximation: null,
  };
  if (wanted.jacobian) {
    timed("jacobian", () => {
      overlays.jacobian = workspace.jacobian = jacobianGrid(warp, zoomed, source, workspace.jacobian);
      const uniform = uniformJacobian(zoomed, source);
      overlays.magnification = magnification(overlays.jacobian, uniform, workspace.magnification);
      workspace.magnification = overlays.magnification;
    });
  }
  if (wanted.folds) overlays.folds = workspace.folds = timed("folds", () => foldTiles(warp, workspace.folds));
  const lattice = wanted.density;
  if (lattice) {
    overlays.density = workspace.density = timed("density", () => densityMap(grid, lattice, workspace.density));
  }
  if (wanted.approximation && attracting) {
    overlays.approximation = workspace.approximation = timed("approximation", () => {
      const [h, w] = state.nodes;
      const truth = attractAt(attracting, h, w, attractionOptions(state), zoomed, workspace.truth);
      return gridDistance(grid, truth, source, reuse(workspace.approximation, grid.length / 2, Float64Array));
    });
  }
  return overlays;
}
