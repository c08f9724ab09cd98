// @ts-check
/**
 * What one pane shows of one method: samples on the photograph, the zoomed image, the same brought back, labels,
 * errors, or the difference from the source. A pane has two such faces while it is split: pane A's on the
 * left of the line.
 *
 * @typedef {import("../../viewer/views.js").View} View
 * @typedef {import("../../viewer/frame.js").Frame} Frame
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("./planes.js").Planes} Planes
 * @typedef {import("./trees.js").Tree} Tree
 *
 * @typedef {object} Shown  what is known of a method
 * @property {Frame | null} frame
 * @property {Tree | null} tree
 * @property {Planes | null} planes
 * @property {import("../pipeline/found.js").Found | null} found  boxes
 */

import { h } from "../../kit/dom.js";
import { project } from "../../viewer/camera.js";
import { covering, createCover } from "../../viewer/cover.js";
import { classTable, coloured, errorTable } from "../../viewer/layers/own/labels.js";
import { lensOf } from "../../viewer/lens.js";
import { createPainter } from "../../viewer/painter.js";
import { createRenderer } from "../../viewer/renderer.js";
import { sizeCanvas } from "../../viewer/views.js";
import { createRasters } from "../pipeline/left.js";

/** CSS pixels between the drawn samples of a quadtree, on average. */
const SPACING = 6;
const OPACITY = 0.75;

/** Views that are labels. */
export const OF_LABELS = new Set(["labels", "errors"]);

/** A face: canvases, and who draws on them. @param {View} view */
export const createFace = (view) => ({ view, painter: createPainter(createRenderer()), cover: createCover(view),
  rasterOf: createRasters() });

/** @typedef {ReturnType<typeof createFace>} Face */

/** The second face of a pane: it lies over the first, cut off at the line. @param {View} view */
export function createGhost(view) {
  const image = h("canvas", { class: "lz-view-image", "aria-hidden": "true" });
  const overlay = h("canvas", { class: "lz-compare-over", "aria-hidden": "true" });
  const element = h("div", { class: "lz-compare-ghost", "aria-hidden": "true", hidden: true }, image, overlay);
  overlay.width = overlay.height = 1;
  view.marks.before(element);
  const face = createFace({ ...view, image, overlay });
  return {
    element,
    face,
    /** @param {number} share of the width */
    cut(share) {
      element.style.clipPath = `inset(0 ${(100 * (1 - share)).toFixed(2)}% 0 0)`;
      element.dataset.part = String(share);
    },
  };
}

/**
 * @param {import("./scene.js").CompareScene} scene @param {Face} face @param {Shown} shown @param {State} state
 * @param {boolean} photo  the photograph has to be drawn anew
 */
export function drawFace(scene, face, shown, state, photo) {
  drawMethod(scene, face, shown, state, photo);
  if (shown.found && state.comparedView !== "difference") drawFound(scene, face.view, shown.found, state);
}

/**
 * @param {import("./scene.js").CompareScene} scene @param {Face} face @param {Shown} shown @param {State} state
 * @param {boolean} photo @returns {unknown}
 */
function drawMethod(scene, face, shown, state, photo) {
  const { view } = face;
  const { comparedView } = state;
  const { frame, tree, planes } = shown;
  if (comparedView === "deformed" && frame) {
    const { camera, image } = lensOf(frame, scene.camera, view.box);
    view.projection = project(camera, view.box, image);
    face.cover.draw([], scene.ratio);
    face.painter.zoomed(view, frame, scene.ratio);
    return;
  }
  view.projection = project(scene.camera, view.box, scene.extent);
  const onPhoto = comparedView === "points" || OF_LABELS.has(comparedView) || (tree !== null && !frame);
  if (onPhoto && photo) drawPhoto(scene, face);
  if (OF_LABELS.has(comparedView)) return drawLabels(scene, face, planes, comparedView);
  if (tree && comparedView !== "points") return drawMosaic(scene, face, tree);
  face.cover.draw([], scene.ratio);
  if (comparedView === "points") return drawPoints(scene, face, shown, state);
  sizeCanvas(view.overlay, 1, 1);
  if (!frame) return view.image.toggleAttribute("hidden", true);
  const nearest = state.interpolation === "nearest";
  const ratio = scene.strokes.active() ? 1 : scene.ratio;
  if (comparedView === "difference") {
    face.painter.difference(view, frame, scene.picture?.levels ?? [], ratio, nearest, scene.palette);
  } else face.painter.unzoomed(view, frame, ratio, nearest);
}

/**
 * What boxes of a view show: their classes, or what became of them where that is known.
 * @param {State["comparedView"]} view @param {import("../pipeline/found.js").Found} found
 */
export const boxesShown = (view, found) => (found.true && view !== "labels" ? "error" : "labels");

/**
 * @param {import("./scene.js").CompareScene} scene @param {View} view
 * @param {import("../pipeline/found.js").Found} found @param {State} state
 */
function drawFound({ ratio, extent, live }, { overlay, box, projection }, found, { comparedView, foundScore }) {
  const space = comparedView === "deformed" ? "zoomed" : "source";
  const layer = found.layer(space, { shown: boxesShown(comparedView, found), score: foundScore },
    extent.width / (live.get().image?.width ?? extent.width), null);
  sizeCanvas(overlay, box.width * ratio, box.height * ratio);
  const pen = overlay.getContext("2d");
  if (!pen) return;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  layer.lines?.(pen, projection, extent);
}

/** @param {import("./scene.js").CompareScene} scene @param {Face} face */
function drawPhoto({ picture, palette, ratio }, { view, painter }) {
  painter.renderer.photo(view, picture?.levels ?? [], view.projection, ratio,
    { receded: true, brightness: palette.brightness });
}

/** @param {import("./scene.js").CompareScene} scene @param {Face} face @param {Shown} shown @param {State} state */
function drawPoints(scene, { view, painter }, { frame, tree }, state) {
  const { ratio, palette, extent } = scene;
  if (tree) {
    const { scale } = view.projection;
    const count = tree.sites.length / 2;
    const room = (extent.width * extent.height * scale ** 2) / SPACING ** 2;
    const dots = { grid: tree.sites, h: count, w: 1, stride: Math.max(1, Math.round(count / room)) };
    painter.renderer.overlay(view, { image: extent, drawn: [{ dots }], boxes: [], boxScale: 1, numbers: null },
      view.projection, ratio);
    return;
  }
  if (!frame) return sizeCanvas(view.overlay, 1, 1);
  const none = Object.fromEntries(Object.keys(state.layers).map((name) => [name, false]));
  const layers = /** @type {State["layers"]} */ ({ ...none, points: true, saliency: state.layers.saliency });
  const { image } = scene.live.get();
  const scale = image ? extent.width / image.width : 1;
  painter.overlay(view, frame, { ...state, layers }, palette, ratio, scale, null);
}

/**
 * @param {import("./scene.js").CompareScene} scene @param {Face} face @param {Planes | null} planes
 * @param {State["comparedView"]} what
 */
function drawLabels(scene, { view, cover, rasterOf }, planes, what) {
  sizeCanvas(view.overlay, 1, 1);
  const plane = what === "labels" ? planes?.labels : planes?.error;
  if (!planes || !plane) return cover.draw([], scene.ratio);
  const place = covering(view.projection, scene.extent);
  const { dark, well } = scene.palette;
  const raster = rasterOf(`${what} ${dark}`, plane, () => coloured(plane, what === "labels"
    ? classTable(planes.lines.map((line) => ({ ...line, share: 0 })), null)
    : errorTable(scene.token("--lz-wrong") || "#e5312b", well)));
  cover.draw([{ raster, place, within: place, opacity: what === "labels" ? OPACITY : 1 }], scene.ratio);
}

/** @param {import("./scene.js").CompareScene} scene @param {Face} face @param {Tree} tree */
function drawMosaic(scene, { view, cover }, { mosaic, levels, working }) {
  sizeCanvas(view.overlay, 1, 1);
  const { x, y, scale } = view.projection;
  const step = (scale * scene.extent.width * levels.stride) / working.w;
  const half = (scale * scene.extent.width) / working.w / 2;
  const place = { x: x + half - step / 2, y: y + half - step / 2, width: mosaic.width * step,
    height: mosaic.height * step };
  cover.draw([{ raster: mosaic, place, within: covering(view.projection, scene.extent), opacity: 1 }], scene.ratio);
}
