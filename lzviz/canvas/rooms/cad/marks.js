// @ts-check
/**
 * The taps of a convolution over the quadtree. A disc is a cell with a row of its own; a ring is an inactive cell, and
 * its line leads to the corner of the block whose row is read instead. Outside the map there is a cross: zero.
 *
 * @typedef {import("../../engine/quadtree.js").Tap} Tap
 * @typedef {import("../../viewer/layers/own/quadtree.js").Plane} Plane
 */

import { svg } from "../../kit/dom.js";

/** Whether a tap falls on the cell that has the row. @param {Tap} tap */
export const isActive = ({ y, x, owner }) => owner !== null && owner.y === y && owner.x === x;

const RADIUS = 3.5;

/** @param {SVGSVGElement} layer */
export function createTapMarks(layer) {
  const group = svg("g", { class: "lz-cad-taps" });
  layer.append(group);
  /** @param {readonly Tap[]} taps @param {Plane} plane */
  return (taps, plane) => {
    const shapes = taps.flatMap((tap) => shapesOf(tap, plane));
    group.replaceChildren(...shapes.sort((a, b) => order(a) - order(b)));
  };
}

/** Blocks below lines below dots. @param {Element} shape */
const order = (shape) => ["rect", "line", "circle", "path"].indexOf(shape.tagName);

/** @param {Tap} tap @param {Plane} plane @returns {SVGElement[]} */
function shapesOf(tap, { x, y, cell }) {
  const middle = (/** @type {{y: number, x: number}} */ at) => [x + (at.x + 0.5) * cell, y + (at.y + 0.5) * cell];
  const [cx, cy] = middle(tap);
  const { owner } = tap;
  if (!owner) {
    return ["lz-mark-rim", "lz-cad-outside"].map((name) =>
      svg("path", { class: name, d: `M${cx - 3} ${cy - 3}l6 6m0-6l-6 6` }));
  }
  const radius = Math.max(2.5, Math.min(RADIUS, 0.3 * cell));
  if (isActive(tap)) return [svg("circle", { class: "lz-cad-tap", cx, cy, r: radius })];
  const [ox, oy] = middle(owner);
  const side = cell * (1 << owner.level);
  const line = { x1: cx, y1: cy, x2: ox, y2: oy };
  return [
    svg("rect", { class: "lz-cad-owner", x: x + owner.x * cell, y: y + owner.y * cell, width: side, height: side }),
    svg("line", { ...line, class: "lz-cad-link lz-mark-rim" }), svg("line", { ...line, class: "lz-cad-link" }),
    svg("circle", { class: "lz-cad-tap", cx: ox, cy: oy, r: radius }),
    svg("circle", { class: "lz-cad-tap lz-cad-inactive", cx, cy, r: radius }),
  ];
}
