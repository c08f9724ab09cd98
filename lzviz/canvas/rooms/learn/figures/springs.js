// @ts-check
/**
 * Attraction as springs, on one line: each node rests at the mean of the cells around it, weighted by saliency and
 * distance. The same in two dimensions is drawn over the picture. Numbers are those of the attraction itself:
 *
 *     rest(p) = sum w q / sum w,   w = S(q) k(p - q),   J(p) = d rest / d p = Var_w(q) / sigma^2
 *
 * (J is the continuum's: `Warp.jacobian` is that of the bilinear grid between nodes.)
 */
import { normaliseSaliency, paddedCell } from "../../../engine/attraction.js";
import { h } from "../../../kit/dom.js";
import { t } from "../../../core/text.js";
import { drawLine } from "./springs-line.js";
import { drawPlane } from "./springs-plane.js";

/** Nodes that are asked about, one after the other. */
const ASKED = [20, 12, 34, 28];

/**
 * @typedef {object} Pulled  a node and what pulls it
 * @property {number} at     the node, in cells
 * @property {readonly number[]} cells
 * @property {readonly number[]} weights
 * @property {number} rest @property {number} variance
 */

/**
 * @param {ArrayLike<number>} saliency of one axis @param {number} at @param {number} fwhm @param {number} radius
 * @param {import("../../../engine/attraction.js").Padding} padding @returns {Pulled}
 */
export function pulled(saliency, at, fwhm, radius, padding) {
  const [cells, weights] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
  for (let q = Math.ceil(at - radius); q <= at + radius; q++) {
    const cell = paddedCell(q, saliency.length, padding);
    if (cell < 0) continue;
    cells.push(q);
    weights.push(saliency[cell] * Math.exp(-4 * Math.LN2 * ((at - q) / fwhm) ** 2));
  }
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  const rest = cells.reduce((sum, q, k) => sum + weights[k] * q, 0) / mass;
  const variance = cells.reduce((sum, q, k) => sum + weights[k] * (q - rest) ** 2, 0) / mass;
  return { at, cells, weights, rest: Math.min(saliency.length - 1, Math.max(0, rest)), variance };
}

/**
 * What pulls a node of the plane: mean and covariance, and the pull of every cell.
 * @param {Float64Array} saliency @param {import("../../../engine/coords.js").Size} size
 * @param {readonly [number, number]} at column, row @param {number} fwhm @param {number} radius
 * @param {import("../../../engine/attraction.js").Padding} padding
 */
export function pulledPlane(saliency, [h, w], [column, row], fwhm, radius, padding) {
  const k = (/** @type {number} */ d) => Math.exp(-4 * Math.LN2 * (d / fwhm) ** 2);
  let [mass, x, y, xx, xy, yy] = [0, 0, 0, 0, 0, 0];
  /** @type {{x: number, y: number, weight: number}[]} */
  const pulls = [];
  for (let i = row - radius; i <= row + radius; i++) {
    for (let j = column - radius; j <= column + radius; j++) {
      const [r, c] = [paddedCell(i, h, padding), paddedCell(j, w, padding)];
      if (r < 0 || c < 0) continue;
      const weight = saliency[r * w + c] * k(i - row) * k(j - column);
      mass += weight;
      x += weight * j;
      y += weight * i;
      xx += weight * j * j;
      xy += weight * i * j;
      yy += weight * i * i;
      if (i >= 0 && j >= 0 && i < h && j < w) pulls.push({ x: j, y: i, weight });
    }
  }
  const [mx, my] = [x / mass, y / mass];
  return { at: { x: column, y: row }, rest: { x: mx, y: my }, pulls,
    covariance: /** @type {const} */ ([xx / mass - mx * mx, xy / mass - mx * my, yy / mass - my * my]) };
}

/** @typedef {ReturnType<typeof pulledPlane>} Plane */

/**
 * @param {ReturnType<typeof import("../inner.js").createInner>} inner
 * @param {(guess: number) => void} onGuess  the ring was moved
 */
export function createSprings(inner, onGuess) {
  const title = h("header", { class: "lz-view-title" }, h("h2", { class: "lz-view-name" }, t("learn.springs")));
  const size = h("span", { class: "lz-view-size" });
  title.append(size);
  const panel = h("div", { class: "lz-springs" });
  const element = h("section", { class: "lz-learn-panel", "aria-label": t("learn.springs") }, title, panel);
  let turn = 0;
  /** @type {{revealed: boolean, guess: number}} */
  let seen = { revealed: false, guess: NaN };
  /** @type {ReturnType<typeof measure>} */
  let now = null;

  function measure() {
    const frame = inner.now()?.scene?.frame;
    if (!frame?.attracting) return null;
    const { fwhm, floor = null } = frame.options;
    const { size: [rows, columns] } = frame.warp;
    const saliency = normaliseSaliency(frame.attracting, rows, columns, floor);
    const line = new Float64Array(columns);
    saliency.forEach((value, k) => {
      line[k % columns] += value;
    });
    const radius = Math.min(rows, columns) - 1;
    const padding = frame.options.antiCrop === false ? "replicate" : "reflect";
    const node = ASKED[turn % ASKED.length];
    const nodes = Array.from(line, (_, p) => pulled(line, p, fwhm, radius, padding));
    const row = Math.round((rows - 1) / 2);
    return { line, nodes, node, row, fwhm, sigma: fwhm / Math.sqrt(8 * Math.LN2), rows, columns,
      plane: pulledPlane(saliency, [rows, columns], [node, row], fwhm, radius, padding) };
  }

  function draw() {
    const scene = inner.now()?.scene;
    if (!now || !scene?.views) return;
    size.textContent = t("learn.springs.size", { count: now.columns });
    drawLine(panel, now, seen, scene.views.source.box.width, onGuess);
    drawPlane(scene, now, seen.revealed);
  }
  return {
    element,
    sole: true,
    /** Which prediction this is. */
    label: () => String(ASKED[turn % ASKED.length]),
    again() {
      turn++;
    },
    /** @param {{revealed: boolean, guess: number}} next */
    show(next) {
      seen = next;
      now = measure();
      draw();
    },
    /** @returns {import("../expression.js").Numbers} */
    numbers() {
      now = measure();
      if (!now) return {};
      const { rest, variance } = now.nodes[now.node];
      const kernelVariance = now.sigma ** 2;
      const [xx, xy, yy] = now.plane.covariance;
      const det = (xx * yy - xy * xy) / kernelVariance ** 2;
      return { node: now.node, home: now.node, rest, moved: Math.abs(rest - now.node), half: now.fwhm / 2,
        sigma: now.sigma, spread: Math.sqrt(variance), variance, kernelVariance, jacobian: variance / kernelVariance,
        zoom: kernelVariance / variance, det, areaZoom: 1 / det };
    },
    dispose() {
      inner.now()?.scene?.views?.source.frame.querySelector(".lz-springs-plane")?.remove();
      element.remove();
    },
  };
}
/** @typedef {NonNullable<Parameters<typeof drawLine>[1]>} Springs */
