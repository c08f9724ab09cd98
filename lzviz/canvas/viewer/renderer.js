// @ts-check
/**
 * The drawing interface of the stage, and its implementation with typed arrays and Canvas2D.
 *
 * Everything that reaches a screen passes through here. The photograph is a layer of its own that is redrawn only when
 * the camera, the picture or the theme changes; what a stroke changes lies on a transparent canvas above it. The
 * zoomed image keeps its true size and is enlarged by the style sheet.
 *
 * @typedef {import("./views.js").View} View
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("./camera.js").Projection} Projection
 * @typedef {import("./colours.js").Palette} Palette
 * @typedef {import("./raster.js").Field} Field
 * @typedef {import("../engine/coords.js").Warp} Warp
 *
 * @typedef {object} OverlayScene what lies over the source; null = off
 * @property {{width: number, height: number}} image  extent of the source
 * @property {{grid: Float64Array, h: number, w: number, stride: number} | null} points
 * @property {Warp | null} mesh
 * @property {{warp: Warp, tiles: Uint8Array} | null} folds
 * @property {Float64Array | null} [arrows]  pairs of places
 * @property {readonly {field: Field, table: Uint32Array}[]} heat  bottom first
 * @property {readonly (readonly number[])[]} boxes
 * @property {number} boxScale     display pixels a source pixel of the boxes
 * @property {Raster | null} numbers  the pixels whose values are written where there is room
 *
 * @typedef {object} Renderer
 * @property {(view: View, levels: readonly Raster[], projection: Projection, ratio: number, look: Look) => void} photo
 * @property {(view: View, scene: OverlayScene, projection: Projection, ratio: number) => void} overlay
 * @property {(view: View, image: Raster, projection: Projection) => void} pixels   a whole image, enlarged by style
 * @property {(view: View, image: Raster, place: Place) => void} part  of an image, alpha 0 where it has no value
 * @property {(view: View, image: Raster, projection: Projection, ratio: number) => void} numbers
 *
 * @typedef {{receded: boolean, brightness: number}} Look
 * @typedef {{x: number, y: number, width: number, height: number}} Place in the frame, CSS pixels
 */

import { visibleEdges } from "./camera.js";
import { drawArrows } from "./layers/arrows.js";
import { areaResize, crop, recede } from "./pixels.js";
import { createDot, drawHeat, drawPoints } from "./raster.js";
import { drawBoxes, drawFolds, drawMesh, drawNumbers, NUMBERS_FROM } from "./vectors.js";
import { placeCanvas, sizeCanvas } from "./views.js";

const SATURATION = 0.5;

/** @param {HTMLCanvasElement} canvas */
function pen(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no 2D canvas: close other tabs that draw, then reload");
  return context;
}

/** @param {HTMLCanvasElement} canvas @param {Raster} image */
function put(canvas, image) {
  sizeCanvas(canvas, image.width, image.height);
  pen(canvas).putImageData(new ImageData(image.data, image.width, image.height), 0, 0);
}

/**
 * The lattice on which a frame shows its part of an image: whole image pixels where they are larger than the
 * screen's, else the screen's pixels.
 * @typedef {{edges: import("./pixels.js").Edges, width: number, height: number, whole: boolean, place: Place}} Part
 * @param {{width: number, height: number}} image @param {Projection} projection
 * @param {{width: number, height: number}} box @param {number} ratio screen pixels a CSS pixel
 * @returns {Part | null} null where nothing is in sight
 */
export function partOf(image, projection, box, ratio) {
  const seen = visibleEdges(projection, box, image);
  if (!(seen.x1 > seen.x0 && seen.y1 > seen.y0)) return null;
  const scale = projection.scale * ratio;
  const whole = scale >= 1;
  const edges = whole
    ? { x0: Math.floor(seen.x0), y0: Math.floor(seen.y0), x1: Math.ceil(seen.x1), y1: Math.ceil(seen.y1) } : seen;
  const count = (/** @type {number} */ extent) => Math.max(1, Math.round(extent * (whole ? 1 : scale)));
  const { x, y, scale: zoom } = projection;
  const place = { x: x + edges.x0 * zoom, y: y + edges.y0 * zoom,
    width: (edges.x1 - edges.x0) * zoom, height: (edges.y1 - edges.y0) * zoom };
  return { edges, width: count(edges.x1 - edges.x0), height: count(edges.y1 - edges.y0), whole, place };
}

/**
 * The pixels of a part: cut out where they are whole, else an exact area average.
 * @param {readonly Raster[]} levels level k is 2^-k of the image @param {Part} part
 * @returns {Raster}
 */
export function pixelsOf(levels, { edges, width, height, whole }) {
  if (whole) return crop(levels[0], edges);
  const wanted = width / (edges.x1 - edges.x0);
  const k = Math.min(levels.length - 1, Math.max(0, Math.floor(-Math.log2(wanted))));
  const share = 2 ** -k;
  const { x0, y0, x1, y1 } = edges;
  return areaResize(levels[k], { x0: x0 * share, y0: y0 * share, x1: x1 * share, y1: y1 * share }, width, height);
}

/** @returns {Renderer} */
export function createRenderer() {
  let surface = new ImageData(1, 1);
  let pixels = new Uint32Array(surface.data.buffer);
  let dot = createDot(1, 1, 1);
  let dotRatio = 0;

  /** A cleared surface of the size. @param {number} width @param {number} height */
  function surfaceOf(width, height) {
    if (surface.width !== width || surface.height !== height) {
      surface = new ImageData(width, height);
      pixels = new Uint32Array(surface.data.buffer);
    } else pixels.fill(0);
    return { width, height, pixels };
  }

  /** @param {number} ratio @param {number} width of the surface */
  function dotFor(ratio, width) {
    if (dotRatio !== ratio || dot.width !== width) dot = createDot(0.25 + 0.6 * ratio, 0.3 + 0.45 * ratio, width);
    dotRatio = ratio;
    return dot;
  }

  return {
    photo(view, levels, projection, ratio, { receded, brightness }) {
      const part = partOf(levels[0], projection, view.box, ratio);
      view.image.toggleAttribute("hidden", part === null);
      if (!part) return;
      const raster = pixelsOf(levels, part);
      if (receded) recede(raster, SATURATION, brightness);
      put(view.image, raster);
      placeCanvas(view.image, part.place);
    },

    overlay(view, scene, projection, ratio) {
      const canvas = view.overlay;
      sizeCanvas(canvas, view.box.width * ratio, view.box.height * ratio);
      const target = surfaceOf(canvas.width, canvas.height);
      const device = { scale: projection.scale * ratio, x: projection.x * ratio, y: projection.y * ratio };
      for (const { field, table } of scene.heat) drawHeat(target, device, scene.image, field, table);
      if (scene.points) {
        const { grid, h, w, stride } = scene.points;
        drawPoints(target, device, scene.image, grid, h, w, stride, dotFor(ratio, target.width));
      }
      const context = pen(canvas);
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.putImageData(surface, 0, 0);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      drawLines(context, view, scene, projection);
    },

    pixels(view, image, projection) {
      put(view.image, image);
      const { x, y, scale } = projection;
      placeCanvas(view.image, { x, y, width: image.width * scale, height: image.height * scale });
    },

    part(view, image, place) {
      put(view.image, image);
      placeCanvas(view.image, place);
    },

    numbers(view, image, projection, ratio) {
      const wanted = projection.scale >= NUMBERS_FROM;
      if (!wanted && view.overlay.width === 1) return;
      sizeCanvas(view.overlay, wanted ? view.box.width * ratio : 1, wanted ? view.box.height * ratio : 1);
      if (!wanted) return;
      const context = pen(view.overlay);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, view.box.width, view.box.height);
      drawNumbers(context, projection, view.box, image);
    },
  };

  /** @param {CanvasRenderingContext2D} context @param {View} view @param {OverlayScene} scene @param {Projection} p */
  function drawLines(context, view, scene, p) {
    if (scene.numbers) drawNumbers(context, p, view.box, scene.numbers);
    if (scene.mesh) drawMesh(context, p, scene.image, scene.mesh);
    if (scene.arrows) drawArrows(context, p, scene.image, scene.arrows);
    if (scene.folds) drawFolds(context, p, scene.image, scene.folds.warp, scene.folds.tiles);
    if (scene.boxes.length) drawBoxes(context, p, scene.boxes, scene.boxScale);
  }
}
