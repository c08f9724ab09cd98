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
 *
 * @typedef {object} OverlayScene what lies over the source; null = off
 * @property {{width: number, height: number}} image  extent of the source
 * @property {readonly import("./layers.js").Drawn[]} drawn  of layers, bottom first: maps, then dots, then lines
 * @property {readonly (readonly number[])[]} boxes
 * @property {number} boxScale     display pixels a source pixel of the boxes
 * @property {Raster | null} numbers  the pixels whose values are written where there is room
 *
 * @typedef {object} Renderer
 * @property {(view: View, levels: readonly Raster[], projection: Projection, ratio: number, look: Look) => void} photo
 * @property {(view: Pick<View, "overlay" | "box">, scene: OverlayScene, projection: Projection, ratio: number) =>
 *   void} overlay
 * @property {(view: View, image: Raster, projection: Projection) => void} pixels   a whole image, enlarged by style
 * @property {(view: View, image: Raster, place: Place) => void} part  of an image, alpha 0 where it has no value
 * @property {(view: View, image: Raster, projection: Projection, ratio: number) => void} numbers
 *
 * @typedef {{receded: boolean, brightness: number}} Look
 * @typedef {{x: number, y: number, width: number, height: number}} Place in the frame, CSS pixels
 */

import { visibleEdges } from "./camera.js";
import { areaResize, crop, recede } from "./pixels.js";
import { createDot, drawHeat, drawPoints } from "./raster.js";
import { drawBoxes, drawNumbers, NUMBERS_FROM } from "./vectors.js";
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

/** All of an image in its own pixels. @param {{width: number, height: number}} image @returns {Part} */
export const whole = ({ width, height }) => ({ edges: { x0: 0, y0: 0, x1: width, y1: height }, width, height,
  whole: true, place: { x: 0, y: 0, width, height } });

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

/**
 * The photograph of a part, paler where something is to stand out on it.
 * @param {readonly Raster[]} levels @param {Part} part @param {Look} look
 */
export function photoOf(levels, part, { receded, brightness }) {
  const raster = pixelsOf(levels, part);
  return receded ? recede(raster, SATURATION, brightness) : raster;
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
    photo(view, levels, projection, ratio, look) {
      const part = partOf(levels[0], projection, view.box, ratio);
      view.image.toggleAttribute("hidden", part === null);
      if (!part) return;
      put(view.image, photoOf(levels, part, look));
      placeCanvas(view.image, part.place);
    },

    overlay(view, scene, projection, ratio) {
      const canvas = view.overlay;
      sizeCanvas(canvas, view.box.width * ratio, view.box.height * ratio);
      const target = surfaceOf(canvas.width, canvas.height);
      const device = { scale: projection.scale * ratio, x: projection.x * ratio, y: projection.y * ratio };
      for (const { heat } of scene.drawn) if (heat) drawHeat(target, device, scene.image, heat.field, heat.table);
      for (const { dots } of scene.drawn) {
        if (!dots) continue;
        const { grid, h, w, stride } = dots;
        drawPoints(target, device, scene.image, grid, h, w, stride, dotFor(ratio, target.width));
      }
      const context = pen(canvas);
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.putImageData(surface, 0, 0);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      if (scene.numbers) drawNumbers(context, projection, view.box, scene.numbers);
      drawLines(context, scene, projection);
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
}

/**
 * What of an overlay is lines. @param {import("./layers.js").Pen} pen @param {Omit<OverlayScene, "numbers">} scene
 * @param {Projection} p
 */
export function drawLines(pen, { drawn, image, boxes, boxScale }, p) {
  for (const { lines } of drawn) lines?.(pen, p, image);
  drawBoxes(pen, p, boxes, boxScale);
}
