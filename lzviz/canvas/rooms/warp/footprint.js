// @ts-check
/** The source around the hovered pixel, its pixels as squares, with the sample's footprint and its taps by weight. */
import { h } from "../../kit/dom.js";
import { t } from "../../core/text.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("./readout.js").Hover} Hover
 */

/** Side of the part of the source, relative to the footprint, and its least. */
const MARGIN = 2.4;
const LEAST_PIXELS = 9;
/** More taps than this are drawn as lightened pixels: discs would hide what they read. */
const MANY = 80;

/**
 * The square of the source that is shown: its left and top (pixel edges) and its side in source pixels. The side grows
 * in steps, so that the picture does not breathe with the pointer.
 * @param {Hover} hover
 */
export function windowOf({ quad, source }) {
  const xs = quad.map(([x]) => x);
  const ys = quad.map(([, y]) => y);
  const extent = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const side = Math.max(LEAST_PIXELS, 2 ** (Math.ceil(2 * Math.log2(Math.max(extent, 1e-6) * MARGIN)) / 2));
  return { left: source[0] + 0.5 - side / 2, top: source[1] + 0.5 - side / 2, side };
}

/** @param {Context} context */
export function createFootprint({ live, root }) {
  const canvas = h("canvas", { class: "lz-footprint", role: "img",
    "aria-label": t("footprint.label") });
  const empty = h("p", { class: "lz-empty" }, t("footprint.empty"));
  const box = h("div", { class: "lz-footprint-box" }, canvas, empty);
  const pen = canvas.getContext("2d");
  /** The display level. @param {import("../../core/context.js").SourceImage} image */
  const pixels = ({ data, displayWidth: width, displayHeight: height }) => canvasOf({ data, width, height });

  function show() {
    const { hover, image } = live.get();
    empty.hidden = hover !== null;
    canvas.hidden = hover === null;
    if (!hover || !image || !pen) return;
    const { left, top, side } = windowOf(hover);
    const room = fit(canvas, pen, box);
    pen.imageSmoothingEnabled = false;
    const { scale } = image;
    pen.drawImage(pixels(image), left * scale, top * scale, side * scale, side * scale, 0, 0, room, room);
    const place = (/** @type {number} */ x, /** @type {number} */ y) => /** @type {[number, number]} */ (
      [((x + 0.5 - left) * room) / side, ((y + 0.5 - top) * room) / side]);
    if (hover.taps.length > MANY) drawShares(pen, hover.taps, place, room / side);
    else drawTaps(pen, hover.taps, place);
    const corners = hover.quad.map((/** @type {readonly number[]} */ [x, y]) => place(x, y));
    drawQuad(pen, corners, getComputedStyle(root).getPropertyValue("--lz-accent"));
  }
  new ResizeObserver(show).observe(box);
  return { element: box, show };
}

/** @type {WeakMap<object, HTMLCanvasElement>} by the pixels that they show */
const CANVASES = new WeakMap();

/** A raster as a canvas, made once. @param {import("../../viewer/pixels.js").Raster} raster */
export function canvasOf({ data, width, height }) {
  const known = CANVASES.get(data);
  if (known) return known;
  const made = h("canvas", { width, height });
  made.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
  CANVASES.set(data, made);
  return made;
}

/**
 * Gives the canvas the pixels of its box, cleared. @returns {number} side of the box, CSS pixels
 * @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D} pen @param {HTMLElement} box
 */
export function fit(canvas, pen, box) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const side = Math.max(1, box.clientWidth);
  const pixels = Math.round(side * ratio);
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, side, side);
  return side;
}

/** @param {CanvasRenderingContext2D} pen @param {[number, number][]} quad @param {string} accent */
export function drawQuad(pen, quad, accent) {
  pen.beginPath();
  quad.forEach(([x, y], at) => (at ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
  for (const [width, colour] of /** @type {const} */ ([[4, "#fff"], [2, accent]])) {
    Object.assign(pen, { lineWidth: width, strokeStyle: colour, lineJoin: "round" });
    pen.stroke();
  }
}

/**
 * Taps as discs whose area is their weight, relative to the heaviest.
 * @param {CanvasRenderingContext2D} pen @param {Hover["taps"]} taps
 * @param {(x: number, y: number) => [number, number]} place
 */
function drawTaps(pen, taps, place) {
  const heaviest = Math.max(...taps.map(({ weight }) => weight), 1e-9);
  const largest = taps.length > 9 ? 3 : 4.5;
  Object.assign(pen, { fillStyle: "#fff", strokeStyle: "rgba(0,0,0,.65)", lineWidth: 1 });
  for (const { x, y, weight } of taps) {
    const radius = largest * Math.sqrt(Math.max(0, weight) / heaviest);
    if (radius < 0.4) continue;
    pen.beginPath();
    pen.arc(...place(x, y), radius, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }
}

/**
 * Taps as pixels that are the lighter, the more they weigh.
 * @param {CanvasRenderingContext2D} pen @param {Hover["taps"]} taps
 * @param {(x: number, y: number) => [number, number]} place @param {number} size of a source pixel
 */
function drawShares(pen, taps, place, size) {
  const heaviest = Math.max(...taps.map(({ weight }) => weight), 1e-9);
  for (const { x, y, weight } of taps) {
    const [left, top] = place(x - 0.5, y - 0.5);
    pen.fillStyle = `rgb(255 255 255 / ${((0.6 * weight) / heaviest).toFixed(3)})`;
    pen.fillRect(left, top, size, size);
  }
}
