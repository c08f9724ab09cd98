// @ts-check
/** Magnification against area: how much of the picture each method shows at least so large; and its bars, in small. */
import { t } from "../../core/text.js";
import { h, svg } from "../../kit/dom.js";
import { colour } from "../warp/histogram.js";
import { gridOf } from "./axes.js";
import { LETTERS } from "./methods.js";

/** @typedef {import("../warp/histogram.js").Histogram} Histogram */

const HEIGHT = 104;
const BOX = { left: 26, top: 8, height: HEIGHT - 28 };
const [LOW, HIGH] = [-1.5, 2.5];
/** Between letters, CSS pixels. */
const APART = 11;
const BARS = { width: 64, height: 18 };

/** @param {number} log2 */
const clip = (log2) => Math.min(HIGH, Math.max(LOW, log2));

/**
 * Points of the curve: share of the area that is magnified at least so much (log2), largest first. A sample that is
 * magnified m times stands for 1 / m^2 of the area of an even one.
 * @param {Histogram} histogram @returns {[number, number][]}
 */
export function curveOf({ edges, shares }) {
  const middle = (/** @type {number} */ k) => (edges[k] + edges[k + 1]) / 2;
  const areas = shares.map((share, k) => share * 4 ** -middle(k));
  const total = areas.reduce((sum, area) => sum + area, 0) || 1;
  /** @type {[number, number][]} */
  const points = [];
  let sum = 0;
  for (let k = shares.length - 1; k >= 0; k--) {
    if (!shares[k]) continue;
    points.push([sum / total, middle(k)]);
    sum += areas[k];
    points.push([sum / total, middle(k)]);
  }
  return points;
}

/** Heights for letters behind curves that end at these, in their order and apart. @param {readonly number[]} heights */
export function endsOf(heights) {
  const placed = [...heights];
  let last = -Infinity;
  for (const at of heights.map((_, k) => k).sort((a, b) => heights[a] - heights[b])) {
    placed[at] = last = Math.max(heights[at], last + APART);
  }
  return placed;
}

/** The bars of a histogram, as small as a word. @param {Histogram} histogram */
export function bars({ edges, shares }) {
  const most = Math.sqrt(Math.max(...shares, 1e-9));
  const across = (/** @type {number} */ log2) => ((clip(log2) - LOW) / (HIGH - LOW)) * BARS.width;
  return svg("svg", { class: "lz-compare-bars", width: BARS.width, height: BARS.height, "aria-hidden": "true" },
    ...shares.flatMap((share, k) => {
      if (!share) return [];
      const height = Math.max(1, (BARS.height * Math.sqrt(share)) / most);
      const [x0, x1] = [across(edges[k]), across(edges[k + 1])];
      return [svg("rect", { x: x0.toFixed(1), width: Math.max(1, x1 - x0 - 0.5).toFixed(1),
        y: (BARS.height - height).toFixed(1), height: height.toFixed(1),
        style: `fill:${colour((edges[k] + edges[k + 1]) / 2)}` })];
    }));
}

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
export function createCurves({ answers, on }) {
  const picture = svg("svg", { class: "lz-compare-figure", role: "img", "aria-label": t("compare.curves"),
    height: HEIGHT });
  const element = h("section", { class: "lz-section", "aria-label": t("compare.curves") },
    h("div", { class: "lz-head" }, t("compare.curves")), picture);
  const place = (/** @type {number} */ log2) => (clip(log2) - LOW) / (HIGH - LOW);
  const ups = [[-1, "½×"], [0, "1×"], [1, "2×"], [2, "4×"]].map(([log2, text]) =>
    ({ at: place(Number(log2)), text: String(text) }));
  const acrosses = [0, 0.5, 1].map((at) => ({ at, text: t("number.percent", { value: String(100 * at) }) }));
  function show() {
    const width = picture.clientWidth;
    if (!width) return;
    const box = { ...BOX, width: Math.max(1, width - BOX.left - 20) };
    const drawn = answers.get().drawn.flatMap((each, at) => (each ? [{ at, points: curveOf(each.histogram) }] : []));
    const xy = (/** @type {[number, number]} */ [x, log2]) =>
      [box.left + x * box.width, box.top + (1 - place(log2)) * box.height];
    const ends = endsOf(drawn.map(({ points }) => (points.length ? xy(points[points.length - 1])[1] : NaN)));
    picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    picture.replaceChildren(gridOf(/** @type {any} */ ({ ticks: acrosses }), /** @type {any} */ ({ ticks: ups }), box),
      ...drawn.flatMap(({ at, points }, k) => {
        if (!points.length) return [];
        return [svg("path", { class: `lz-compare-curve lz-compare-curve-${LETTERS[at].toLowerCase()}`,
          d: `M${points.map((point) => xy(point).map((v) => v.toFixed(1)).join(" ")).join("L")}` }),
        svg("text", { class: "lz-compare-letter-at", translate: "no", x: width - 14, y: ends[k] + 4 }, LETTERS[at])];
      }));
  }
  new ResizeObserver(show).observe(picture);
  answers.subscribe((_, changed) => changed.has("drawn") && on() && show());
  return { element, show };
}
