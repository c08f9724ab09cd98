// @ts-check
/** From a diagnosis to what is drawn: its grid as a warp, and the picture read through it. */
import { roundColours, sampleImage } from "../../engine/resample.js";
import { forwardGrid } from "../../engine/warp.js";
import { doublesFromBase64 } from "../../core/wire.js";

/**
 * @typedef {import("../../viewer/frame.js").Frame} Frame
 * @typedef {import("./words.js").Diagnosed} Diagnosed
 */

export function createFrames() {
  /** @type {Record<string, {key: string, picture: unknown, frame: Frame}>} */
  const kept = {};
  return {
    /**
     * @param {Diagnosed} diagnosis @param {import("../../engine/picture.js").Picture} picture
     * @param {string} slot keeps one frame
     * @returns {Frame | null} null where it is no grid
     */
    of(diagnosis, picture, slot) {
      const { grid, zoomed, id, applied } = diagnosis;
      if (!grid || !zoomed) return null;
      const key = JSON.stringify([id, applied, zoomed, grid.nodes.length, grid.nodes.slice(0, 64)]);
      const before = kept[slot];
      if (before?.key === key && before.picture === picture) return before.frame;
      const frame = frameOf(grid, zoomed, picture);
      kept[slot] = { key, picture, frame };
      return frame;
    },
  };
}

/**
 * @param {import("../../schema/contract.js").Lattice} lattice @param {readonly number[]} zoomed (h, w)
 * @param {import("../../engine/picture.js").Picture} picture
 * @returns {Frame}
 */
export function frameOf(lattice, zoomed, picture) {
  const size = /** @type {[number, number]} */ ([...zoomed]);
  const warp = { nodes: doublesFromBase64(lattice.nodes), separable: false, tolerance: lattice.tolerance,
    size: /** @type {[number, number]} */ ([...lattice.nodesSize]) };
  const grid = forwardGrid(warp, size);
  const colours = sampleImage(picture, grid, size, "bilinear");
  const data = new Uint8ClampedArray(colours.length);
  roundColours(colours, data);
  return /** @type {any} */ ({ warp, zoomed: size, source: picture.size, grid, colours,
    image: { width: size[1], height: size[0], data }, saliency: null, attracting: null, asks: false, python: true,
    waiting: false, faulty: null, warpMs: 0, zoomMs: 0, options: {} });
}
