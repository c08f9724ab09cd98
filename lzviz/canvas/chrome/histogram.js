// @ts-check
/** Magnification of the samples against uniform sampling, as bars on a log2 axis that never moves. */
import { h, svg } from "./dom.js";

/**
 * @typedef {object} Histogram  written by the stage
 * @property {readonly number[]} edges   log2 of the linear magnification, one more than shares
 * @property {readonly number[]} shares  of the samples, sum 1
 */

const WIDTH = 250;
const HEIGHT = 160;
const [LOW, HIGH] = [-1.5, 2.5];
const TICKS = /** @type {const} */ ([[-1, "½×"], [0, "1×"], [1, "2×"], [2, "4×"]]);

/** @param {number} log2 */
const across = (log2) => (WIDTH * (Math.min(HIGH, Math.max(LOW, log2)) - LOW)) / (HIGH - LOW);

/** Orange through grey to blue: `--t` is the way from grey, 0..1. @param {number} log2 */
function colour(log2) {
  const share = Math.round(100 * Math.min(1, Math.abs(log2) / (log2 < 0 ? 1 : 2)));
  const end = log2 < 0 ? "low" : "high";
  return `color-mix(in oklab, var(--lz-det-${end}) ${share}%, var(--lz-det-mid))`;
}

/** @returns {{element: HTMLElement, show: (histogram: Histogram | null) => void}} */
export function createHistogram() {
  const bars = svg("g");
  const ticks = TICKS.map(([at, text]) =>
    svg("text", { x: across(at), y: HEIGHT + 15, "text-anchor": "middle" }, text));
  const one = svg("line", { x1: across(0), x2: across(0), y1: 0, y2: HEIGHT, class: "lz-one" });
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + 20}`, class: "lz-histogram", role: "img",
    "aria-label": "Histogram of the magnification" },
  bars, one, svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT, class: "lz-axis" }), ...ticks);

  /** @param {Histogram | null} histogram */
  function show(histogram) {
    if (!histogram) return bars.replaceChildren();
    const { edges, shares } = histogram;
    const most = Math.sqrt(Math.max(...shares, 1e-9));
    while (bars.childElementCount > shares.length) bars.lastElementChild?.remove();
    while (bars.childElementCount < shares.length) bars.append(svg("rect"));
    shares.forEach((share, at) => {
      const height = (HEIGHT * Math.sqrt(share)) / most;
      const [left, right] = [across(edges[at]), across(edges[at + 1])];
      const middle = (edges[at] + edges[at + 1]) / 2;
      const bar = /** @type {SVGRectElement} */ (bars.children[at]);
      const box = { x: left, width: Math.max(0, right - left - 1), y: HEIGHT - height, height };
      for (const [name, value] of Object.entries(box)) {
        bar.setAttribute(name, value.toFixed(2));
      }
      bar.style.fill = colour(middle);
    });
  }
  return { element: h("div", { class: "lz-histogram-box" }, picture), show };
}
