// @ts-check
/**
 * Views as files, made by the browser: what is drawn on the screen, by the same layers and the same renderer.
 *
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("./renderer.js").OverlayScene} OverlayScene
 *
 * @typedef {object} Picture
 * @property {Raster} raster
 * @property {string} title    its sentence
 * @property {{raster: Raster, opacity: number} | null} [cover]  from edge to edge of it, below what lies on it
 * @property {OverlayScene | null} [overlay]  what lies on it
 * @property {number} [ratio]  pixels of the file a CSS pixel of lines and dots
 */

import { described } from "./png.js";
import { createRenderer, drawLines } from "./renderer.js";
import { createSvgPen, svgDots, svgText } from "./svg.js";

/** Lines and dots are made for pictures of this size; on larger ones they grow with them. */
export const SIDE = 1024;

/** @param {Raster} raster */
function canvasOf({ width, height, data }) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  penOf(canvas).putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas */
function penOf(canvas) {
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser gives no 2D canvas: close other tabs that draw, then try again");
  return pen;
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
function encode(canvas) {
  return new Promise((done, fail) => canvas.toBlob((blob) =>
    (blob ? done(blob) : fail(new Error("the browser could not write the PNG; the picture may be too large")))));
}

/**
 * A view as it stands on the screen: its canvases over each other, at screen resolution.
 * @param {import("./views.js").View} view @param {number} ratio screen pixels a CSS pixel
 */
export function screenshot({ box, frame }, ratio) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: Math.round(box.width * ratio), height: Math.round(box.height * ratio) });
  const pen = penOf(canvas);
  pen.imageSmoothingEnabled = false;
  const corner = frame.getBoundingClientRect();
  for (const layer of frame.querySelectorAll("canvas")) {
    const { left, top, width, height } = layer.getBoundingClientRect();
    const over = layer.parentElement === frame ? null : layer.parentElement;
    if (layer.hidden || over?.hidden || layer.width <= 1) continue;
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, canvas.width * Number(over?.dataset.part ?? 1), canvas.height);
    pen.clip();
    pen.drawImage(layer, ratio * (left - corner.left), ratio * (top - corner.top), ratio * width, ratio * height);
    pen.restore();
  }
  return encode(canvas);
}

/**
 * A picture and what covers it.
 * @param {Raster} raster @param {Picture["cover"]} cover
 */
function covered(raster, cover) {
  const canvas = canvasOf(raster);
  if (!cover) return canvas;
  const pen = penOf(canvas);
  pen.globalAlpha = cover.opacity;
  pen.imageSmoothingEnabled = raster.width < cover.raster.width; // nearest above 1:1, as on the screen
  pen.drawImage(canvasOf(cover.raster), 0, 0, raster.width, raster.height);
  pen.globalAlpha = 1;
  return canvas;
}

/**
 * What lies on a picture as a canvas of its pixels.
 * @param {Raster} raster @param {OverlayScene} overlay @param {number} ratio
 */
function laidOver(raster, overlay, ratio) {
  const canvas = document.createElement("canvas");
  const box = { width: raster.width / ratio, height: raster.height / ratio };
  createRenderer().overlay({ overlay: canvas, box }, overlay, { scale: 1 / ratio, x: 0, y: 0 }, ratio);
  return canvas;
}

/** @param {Picture} picture @returns {Promise<Blob>} */
export async function png({ raster, title, cover = null, overlay = null, ratio = 1 }) {
  const canvas = covered(raster, cover);
  if (overlay) penOf(canvas).drawImage(laidOver(raster, overlay, ratio), 0, 0);
  return described(await encode(canvas), title);
}

/**
 * Maps become pixels of the picture; dots and lines stay what they are.
 * @param {Picture} picture
 */
export function svg({ raster, title, cover = null, overlay = null, ratio = 1 }) {
  const canvas = covered(raster, cover);
  const elements = [];
  if (overlay) {
    const maps = overlay.drawn.flatMap(({ heat }) => (heat ? [{ heat }] : []));
    penOf(canvas).drawImage(laidOver(raster, { ...overlay, drawn: maps, boxes: [] }, ratio), 0, 0);
    const projection = { scale: 1 / ratio, x: 0, y: 0 };
    for (const { dots } of overlay.drawn) if (dots) elements.push(...svgDots(dots, projection, overlay.image));
    const pen = createSvgPen();
    drawLines(pen, overlay, projection);
    elements.push(...pen.elements());
  }
  const text = svgText(raster, canvas.toDataURL("image/png"), { title, elements, ratio });
  return new Blob([text], { type: "image/svg+xml" });
}
