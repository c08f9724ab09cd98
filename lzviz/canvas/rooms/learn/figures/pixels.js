// @ts-check
/**
 * An image of 4 x 4 pixels, and where one grid reads it: by the convention that it was made for, by the other one, and
 * with x and y exchanged.
 */
import { samplerWarp } from "../../../engine/samplers.js";
import { forwardGrid } from "../../../engine/warp.js";
import { toPixel } from "../../../engine/coords.js";
import { h, svg } from "../../../kit/dom.js";
import { segmented } from "../../../kit/controls.js";
import { t } from "../../../core/text.js";

const N = 4;
const CELL = 34;
const WAYS = /** @type {const} */ (["corners", "centres", "swapped"]);
/** An image that looks like itself from no other side. */
const GREYS = [235, 60, 60, 60, 200, 235, 60, 120, 170, 60, 235, 60, 140, 110, 60, 235];

/** Pixel that a normalised coordinate of the grid is read at. @param {number} g @param {boolean} centres */
const pixelOf = (g, centres) => (centres ? ((g + 1) * N - 1) / 2 : ((g + 1) / 2) * (N - 1));

/** Where the lattice from corner to corner is read, in pixels. @param {number} way */
export function readings(way) {
  return Array.from({ length: N * N }, (_, k) => {
    const [j, i] = [k % N, Math.floor(k / N)];
    const g = (/** @type {number} */ at) => (2 * at) / (N - 1) - 1;
    const [x, y] = [pixelOf(g(j), way === 1), pixelOf(g(i), way === 1)];
    return { home: { x: j, y: i }, at: way === 2 ? { x: y, y: x } : { x, y } };
  });
}

/** @param {number} way */
function picture(way) {
  const at = (/** @type {number} */ pixel) => 24 + CELL * (pixel + 0.5);
  const side = CELL * N + 48;
  return svg("svg", { viewBox: `0 0 ${side} ${side - 24}`, width: side, height: side - 24, role: "img",
    "aria-label": t(`learn.pixels.${WAYS[way]}.label`) },
  svg("g", { transform: "translate(0 -12)" },
    ...GREYS.map((grey, k) => svg("rect", { x: at(k % N) - CELL / 2, y: at(Math.floor(k / N)) - CELL / 2, width: CELL,
      height: CELL, fill: `rgb(${grey} ${grey} ${grey})`, class: "lz-pixel" })),
    ...readings(way).flatMap(({ home, at: read }) => [
      svg("path", { class: "lz-guess-way", d: `M${at(home.x)} ${at(home.y)}L${at(read.x)} ${at(read.y)}` }),
      svg("circle", { class: "lz-rest", "data-symbol": "samples", cx: at(read.x), cy: at(read.y), r: 5 })])));
}

/**
 * Where a sampler reads its first pixel, in source pixels.
 * @param {any} frame @param {string} sampler @param {any} state
 */
function first({ zoomed, source }, sampler, state) {
  const warp = samplerWarp({ ...state, sampler }, null, zoomed, source);
  return toPixel(forwardGrid(warp, zoomed)[0], source[1]);
}

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createPixels(inner) {
  const panel = h("div", { class: "lz-pixels" });
  const choose = segmented(t("learn.pixels"), WAYS.map((way, value) => ({ value, label: t(`learn.pixels.${way}`) })),
    (value) => tune(value));
  const element = h("section", { class: "lz-learn-panel lz-learn-pixels", "aria-label": t("learn.pixels") },
    h("header", { class: "lz-view-title" }, h("h2", { class: "lz-view-name" }, t("learn.pixels")), choose.element),
    panel);
  let way = 0;
  /** @param {number} value */
  function tune(value) {
    way = value;
    choose.show(value);
    panel.replaceChildren(picture(way));
  }
  tune(0);
  return {
    element,
    tune,
    tuned: () => way,
    label: () => "",
    again() {},
    show() {},
    /** @returns {import("../expression.js").Numbers} */
    numbers() {
      const frame = inner.now()?.scene?.frame;
      const state = inner.store.get();
      const far = Math.max(...readings(way).map(({ home, at }) => Math.hypot(at.x - home.x, at.y - home.y)));
      const along = Math.max(...readings(way).map(({ home, at }) => Math.abs(at.x - home.x)));
      if (!frame?.grid) return { far, along };
      const [corners, centres] = ["uniform", "uniform-area"].map((sampler) => first(frame, sampler, state));
      return { far, along, first: toPixel(frame.grid[0], frame.source[1]), shift: Math.abs(corners - centres),
        ratio: frame.source[1] / frame.zoomed[1] };
    },
    dispose: () => element.remove(),
  };
}
