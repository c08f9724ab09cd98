// @ts-check
/** Magnification of the samples against uniform sampling, as bars on a log2 axis that never moves. */
import { h, svg } from "../../kit/dom.js";
import { t } from "../../core/text.js";

/**
 * @typedef {object} Histogram  written by the stage
 * @property {readonly number[]} edges   log2 of the linear magnification, one more than shares
 * @property {readonly number[]} shares  of the samples, sum 1
 */

const FOOT = 20;
const [LOW, HIGH] = [-1.5, 2.5];
const TICKS = /** @type {const} */ ([[-1, "½×"], [0, "1×"], [1, "2×"], [2, "4×"]]);

/** Share of the width, 0..1. @param {number} log2 */
const across = (log2) => (Math.min(HIGH, Math.max(LOW, log2)) - LOW) / (HIGH - LOW);

/** Orange through grey to blue: `--t` is the way from grey, 0..1. @param {number} log2 */
export function colour(log2) {
  const share = Math.round(100 * Math.min(1, Math.abs(log2) / (log2 < 0 ? 1 : 2)));
  const end = log2 < 0 ? "low" : "high";
  return `color-mix(in oklab, var(--lz-det-${end}) ${share}%, var(--lz-det-mid))`;
}

/** @param {Element} element @param {Record<string, number>} values */
function place(element, values) {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value.toFixed(2));
}

/** @returns {{element: HTMLElement, show: (histogram: Histogram | null) => void}} */
export function createHistogram() {
  const bars = svg("g");
  const ticks = TICKS.map(([, text]) => svg("text", { "text-anchor": "middle" }, text));
  const one = svg("line", { class: "lz-one" });
  const axis = svg("line", { class: "lz-axis" });
  const picture = svg("svg", { class: "lz-histogram", role: "img", "aria-label": t("histogram.label") },
    bars, one, axis, ...ticks);
  const box = h("div", { class: "lz-histogram-box" }, picture);
  let size = { width: 0, height: 0 };
  /** @type {Histogram | null} */
  let shown = null;

  function frame() {
    const bounds = box.getBoundingClientRect();
    size = { width: bounds.width, height: Math.max(0, bounds.height - FOOT) };
    ticks.forEach((tick, at) => place(tick, { x: size.width * across(TICKS[at][0]), y: size.height + 15 }));
    const middle = size.width * across(0);
    place(one, { x1: middle, x2: middle, y1: 0, y2: size.height });
    place(axis, { x1: 0, x2: size.width, y1: size.height, y2: size.height });
    show(shown);
  }

  /** @param {Histogram | null} histogram */
  function show(histogram) {
    shown = histogram;
    const { edges, shares } = histogram ?? { edges: [], shares: [] };
    const most = Math.sqrt(Math.max(...shares, 1e-9));
    while (bars.childElementCount > shares.length) bars.lastElementChild?.remove();
    while (bars.childElementCount < shares.length) bars.append(svg("rect"));
    shares.forEach((share, at) => {
      const height = (size.height * Math.sqrt(share)) / most;
      const [left, right] = [across(edges[at]), across(edges[at + 1])].map((x) => x * size.width);
      const bar = /** @type {SVGRectElement} */ (bars.children[at]);
      place(bar, { x: left, width: Math.max(0, right - left - 1), y: size.height - height, height });
      bar.style.fill = colour((edges[at] + edges[at + 1]) / 2);
    });
  }
  new ResizeObserver(frame).observe(box);
  return { element: box, show };
}
