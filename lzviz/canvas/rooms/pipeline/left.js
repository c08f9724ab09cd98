// @ts-check
/**
 * The source: photograph, and over it the map, labels, errors or features, and the samples.
 *
 * @typedef {import("./scene.js").LearnedScene} LearnedScene
 * @typedef {import("./answer.js").Plane} Plane
 * @typedef {import("../../viewer/pixels.js").Raster} Raster
 */

import { levelColours } from "../../viewer/layers/own/quadtree.js";
import { rangeField } from "../../viewer/fields.js";
import { meshOf } from "../../viewer/layers/mesh.js";
import { dotsOf } from "../../viewer/layers/points.js";
import { pack } from "../../viewer/colours.js";
import { cornerAligned, covering, createCover } from "../../viewer/cover.js";
import { createLayers } from "./layers.js";
import { classTable, coloured, errorsOf, errorTable } from "../../viewer/layers/own/labels.js";

/** CSS pixels between drawn samples, on average: on the photograph, and on colours that mean something. */
const SPACING = { photo: 6, cover: 9 };

/** What shows boxes. @type {readonly string[]} */
export const BOXES = ["labels", "error", "truth"];

/** @param {import("./answer.js").Heat} heat */
export const fieldOf = ({ values, h, w }) => rangeField(values, h, w);

/** Rasters of planes, made once for what they show. */
export function createRasters() {
  /** @type {Map<string, {plane: Plane, raster: Raster}>} */
  const kept = new Map();
  /** @param {string} key @param {Plane} plane @param {() => Raster} make */
  return (key, plane, make) => {
    const known = kept.get(key);
    if (known?.plane === plane) return known.raster;
    if (kept.size > 7) kept.clear();
    const raster = make();
    kept.set(key, { plane, raster });
    return raster;
  };
}

/** @param {LearnedScene} scene */
export function createLeft(scene) {
  const layer = createCover(scene.views.source);
  const rasterOf = createRasters();
  const layersOf = createLayers(scene);

  /** What covers the picture. @returns {{raster: Raster, opacity: number, place?: any} | null} */
  function cover(shown = scene.shown.left) {
    const { room, chosen, views: { source }, extent } = scene;
    const { learnedOpacity } = scene.store.get();
    if (!room) return null;
    const labels = (/** @type {string} */ key, /** @type {Plane} */ plane) => ({ opacity: learnedOpacity,
      raster: rasterOf(`${key} ${chosen}`, plane, () => coloured(plane, classTable(room.classes, chosen))) });
    if (room.found && shown !== "features") return null;
    switch (shown) {
      case "labels": return room.labels && labels("labels", room.labels);
      case "truth": return room.truth && labels("truth", room.truth.labels);
      case "error": return room.truth && { opacity: 1, raster: errors(room.truth) };
      case "features": {
        const raster = scene.answers.get().features?.unzoomed;
        return raster ? { raster, opacity: 1, place: cornerAligned(source.projection, extent, raster) } : null;
      }
      case "saliency": return room.levels && levelsOver(scene, room.levels);
      default: return null;
    }
  }

  /** @param {import("./answer.js").Truth} truth */
  function errors(truth) {
    const { room, chosen, palette } = scene;
    const table = errorTable(scene.token("--lz-wrong") || "#e5312b", palette.well);
    const { labels } = /** @type {import("./answer.js").Room} */ (room);
    if (!labels) return rasterOf("error", truth.error, () => coloured(truth.error, table));
    return rasterOf(`error ${chosen} ${palette.dark}`, truth.error, () =>
      coloured(errorsOf(truth.error, labels, truth.labels, chosen), table));
  }

  /** What is asked for: painted by hand while a hand is at work, else what the sampler takes. */
  function heat() {
    const { room, strokes, palette } = scene;
    const painted = strokes.active() ? scene.painted() : null;
    if (painted) return [{ heat: { field: painted, table: palette.saliency } }];
    if (scene.shown.left !== "saliency" || !room?.saliency) return [];
    return [{ heat: { field: fieldOf(room.saliency), table: palette.saliency } }];
  }

  /**
   * Samples and mesh where they are on.
   * @param {import("../../viewer/cover.js").Extent} within CSS pixels @param {number} spacing
   */
  function lines(within, spacing, shown = scene.shown.left) {
    const { room } = scene;
    const { layers, foundScore } = scene.store.get();
    const mesh = layers.mesh ? room?.warp ?? null : null;
    const points = layers.points && room?.grid && room.zoomed ? [dotsOf(room.grid, room.zoomed, within, spacing)] : [];
    const boxes = room?.found && BOXES.includes(shown) ? [room.found.layer("source", { shown, score: foundScore },
      scene.extent.width / room.picture.width, scene.chosen)] : [];
    return { points, boxes, grid: mesh ? [meshOf(mesh)] : [],
      wanted: mesh && room?.wanted ? [meshOf(room.wanted, scene.token("--lz-saliency"))] : [] };
  }

  return {
    /**
     * A cover for a file, with the samples and the mesh that are on.
     * @param {typeof scene.shown.left} shown @param {number} ratio pixels of the file a CSS pixel
     */
    inFile(shown, ratio) {
      const { extent } = scene;
      const part = cover(shown);
      const within = { width: extent.width / ratio, height: extent.height / ratio };
      const { points, grid, wanted, boxes } = lines(within, SPACING.cover, shown);
      const drawn = [...points, ...grid, ...wanted, ...boxes];
      return { cover: part, overlay: { image: extent, drawn, boxes: [], boxScale: 1, numbers: null } };
    },

    draw() {
      const { views: { source: view }, extent, ratio, live } = scene;
      const bare = live.get().uniform; // Space is held
      const part = bare ? null : cover();
      const maps = bare ? [] : heat();
      const within = covering(view.projection, extent);
      const { points, grid, wanted, boxes } = bare ? { points: [], grid: [], wanted: [], boxes: [] }
        : lines(within, part ? SPACING.cover : SPACING.photo);
      const more = bare ? { drawn: [], ranges: {} } : layersOf();
      const receded = Boolean(more.drawn.length || part || maps.length || points.length || grid.length);
      scene.renderer.photo(view, scene.picture?.levels ?? [], view.projection, ratio,
        { receded, brightness: scene.palette.brightness });
      layer.draw(part ? [{ place: within, ...part, within }] : [], ratio);
      const drawn = [...maps, ...more.drawn, ...points, ...grid, ...wanted, ...boxes];
      scene.renderer.overlay(view, { image: extent, drawn, boxes: [], boxScale: 1, numbers: null }, view.projection,
        ratio);
      scene.legend.ranges({ points: points[0]?.range ?? "", mesh: grid[0]?.range ?? "", ...more.ranges });
    },
  };
}

/**
 * The quadtree, a colour a level.
 * @param {LearnedScene} scene @param {NonNullable<import("./answer.js").Room["levels"]>} levels
 */
function levelsOver(scene, { h, w, stride, data }) {
  const { room, palette, extent, views: { source: { projection } } } = scene;
  const depth = data.reduce((a, b) => Math.max(a, b), 0);
  const table = new Uint32Array(256);
  levelColours({ saliency: scene.token("--lz-saliency"), well: palette.well }, depth).forEach(([r, g, b, alpha], k) => {
    table[k] = pack([r, g, b], Math.min(1, 1.5 * alpha));
  });
  const cell = (stride * extent.width * projection.scale) / (room?.working.w ?? extent.width);
  const place = { x: projection.x, y: projection.y, width: w * cell, height: h * cell };
  return { raster: coloured({ width: w, height: h, data }, table), opacity: 1, place };
}
