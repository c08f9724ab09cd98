// @ts-check
/**
 * Moments of a training: the learned map of one picture, from the first step to the last.
 *
 * @typedef {import("./scene.js").LearnedScene} LearnedScene
 * @typedef {import("../../viewer/views.js").View} View
 * @typedef {import("../../viewer/pixels.js").Raster} Raster
 */

import { decode } from "../../core/images.js";
import { FIT, project } from "../../viewer/camera.js";
import { latticeAxis } from "../../viewer/raster.js";
import { covering } from "../../viewer/cover.js";
import { meshOf } from "../../viewer/layers/mesh.js";
import { snapshotAt } from "./words.js";
import { picturePath } from "../../core/wire.js";

const SIDE = 960;

/**
 * A map in the colours of a table, from `low` to `high` of the whole training, so that moments can be compared.
 * @param {Float32Array} values @param {number} h @param {number} w @param {number} low @param {number} high
 * @param {Uint32Array} table
 * @returns {Raster}
 */
export function mapRaster(values, h, w, low, high, table) {
  const scale = high > low ? 255 / (high - low) : 0;
  const size = { width: 4 * w, height: 4 * h };
  const across = latticeAxis(size.width, 1, 0, size.width, w);
  const down = latticeAxis(size.height, 1, 0, size.height, h);
  const pixels = new Uint32Array(size.width * size.height);
  for (let i = 0; i < size.height; i++) {
    for (let j = 0; j < size.width; j++) {
      const [y, x, v, u] = [down.cell[i], across.cell[j], down.share[i], across.share[j]];
      const row = (/** @type {number} */ k) => (1 - u) * values[k * w + x] + u * values[k * w + Math.min(w - 1, x + 1)];
      const value = (1 - v) * row(y) + v * row(Math.min(h - 1, y + 1));
      pixels[i * size.width + j] = table[Math.round(Math.min(255, Math.max(0, (value - low) * scale)))];
    }
  }
  return { ...size, data: new Uint8ClampedArray(pixels.buffer) };
}

/**
 * @param {LearnedScene} scene @param {View} view
 * @param {ReturnType<typeof import("../../viewer/cover.js").createCover>} layer
 * @param {import("../../core/context.js").Context["host"]} host
 */
export function createTraining(scene, view, layer, host) {
  /** @type {{id: string, raster: Raster | null}} */
  let below = { id: "", raster: null };

  /** The picture that was looked at while training. @param {string} id */
  async function fetchPicture(id) {
    below = { id, raster: null };
    const answer = await host.transport.ask(picturePath(id));
    if (!answer.ok) return;
    const { width, height, data } = await decode(await answer.blob(), SIDE);
    below = { id, raster: { width, height, data } };
    scene.request("draw");
  }

  return {
    /** @param {boolean} on */
    show(on) {
      const { training } = scene.answers.get();
      if (!on) return;
      view.image.hidden = true;
      if (!training) return layer.draw([], scene.ratio);
      if (below.id !== training.picture) void fetchPicture(training.picture);
      const { steps, maps, h, w, low, high, kind } = training;
      const values = maps[snapshotAt(steps, scene.store.get().learnedStep)];
      const image = below.raster ?? { width: 16 * w, height: 16 * h };
      const p = project(FIT, view.box, image);
      const within = covering(p, image);
      const photo = below.raster ? [{ raster: below.raster, place: within, within, opacity: 0.55 }] : [];
      const map = kind === "saliency" ? [{ place: within, within, opacity: 1,
        raster: mapRaster(values, h, w, low, high, scene.palette.saliency) }] : [];
      layer.draw([...photo, ...map], scene.ratio);
      const size = /** @type {[number, number]} */ ([h, w]);
      const drawn = kind === "nodes" ? [meshOf({ nodes: Float64Array.from(values), size, separable: false })] : [];
      scene.renderer.overlay(view, { image, drawn, boxes: [], boxScale: 1, numbers: null }, p, scene.ratio);
    },
  };
}
