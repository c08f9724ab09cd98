// @ts-check
/**
 * The frames of the stage: a title row, and below it canvases and marks in a box of fixed size.
 *
 * @typedef {import("./camera.js").Projection} Projection
 *
 * @typedef {object} View
 * @property {string} name       with its words under `view.<name>`
 * @property {HTMLElement} section
 * @property {HTMLElement} heading
 * @property {HTMLElement} size      grey text behind the name
 * @property {HTMLElement} number    the one number on the right
 * @property {HTMLElement} title     the title row
 * @property {HTMLDivElement} frame
 * @property {HTMLCanvasElement} image   the picture; never taller or wider than it needs to be
 * @property {HTMLCanvasElement} overlay what is drawn over it, at device pixels; takes the focus
 * @property {SVGSVGElement} marks   hovered pixel, footprint, brush: few shapes that move
 * @property {{width: number, height: number}} box     the frame, CSS pixels; 0 while the page is hidden
 * @property {Projection} projection of the last drawn frame
 */

import { h, setText, svg, uniqueId } from "../kit/dom.js";
import { registered, t } from "../core/text.js";

/**
 * @param {string} name
 * @returns {View}
 */
export function createView(name) {
  const id = uniqueId(name);
  const heading = h("h2", { id, class: "lz-view-name" }, registered(`view.${name}`, name));
  const size = h("span", { class: "lz-view-size" });
  const number = h("span", { class: "lz-view-number" });
  const title = h("header", { class: "lz-view-title" }, heading, size, number);
  const image = h("canvas", { class: "lz-view-image", "aria-hidden": "true" });
  const overlay = h("canvas", { class: "lz-view-overlay", tabindex: "0", role: "application", "aria-labelledby": id,
    "aria-roledescription": t(name === "source" ? "view.paintable" : "view.picture"), "data-view": name });
  const marks = /** @type {SVGSVGElement} */ (svg("svg", { class: "lz-view-marks", "aria-hidden": "true" }));
  const frame = h("div", { class: "lz-view-frame" }, image, overlay, marks);
  const section = h("section", { class: "lz-view", "data-view": name, "aria-labelledby": id }, title, frame);
  image.width = image.height = overlay.width = overlay.height = 1;
  return { name, section, heading, size, number, title, frame, image, overlay, marks,
    box: { width: 0, height: 0 }, projection: { scale: 1, x: 0, y: 0 } };
}

/**
 * @param {View} view @param {{title?: string, size?: string, number?: string, label?: string}} texts
 */
export function caption(view, { title, size, number, label }) {
  if (title !== undefined) setText(view.heading, title);
  if (size !== undefined) setText(view.size, size);
  if (number !== undefined) setText(view.number, number);
  if (label !== undefined && view.overlay.getAttribute("aria-label") !== label) {
    view.overlay.removeAttribute("aria-labelledby");
    view.overlay.setAttribute("aria-label", label);
  }
}

/**
 * Give a frame its size.
 * @param {View} view @param {{width: number, height: number}} box
 */
export function resizeView(view, { width, height }) {
  view.box = { width, height };
  view.section.style.width = `${width}px`;
  view.frame.style.width = `${width}px`;
  view.frame.style.height = `${height}px`;
  view.marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
}

/**
 * A canvas of the wanted size; setting the size clears it, so only where it differs.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 */
export function sizeCanvas(canvas, width, height) {
  const w = Math.max(1, Math.round(width));
  const h = Math.max(1, Math.round(height));
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
}

/**
 * Place a canvas of whole pixels in its frame, enlarged.
 * @param {HTMLCanvasElement} canvas @param {{x: number, y: number, width: number, height: number}} place CSS pixels
 */
export function placeCanvas(canvas, { x, y, width, height }) {
  const { style } = canvas;
  style.width = `${width}px`;
  style.height = `${height}px`;
  style.transform = `translate(${x}px, ${y}px)`;
}
