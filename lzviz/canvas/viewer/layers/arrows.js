// @ts-check
/** Arrows: from where uniform sampling reads to where the warp does. */
import { forwardPoints } from "../../engine/warp.js";
import { svg } from "../../kit/dom.js";
import { normalisedToFrame } from "../vectors.js";
import { t } from "../../core/text.js";

/**
 * @typedef {import("../../engine/coords.js").Warp} Warp
 * @typedef {{width: number, height: number}} Extent
 */

/** CSS pixels between arrows, and the least length of one with a head. */
const APART = 44;
const HEADED = 5;
const MOST = 48;

/**
 * Pairs of places (n, 4), normalised: uniform x, y, warped x, y; on a lattice that fits the picture as shown.
 * @param {Warp} warp @param {number} width @param {number} height of the picture as shown, CSS pixels
 */
export function displacements(warp, width, height) {
  const count = (/** @type {number} */ side) => Math.min(MOST, Math.max(3, Math.round(side / APART)));
  const [columns, rows] = [count(width), count(height)];
  const from = new Float64Array(2 * rows * columns);
  for (let i = 0, k = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, k += 2) {
      from[k] = ((2 * j + 1) / columns) - 1;
      from[k + 1] = ((2 * i + 1) / rows) - 1;
    }
  }
  const to = forwardPoints(warp, from);
  return Float64Array.from({ length: 2 * from.length }, (_, k) => ((k & 3) < 2 ? from : to)[2 * (k >> 2) + (k & 1)]);
}

/** The longest of them, in source pixels. @param {Float64Array} pairs @param {Extent} image */
export function longest(pairs, { width, height }) {
  let most = 0;
  for (let k = 0; k < pairs.length; k += 4) {
    most = Math.max(most, Math.hypot(((pairs[k + 2] - pairs[k]) / 2) * (width - 1),
      ((pairs[k + 3] - pairs[k + 1]) / 2) * (height - 1)));
  }
  return t("layer.arrows.most", { most });
}

/**
 * @param {import("../layers.js").Pen} context @param {import("../camera.js").Projection} p @param {Extent} image
 * @param {Float64Array} pairs
 */
export function drawArrows(context, p, image, pairs) {
  const [x0, sx, y0, sy] = normalisedToFrame(p, image);
  context.beginPath();
  for (let k = 0; k < pairs.length; k += 4) {
    const [ax, ay] = [x0 + sx * pairs[k], y0 + sy * pairs[k + 1]];
    const [bx, by] = [x0 + sx * pairs[k + 2], y0 + sy * pairs[k + 3]];
    const length = Math.hypot(bx - ax, by - ay);
    if (length < 0.75) {
      context.rect(ax - 0.5, ay - 0.5, 1, 1);
      continue;
    }
    context.moveTo(ax, ay);
    context.lineTo(bx, by);
    if (length < HEADED) continue;
    const head = Math.min(6, 0.4 * length) / length;
    const [dx, dy] = [(ax - bx) * head, (ay - by) * head];
    context.moveTo(bx + dx - 0.6 * dy, by + dy + 0.6 * dx);
    context.lineTo(bx, by);
    context.lineTo(bx + dx + 0.6 * dy, by + dy - 0.6 * dx);
  }
  context.lineJoin = context.lineCap = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = "rgba(0,0,0,.45)";
  context.stroke();
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.stroke();
}

/** @type {import("../layers.js").Layer} */
export const layer = {
  name: "arrows",
  key: 8,
  swatch: () => [svg("path", { d: "M2 10L13 2M8.5 2H13v4.5", class: "lz-swatch-line" })],
  draw({ frame, image, size }) {
    const pairs = displacements(frame.warp, size.width, size.height);
    return { range: longest(pairs, image), lines: (pen, p, extent) => drawArrows(pen, p, extent, pairs) };
  },
};
