// @ts-check
/**
 * From a frame to the renderer: which layers, on which lattice, with which colours and legends.
 *
 * @typedef {import("../rooms/warp/model.js").Frame} Frame
 * @typedef {import("./views.js").View} View
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("./renderer.js").Part} Part
 * @typedef {import("./colours.js").Palette} Palette
 * @typedef {import("../core/store.js").State} State
 * @typedef {import("./raster.js").Field} Field
 * @typedef {import("./legend.js").LayerName} LayerName
 */

import { handOf } from "../engine/saliency.js";
import { createInverseWorkspace, invertLattice } from "../engine/inverse.js";
import { aliasingLayer } from "./layers/aliasing.js";
import { displacements, longest } from "./layers/arrows.js";
import { holesLayer } from "./layers/holes.js";
import { foldTiles } from "../engine/warp.js";
import { DIFFERENCE_GAIN } from "./colours.js";
import { densityField, fieldSize, gridError, magnificationField, pulledBack, rangeField } from "./fields.js";
import { difference } from "./pixels.js";
import { pointStride } from "./raster.js";
import { partOf, pixelsOf } from "./renderer.js";
import { createUnzoom } from "./unzoom.js";
import { t } from "../core/text.js";

/** CSS pixels between drawn samples, on average: closer, and they would only cover the picture. */
const SPACING = 6;

/**
 * The saliency as a map over the image: what was painted, as fine as it was painted, else what the sampler takes.
 * @param {State} state as shown @param {Frame} frame
 * @returns {(Field & {low: number, high: number}) | null}
 */
function saliencyField(state, { saliency, asks }) {
  const { paint, strength } = state;
  if (handOf(state.saliency) === "paint" && asks) {
    return paint && { h: paint.h, w: paint.w, values: paint.data, low: 1, high: strength };
  }
  return saliency && rangeField(saliency.data, saliency.h, saliency.w);
}

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

  return {
    unzoom,
    renderer,

    /**
     * Layers over the source.
     * @param {View} view @param {Frame} frame @param {State} state @param {Palette} palette @param {number} ratio
     * @param {number} boxScale pixels of the read picture a source pixel
     * @param {Raster | null} numbers the picture whose values are written on large pixels
     * @returns {Partial<Record<LayerName, string>>} ranges for the legend
     */
    overlay(view, frame, state, palette, ratio, boxScale, numbers) {
      const image = { width: frame.source[1], height: frame.source[0] };
      const { heat, ranges } = heatOf(frame, state, palette, inverse);
      const [h, w] = frame.zoomed;
      const shown = { width: image.width * view.projection.scale, height: image.height * view.projection.scale };
      const stride = pointStride(h, w, shown.width, shown.height, SPACING);
      const { layers } = state;
      if (layers.points && stride > 1) ranges.points = t("layer.points.some", { count: stride * stride });
      if (layers.mesh) ranges.mesh = `${frame.warp.size[0]} × ${frame.warp.size[1]}`;
      const tiles = layers.folds ? foldTiles(frame.warp) : null;
      if (tiles) ranges.folds = String(tiles.reduce((sum, fold) => sum + fold, 0));
      const arrows = layers.arrows ? displacements(frame.warp, shown.width, shown.height) : null;
      if (arrows) ranges.arrows = longest(arrows, image);
      renderer.overlay(view, {
        arrows,
        image, heat, boxScale, numbers,
        points: layers.points ? { grid: frame.grid, h, w, stride } : null,
        mesh: layers.mesh ? frame.warp : null,
        folds: tiles && { warp: frame.warp, tiles },
        boxes: handOf(state.saliency) === "boxes" ? state.boxes : [],
      }, view.projection, ratio);
      return ranges;
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
      const { raster, valid } = unzoom(frame, part, nearest);
      const amount = new Float32Array(valid.length);
      const mean = difference(raster.data, sourceOn(levels, part).data, valid, amount);
      const pixels = new Uint32Array(raster.data.buffer);
      for (let k = 0; k < pixels.length; k++) {
        pixels[k] = valid[k] ? palette.difference[Math.min(255, Math.round(DIFFERENCE_GAIN * amount[k]))] : 0;
      }
      renderer.part(view, raster, part.place);
      return mean;
    },
  };
}

/** Four samples a cell: fewer, and the map would show the lattice. @param {readonly [number, number]} zoomed */
function densitySize(zoomed) {
  const [h, w] = fieldSize(zoomed);
  return /** @type {[number, number]} */ ([Math.max(2, h >> 1), Math.max(2, w >> 1)]);
}

/** @param {number} value */
const short = (value) => (value >= 10 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 2));

/**
 * The heat maps that are on, bottom first, and the texts of their legends.
 * @param {Frame} frame @param {State} state @param {Palette} palette
 * @param {import("../engine/inverse.js").InverseWorkspace} workspace
 */
function heatOf(frame, state, palette, workspace) {
  /** @type {{field: Field, table: Uint32Array}[]} */
  const heat = [];
  /** @type {Partial<Record<LayerName, string>>} */
  const ranges = {};
  const size = fieldSize(frame.source);
  const { layers } = state;
  const wanted = layers.jacobian || layers.approximation || layers.aliasing || layers.holes;
  const inverse = wanted ? invertLattice(frame.warp, size, workspace) : workspace.result;
  if (layers.density) {
    const field = densityField(frame.grid, frame.zoomed, densitySize(frame.zoomed));
    heat.push({ field, table: palette.density });
    ranges.density = `0–${short(field.high)}×`;
  }
  if (layers.jacobian) {
    const field = magnificationField(frame.warp, size, inverse);
    heat.push({ field, table: palette.magnification });
    ranges.jacobian = field.high > 0 ? `${short(field.low)}–${short(field.high)}×` : "";
  }
  if (layers.approximation && frame.attracting && Math.min(...frame.zoomed) > 1) {
    const map = gridError(frame, state.nodes);
    heat.push({ field: pulledBack(size, inverse, map), table: palette.error });
    ranges.approximation = t("layer.approximation.most", { most: short(map.most) });
  }
  if (layers.aliasing && Math.min(...frame.zoomed) > 1) {
    const { field, range } = aliasingLayer(frame, state.interpolation, size, inverse);
    heat.push({ field, table: palette.error });
    ranges.aliasing = range;
  }
  if (layers.holes) {
    const { field, table, range } = holesLayer(size, inverse);
    heat.push({ field, table });
    ranges.holes = range;
  }
  const asked = layers.saliency ? saliencyField(state, frame) : null;
  if (asked) {
    heat.push({ field: asked, table: palette.saliency });
    ranges.saliency = handOf(state.saliency) === "paint" ? `1–${short(asked.high)}×` : "min–max";
  }
  return { heat, ranges };
}
