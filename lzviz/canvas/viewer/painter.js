// @ts-check
/**
 * From a frame to the renderer: which layers, on which lattice, with which colours and legends.
 *
 * @typedef {import("./frame.js").Frame} Frame
 * @typedef {import("./views.js").View} View
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("./renderer.js").Part} Part
 * @typedef {import("./colours.js").Palette} Palette
 * @typedef {import("../core/store.js").State} State
 */

import { handOf } from "../engine/saliency.js";
import { createInverseWorkspace, invertLattice } from "../engine/inverse.js";
import { DIFFERENCE_GAIN } from "./colours.js";
import { fieldSize } from "./fields.js";
import { drawLayers } from "./layers.js";
import { difference } from "./pixels.js";
import { partOf, pixelsOf } from "./renderer.js";
import { createUnzoom } from "./unzoom.js";

/** @param {import("./renderer.js").Renderer} renderer */
export function createPainter(renderer) {
  const back = createUnzoom();
  const inverse = createInverseWorkspace();
  /** @type {{key: string, levels: readonly Raster[], raster: Raster} | null} */
  let truth = null;

  /** @type {Map<number, Uint8ClampedArray<ArrayBuffer>>} by length: frames of one size share theirs */
  const buffers = new Map();

  /** @param {number} length */
  function bufferOf(length) {
    const known = buffers.get(length);
    if (known) return known;
    if (buffers.size > 3) buffers.clear();
    const made = new Uint8ClampedArray(length);
    buffers.set(length, made);
    return made;
  }

  /**
   * The unzoomed image on the lattice of a part; its pixels are overwritten by the next call.
   * @param {Frame} frame @param {Part} part @param {boolean} nearest
   * @returns {{raster: Raster, valid: Uint8Array}}
   */
  function unzoom(frame, part, nearest) {
    const { edges, width, height } = part;
    const [dx, dy] = [(edges.x1 - edges.x0) / width / 2, (edges.y1 - edges.y0) / height / 2];
    const window = { x0: edges.x0 + dx - 0.5, y0: edges.y0 + dy - 0.5,
      x1: edges.x1 - dx - 0.5, y1: edges.y1 - dy - 0.5 };
    const data = bufferOf(width * height * 4);
    const { valid } = back.image(frame, [height, width], window, data, nearest);
    return { raster: { width, height, data }, valid };
  }

  /**
   * The source on the lattice of a part, kept while neither changes.
   * @param {readonly Raster[]} levels @param {Part} part
   */
  function sourceOn(levels, part) {
    const key = JSON.stringify([part.edges, part.width, part.height]);
    if (truth?.key !== key || truth.levels !== levels) truth = { key, levels, raster: pixelsOf(levels, part) };
    return truth.raster;
  }

  /**
   * |unzoomed - source| on a part, and its mean over what is valid.
   * @param {Part} part @param {Frame} frame @param {readonly Raster[]} levels @param {boolean} nearest
   * @param {Palette} palette
   */
  function differenceOn(part, frame, levels, nearest, palette) {
    const { raster, valid } = unzoom(frame, part, nearest);
    const amount = new Float32Array(valid.length);
    const mean = difference(raster.data, sourceOn(levels, part).data, valid, amount);
    const pixels = new Uint32Array(raster.data.buffer);
    for (let k = 0; k < pixels.length; k++) {
      pixels[k] = valid[k] ? palette.difference[Math.min(255, Math.round(DIFFERENCE_GAIN * amount[k]))] : 0;
    }
    return { raster, mean };
  }

  /** @param {Frame} frame @param {State} state @param {Palette} palette @param {number} scale @param {boolean} every */
  function layersOf(frame, state, palette, scale, every = false) {
    const image = extentOf(frame);
    const size = fieldSize(frame.source);
    /** @type {import("../engine/inverse.js").Inverse | null} */
    let found = null;
    const back = () => ({ size, inverse: found ??= invertLattice(frame.warp, size, inverse) });
    return drawLayers({ frame, state, palette, image, every, back,
      size: { width: image.width * scale, height: image.height * scale } }, state.layers);
  }

  return {
    unzoom,
    differenceOn,
    renderer,

    /**
     * Layers over the source.
     * @param {View} view @param {Frame} frame @param {State} state @param {Palette} palette @param {number} ratio
     * @param {number} boxScale pixels of the read picture a source pixel
     * @param {Raster | null} numbers the picture whose values are written on large pixels
     * @param {readonly import("./layers.js").Drawn[]} [more] above the layers
     * @returns {Record<string, string>} ranges for the legend
     */
    overlay(view, frame, state, palette, ratio, boxScale, numbers, more = []) {
      const { drawn, ranges } = layersOf(frame, state, palette, view.projection.scale);
      const scene = { image: extentOf(frame), drawn: [...drawn, ...more], boxScale, numbers, boxes: boxesOf(state) };
      renderer.overlay(view, scene, view.projection, ratio);
      return ranges;
    },

    /**
     * The same on all of the source, for a file.
     * @param {Frame} frame @param {State} state @param {Palette} palette @param {number} boxScale as above
     * @param {number} ratio pixels of the file a CSS pixel
     */
    inFile(frame, state, palette, boxScale, ratio) {
      const { drawn } = layersOf(frame, state, palette, 1 / ratio, true);
      return { image: extentOf(frame), drawn, boxScale, numbers: null, boxes: boxesOf(state) };
    },

    /** @param {View} view @param {Frame} frame @param {number} ratio */
    zoomed(view, frame, ratio) {
      renderer.pixels(view, frame.image, view.projection);
      renderer.numbers(view, frame.image, view.projection, ratio);
    },

    /**
     * @param {View} view @param {Frame} frame @param {number} ratio screen pixels of the lattice a CSS pixel
     * @param {boolean} nearest
     */
    unzoomed(view, frame, ratio, nearest) {
      const part = partOf({ width: frame.source[1], height: frame.source[0] }, view.projection, view.box, ratio);
      if (part) renderer.part(view, unzoom(frame, part, nearest).raster, part.place);
    },

    /**
     * |unzoomed - source| in the colours of its scale.
     * @param {View} view @param {Frame} frame @param {readonly Raster[]} levels @param {number} ratio
     * @param {boolean} nearest @param {Palette} palette
     * @returns {number} mean over what is in sight, grey levels
     */
    difference(view, frame, levels, ratio, nearest, palette) {
      const part = partOf(levels[0], view.projection, view.box, ratio);
      if (!part) return 0;
      const { raster, mean } = differenceOn(part, frame, levels, nearest, palette);
      renderer.part(view, raster, part.place);
      return mean;
    },
  };
}
/** @param {Frame} frame */
const extentOf = ({ source: [height, width] }) => ({ width, height });

/** @param {State} state */
const boxesOf = ({ saliency, boxes }) => (handOf(saliency) === "boxes" ? boxes : []);
