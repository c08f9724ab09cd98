// @ts-check
/** The marks of the results, 14 pixels across, and as small pictures for legends. */
import { svg } from "../../kit/dom.js";

/** @type {Record<string, [string, Record<string, unknown>]>} */
export const SHAPES = {
  circle: ["circle", { cx: 7, cy: 7, r: 4.5 }],
  square: ["rect", { x: 2.8, y: 2.8, width: 8.4, height: 8.4 }],
  diamond: ["path", { d: "M7 1.2L12.8 7 7 12.8 1.2 7z" }],
  "triangle-up": ["path", { d: "M7 1.8l5.6 9.8H1.4z" }],
  hexagon: ["path", { d: "M4.2 2.2h5.6L12.6 7l-2.8 4.8H4.2L1.4 7z" }],
};

/**
 * A filled mark in a colour; without one, an outline in the colour of the text.
 * @param {string} shape @param {string} [colour]
 */
export function glyph(shape, colour) {
  const [tag, place] = SHAPES[shape] ?? SHAPES.circle;
  const paint = colour ? { fill: colour } : { fill: "none", stroke: "currentColor", "stroke-width": 1.25 };
  const picture = svg(tag, { ...place, ...paint });
  return svg("svg", { viewBox: "0 0 14 14", class: "lz-glyph", "aria-hidden": "true" }, picture);
}
