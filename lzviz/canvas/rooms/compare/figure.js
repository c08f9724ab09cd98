// @ts-check
/**
 * A small figure whose points say what they are when they are pointed at, and lead somewhere when they are pressed.
 *
 * @typedef {object} Point
 * @property {number} x  CSS pixels
 * @property {number} y
 * @property {string} said  what it is, in a line
 * @property {() => void} open
 */

import { h, setText, svg } from "../../kit/dom.js";
import { nearest } from "../models/axes.js";

const MARGIN = { left: 50, right: 8, top: 8, bottom: 20 };
const REACH = 16;

/** @param {number} width @param {number} height */
export const boxOf = (width, height) => ({ left: MARGIN.left, top: MARGIN.top,
  width: Math.max(1, width - MARGIN.left - MARGIN.right), height: Math.max(1, height - MARGIN.top - MARGIN.bottom) });

/** @typedef {ReturnType<typeof createFigure>} Figure */

/** A figure whose points can be pointed at, and pressed. @param {string} label @param {number} height */
export function createFigure(label, height) {
  const picture = svg("svg", { class: "lz-compare-figure", role: "img", "aria-label": label, height });
  const said = h("p", { class: "lz-note lz-compare-fact" });
  const element = h("div", { class: "lz-compare-plot" }, picture, said);
  /** @type {readonly Point[]} */
  let points = [];
  const at = (/** @type {MouseEvent} */ event) => {
    const { left, top } = picture.getBoundingClientRect();
    return nearest(points, event.clientX - left, event.clientY - top, REACH);
  };
  picture.addEventListener("pointermove", (event) => {
    const point = at(event);
    picture.toggleAttribute("data-opens", Boolean(point));
    setText(said, point?.said ?? "");
  });
  picture.addEventListener("pointerleave", () => setText(said, ""));
  picture.addEventListener("click", (event) => at(event)?.open());
  return {
    element,
    /** @param {readonly Point[]} now @param {readonly Node[]} drawn @param {number} width */
    draw(now, drawn, width) {
      points = now;
      picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
      picture.replaceChildren(...drawn);
    },
  };
}

/** @param {number} x @param {number} y @param {number} r @param {string} name */
export const disc = (x, y, r, name) => svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r,
  class: `lz-compare-${name}` });
