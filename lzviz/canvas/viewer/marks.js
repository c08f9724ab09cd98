// @ts-check
/**
 * The few shapes that move with the pointer: footprint, hovered pixel, taps, brush, a box on its way. SVG, so that
 * they are sharp at any zoom and nothing below them is redrawn.
 *
 * @typedef {import("./views.js").View} View
 * @typedef {import("./camera.js").Projection} Projection
 */

import { svg } from "../kit/dom.js";
import { toFrame } from "./camera.js";

/** Smaller shapes get a locator around them, CSS pixels. */
const FINDABLE = 12;
/** CSS pixels an image pixel needs before taps can be told apart. */
export const TAPS_FROM = 7;

/** @param {View} view */
export function createMarks(view) {
  const quad = pair("polygon", "lz-mark-quad");
  const locator = pair("rect", "lz-mark-locator");
  const taps = svg("g", { class: "lz-mark-taps" });
  const brush = pair("circle", "lz-mark-brush");
  const box = pair("rect", "lz-mark-box");
  const cross = svg("path", { class: "lz-mark-cross" });
  view.marks.append(...locator, ...quad, taps, ...box, ...brush, cross);

  return {
    /**
     * A quadrilateral of image pixels, exact; a locator where it is too small to be seen.
     * @param {readonly (readonly [number, number])[] | null} corners @param {Projection} p
     */
    quad(corners, p) {
      show(quad, corners !== null);
      show(locator, false);
      if (!corners) return;
      const points = corners.map(([x, y]) => toFrame(p, x, y));
      set(quad, { points: points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" ") });
      const xs = points.map(([x]) => x);
      const ys = points.map(([, y]) => y);
      const [left, top] = [Math.min(...xs), Math.min(...ys)];
      const extent = Math.max(Math.max(...xs) - left, Math.max(...ys) - top);
      if (extent >= FINDABLE) return;
      show(locator, true);
      const x = (left + Math.max(...xs)) / 2 - FINDABLE / 2;
      const y = (top + Math.max(...ys)) / 2 - FINDABLE / 2;
      set(locator, { x: x.toFixed(2), y: y.toFixed(2), width: FINDABLE, height: FINDABLE });
    },

    /**
     * Taps by weight.
     * @param {readonly {x: number, y: number, weight: number}[]} list image pixels @param {Projection} p
     */
    taps(list, p) {
      if (!list.length && !taps.childElementCount) return;
      const shown = list.length <= 256 ? list : [];
      const most = Math.max(1e-9, ...shown.map(({ weight }) => weight));
      taps.replaceChildren(...shown.filter(({ weight }) => weight > 0).map(({ x, y, weight }) => {
        const [cx, cy] = toFrame(p, x, y);
        return svg("circle", { cx: cx.toFixed(2), cy: cy.toFixed(2),
          r: (Math.min(8, 0.3 * p.scale) * Math.sqrt(weight / most)).toFixed(2) });
      }));
    },

    /** @param {readonly [number, number] | null} at frame @param {number} radius CSS pixels @param {boolean} erase */
    brush(at, radius, erase) {
      show(brush, at !== null);
      cross.toggleAttribute("hidden", at === null);
      if (!at) return;
      set(brush, { cx: at[0].toFixed(1), cy: at[1].toFixed(1), r: Math.max(2, radius).toFixed(1) });
      cross.setAttribute("d", erase ? "M-3 0h6" : "M-3 0h6M0-3v6");
      cross.setAttribute("transform", `translate(${at[0].toFixed(1)} ${at[1].toFixed(1)})`);
    },

    /** @param {readonly number[] | null} edges x0, y0, x1, y1: pixel edges of the image @param {Projection} p */
    box(edges, p) {
      show(box, edges !== null);
      if (!edges) return;
      const [x0, y0] = toFrame(p, Math.min(edges[0], edges[2]) - 0.5, Math.min(edges[1], edges[3]) - 0.5);
      const [x1, y1] = toFrame(p, Math.max(edges[0], edges[2]) - 0.5, Math.max(edges[1], edges[3]) - 0.5);
      set(box, { x: x0.toFixed(1), y: y0.toFixed(1), width: (x1 - x0).toFixed(1), height: (y1 - y0).toFixed(1) });
    },
  };
}

/** A shape twice: a pale rim, and the colour on it. @param {string} tag @param {string} name @returns {SVGElement[]} */
const pair = (tag, name) => [`${name} lz-mark-rim`, name].map((each) => svg(tag, { class: each, hidden: true }));

/** @param {SVGElement[]} shapes @param {boolean} visible */
function show(shapes, visible) {
  for (const shape of shapes) shape.toggleAttribute("hidden", !visible);
}

/** @param {SVGElement[]} shapes @param {Record<string, string | number>} attributes */
function set(shapes, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    for (const shape of shapes) shape.setAttribute(name, String(value));
  }
}
