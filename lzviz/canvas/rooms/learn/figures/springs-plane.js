// @ts-check
/** The springs of one node over the picture: the strongest of each 3 x 3 cells, and both spreads as ellipses. */
import { svg } from "../../../kit/dom.js";
import { spring } from "./springs-line.js";

const CLASS = "lz-springs-plane";
const BLOCK = 3;
/** Weaker ones are not drawn, as a share of the strongest. */
const WEAKEST = 0.12;

/** The strongest pull of each block. @param {readonly {x: number, y: number, weight: number}[]} pulls */
function strongest(pulls) {
  /** @type {Map<string, {x: number, y: number, weight: number}>} */
  const best = new Map();
  for (const pull of pulls) {
    const key = `${Math.floor(pull.x / BLOCK)},${Math.floor(pull.y / BLOCK)}`;
    if ((best.get(key)?.weight ?? 0) < pull.weight) best.set(key, pull);
  }
  const most = Math.max(...[...best.values()].map(({ weight }) => weight));
  return [...best.values()].filter(({ weight }) => weight > WEAKEST * most)
    .map((pull) => ({ ...pull, share: pull.weight / most }));
}

/** One standard deviation of a covariance, as offsets. @param {readonly [number, number, number]} covariance */
function ellipse([xx, xy, yy]) {
  const middle = (xx + yy) / 2;
  const apart = Math.hypot((xx - yy) / 2, xy);
  const [long, short] = [Math.sqrt(middle + apart), Math.sqrt(Math.max(0, middle - apart))];
  const turn = Math.atan2(2 * xy, xx - yy) / 2;
  return Array.from({ length: 48 }, (_, k) => {
    const [u, v] = [long * Math.cos((k * Math.PI) / 24), short * Math.sin((k * Math.PI) / 24)];
    return [u * Math.cos(turn) - v * Math.sin(turn), u * Math.sin(turn) + v * Math.cos(turn)];
  });
}

/** @param {any} scene @param {any} data @param {boolean} revealed */
export function drawPlane(scene, { plane, rows, columns, sigma, node, row }, revealed) {
  const { frame, projection, box } = scene.views.source;
  const { width, height } = scene.extent;
  const place = (/** @type {number} */ x, /** @type {number} */ y) =>
    [projection.x + ((x / (columns - 1)) * (width - 1) + 0.5) * projection.scale,
      projection.y + ((y / (rows - 1)) * (height - 1) + 0.5) * projection.scale];
  /** @param {{x: number, y: number}} at @param {readonly [number, number, number]} covariance */
  const ring = (at, covariance) => `M${ellipse(covariance).map(([x, y]) =>
    place(at.x + x, at.y + y).map((n) => n.toFixed(1)).join(" ")).join("L")}Z`;
  const [hx, hy] = place(node, row);
  const [rx, ry] = place(plane.rest.x, plane.rest.y);
  const parts = revealed ? [
    svg("path", { class: "lz-plane-kernel", "data-symbol": "kernel", d: ring(plane.at, [sigma ** 2, 0, sigma ** 2]) }),
    svg("path", { class: "lz-plane-pull", "data-symbol": "pull", d: ring(plane.rest, plane.covariance) }),
    ...strongest(plane.pulls).flatMap(({ x, y, share }) => {
      const d = spring(.../** @type {[number, number]} */ (place(x, y)), rx, ry, 2.5);
      return ["lz-plane-halo", "lz-plane-spring"].map((name) => svg("path", { class: name, "data-symbol": "spring", d,
        opacity: (0.3 + 0.7 * share).toFixed(2) }));
    }),
    svg("path", { class: "lz-plane-way", d: `M${hx} ${hy}L${rx} ${ry}` }),
    svg("circle", { class: "lz-home", cx: hx, cy: hy, r: 5 }),
    svg("circle", { class: "lz-rest", cx: rx, cy: ry, r: 6 }),
  ] : [svg("circle", { class: "lz-home", cx: hx, cy: hy, r: 5 })];
  frame.querySelector(`.${CLASS}`)?.remove();
  const size = `0 0 ${box.width} ${box.height}`;
  frame.append(svg("svg", { class: CLASS, viewBox: size, "aria-hidden": "true" }, ...parts));
}
