/**
 * The exact inverse, source -> zoomed, of the piecewise-bilinear forward map.
 *
 * In a tile with m = p00 - q, right = p01 - p00, down = p10 - p00, twist = p00 - p10 - p01 + p11 a source point q has
 * the local coordinates (u, v) with m + u right + v down + u v twist = 0. Eliminating v or u leaves a quadratic each,
 * and both share one root s:
 *
 *     area = right x down,  bend = right x twist,  lean = down x twist
 *     b = area + m x twist,  s^2 = b^2 - 4 bend (m x down),   u = -2 (m x down) / (b + s) = (s - b) / (2 bend)
 *     c = area - m x twist,                                   v = -2 (right x m) / (c + s) = (c - s) / (2 lean)
 *
 * s is det J at the solution: s > 0 is the positively oriented one, s < 0 the other. Of the two forms of u and v the
 * one that adds numbers of one sign is taken.
 *
 * Where tiles fold, the positively oriented solution in the tile of lowest index answers; a point that only a
 * negatively oriented one reaches gets that. Tiles that clamping made empty never answer. `valid` says whether q lies
 * in the image of the map, with a tolerance of 1e-6 of the range at its border, or what the warp says (nodes that were
 * computed in float32 end up to 128 roundings short of it).
 *
 * @typedef {import("./coords.js").Warp} Warp
 * @typedef {import("./coords.js").Size} Size
 *
 * @typedef {object} Inverse
 * @property {Float64Array} grid  (h, w, 2) normalised zoomed points of the source lattice; finite everywhere
 * @property {Uint8Array} valid   (h, w) 1 inside the image of the map
 *
 * @typedef {object} InverseWorkspace
 * @property {Inverse} result
 * @property {Float64Array} axis @property {Uint8Array} axisValid
 */

import { reuse, toNormalised } from "./coords.js";
import { tileDeterminant } from "./warp.js";

/** How far outside the image of the map a point still counts as on it, normalised: 1e-6 of the range [-1, 1]. */
export const BORDER_TOLERANCE = 2e-6;

/** The same for nodes computed in float32: 128 roundings of the range, as lzviz/inversion/tiles.py has it. */
export const FLOAT32_TOLERANCE = 2 * 128 * 2 ** -23;

/** The same at the seam between two tiles: rounding only. */
const SEAM_TOLERANCE = 1e-10;

/** A tile whose determinant never exceeds this holds no point: clamping collapsed it. */
const EMPTY_AREA = 1e-18;

const EMPTY = 0, SOUND = 1, FOLDED = 2;

/** @returns {InverseWorkspace} */
export function createInverseWorkspace() {
  return {
    result: { grid: new Float64Array(0), valid: new Uint8Array(0) },
    axis: new Float64Array(0), axisValid: new Uint8Array(0),
  };
}

/**
 * The inverse at the corner-aligned lattice of a source size.
 *
 * @param {Warp} warp @param {Size} size source lattice (h, w)
 * @param {InverseWorkspace} [workspace] its buffers are reused: the result is overwritten by the next call
 * @returns {Inverse}
 */
export function invertLattice(warp, size, workspace = createInverseWorkspace()) {
  const { result } = workspace;
  result.grid = reuse(result.grid, size[0] * size[1] * 2, Float64Array);
  result.valid = reuse(result.valid, size[0] * size[1], Uint8Array).fill(0);
  if (warp.separable && rises(warp)) {
    invertAxes(warp, size, workspace);
    return result;
  }
  rasterise(warp, size, result);
  fillOutside(size, result);
  return result;
}

/**
 * What a tile is, and how far beyond its four sides it still answers, in its own units: [left, right, top, bottom].
 * A side on the border of the map gets `beyond`, a seam between tiles rounding only.
 * @param {Warp} warp @param {number} i @param {number} j @param {Float64Array} slack @param {number} beyond
 * @returns {number} EMPTY, SOUND or FOLDED
 */
function examineTile({ nodes, size: [h, w] }, i, j, slack, beyond) {
  const a = 2 * (i * w + j), b = a + 2 * w;
  const across = Math.max(span(nodes, a, a + 2), span(nodes, b, b + 2));
  const down = Math.max(span(nodes, a, b), span(nodes, a + 2, b + 2));
  slack[0] = (j === 0 ? beyond : SEAM_TOLERANCE) / across;
  slack[1] = (j === w - 2 ? beyond : SEAM_TOLERANCE) / across;
  slack[2] = (i === 0 ? beyond : SEAM_TOLERANCE) / down;
  slack[3] = (i === h - 2 ? beyond : SEAM_TOLERANCE) / down;
  let least = Infinity, most = 0;
  for (let corner = 0; corner < 4; corner++) {
    const determinant = tileDeterminant(nodes, a, 2 * w, corner & 1, corner >> 1);
    least = Math.min(least, determinant);
    most = Math.max(most, Math.abs(determinant));
  }
  return most <= EMPTY_AREA ? EMPTY : least < 0 ? FOLDED : SOUND;
}

/** Length of the longer component between two nodes. @param {Float64Array} nodes @param {number} a @param {number} b */
const span = (nodes, a, b) => Math.max(Math.abs(nodes[b] - nodes[a]), Math.abs(nodes[b + 1] - nodes[a + 1]));

/** @param {number} u @param {number} v @param {Float64Array} slack */
const inside = (u, v, slack) => u >= -slack[0] && u <= 1 + slack[1] && v >= -slack[2] && v <= 1 + slack[3];

/**
 * Local coordinates of the source point (x, y) in tile (i, j).
 * @param {Warp} warp @param {number} i @param {number} j @param {number} x @param {number} y
 * @param {1 | -1} sign of the determinant at the wanted solution
 * @param {Float64Array} uv receives (u, v): not finite, or NaN, where there is no such solution
 */
export function solveTile({ nodes, size: [, w] }, i, j, x, y, sign, uv) {
  const a = 2 * (i * w + j), below = a + 2 * w;
  const rightX = nodes[a + 2] - nodes[a], rightY = nodes[a + 3] - nodes[a + 1];
  const downX = nodes[below] - nodes[a], downY = nodes[below + 1] - nodes[a + 1];
  const twistX = nodes[below + 2] - nodes[below] - rightX, twistY = nodes[below + 3] - nodes[below + 1] - rightY;
  const mx = nodes[a] - x, my = nodes[a + 1] - y;
  const area = rightX * downY - rightY * downX, lever = mx * twistY - my * twistX;
  const bend = rightX * twistY - rightY * twistX, lean = downX * twistY - downY * twistX;
  const across = mx * downY - my * downX, along = rightX * my - rightY * mx;
  const b = area + lever, c = area - lever;
  const root = sign * Math.sqrt(b * b - 4 * bend * across);
  uv[0] = b * sign >= 0 ? (-2 * across) / (b + root) : (root - b) / (2 * bend);
  uv[1] = c * sign >= 0 ? (-2 * along) / (c + root) : (c - root) / (2 * lean);
}

/**
 * The zoomed point of one source point, both normalised.
 * @param {Warp} warp @param {number} x @param {number} y
 * @returns {{x: number, y: number, valid: boolean}} outside the image of the map: the border tiles continued, or, where
 *   even these do not reach, the point itself; always finite
 */
export function invertPoint(warp, x, y) {
  const near = warp.tolerance ?? BORDER_TOLERANCE;
  return searchTiles(warp, x, y, 1, near) ?? searchTiles(warp, x, y, -1, near)
    ?? searchTiles(warp, x, y, 1, Infinity) ?? { x, y, valid: false };
}

/** @param {Warp} warp @param {number} x @param {number} y @param {1 | -1} sign @param {number} beyond */
function searchTiles(warp, x, y, sign, beyond) {
  const [h, w] = warp.size;
  const uv = new Float64Array(2);
  const slack = new Float64Array(4);
  for (let i = 0; i < h - 1; i++) {
    for (let j = 0; j < w - 1; j++) {
      const kind = examineTile(warp, i, j, slack, beyond);
      if (kind === EMPTY || (sign < 0 && kind !== FOLDED)) continue;
      solveTile(warp, i, j, x, y, sign, uv);
      if (!inside(uv[0], uv[1], slack)) continue;
      const across = (2 * (j + uv[0])) / (w - 1) - 1, down = (2 * (i + uv[1])) / (h - 1) - 1;
      return { x: across, y: down, valid: beyond < Infinity };
    }
  }
  return null;
}

/**
 * Each tile claims the pixels of its bounding box that lie in it and that no earlier tile has claimed; what is left
 * after all, folded tiles claim by their other side.
 * @param {Warp} warp @param {Size} size @param {Inverse} result
 */
function rasterise(warp, size, result) {
  const [h, w] = warp.size;
  const slack = new Float64Array(4);
  const near = warp.tolerance ?? BORDER_TOLERANCE;
  let folded = false;
  for (const sign of /** @type {const} */ ([1, -1])) {
    for (let i = 0; i < h - 1; i++) {
      for (let j = 0; j < w - 1; j++) {
        const kind = examineTile(warp, i, j, slack, near);
        folded ||= kind === FOLDED;
        if (kind !== EMPTY && (sign > 0 || kind === FOLDED)) rasteriseTile(warp, i, j, slack, near, sign, size, result);
      }
    }
    if (!folded) return;
  }
}

/**
 * solveTile over the tile's pixel box, its constants taken out of the loop: the hot path of a frame.
 * @param {Warp} warp @param {number} i @param {number} j @param {Float64Array} slack @param {number} near
 * @param {1 | -1} sign @param {Size} size @param {Inverse} result
 */
function rasteriseTile({ nodes, size: [h, w] }, i, j, slack, near, sign, [rows, columns], { grid, valid }) {
  const a = 2 * (i * w + j), below = a + 2 * w;
  const x0 = nodes[a], x1 = nodes[a + 2], x2 = nodes[below], x3 = nodes[below + 2];
  const y0 = nodes[a + 1], y1 = nodes[a + 3], y2 = nodes[below + 1], y3 = nodes[below + 3];
  const first = firstPixel(Math.min(x0, x1, x2, x3) - near, columns);
  const last = lastPixel(Math.max(x0, x1, x2, x3) + near, columns);
  const top = firstPixel(Math.min(y0, y1, y2, y3) - near, rows);
  const bottom = lastPixel(Math.max(y0, y1, y2, y3) + near, rows);
  if (first > last || top > bottom) return;
  const rightX = x1 - x0, rightY = y1 - y0, downX = x2 - x0, downY = y2 - y0;
  const twistX = x3 - x2 - rightX, twistY = y3 - y2 - rightY;
  const area = rightX * downY - rightY * downX;
  const bend = rightX * twistY - rightY * twistX, lean = downX * twistY - downY * twistX;
  const leftSlack = -slack[0], rightSlack = 1 + slack[1], topSlack = -slack[2], bottomSlack = 1 + slack[3];
  const perTileX = 2 / (w - 1), perTileY = 2 / (h - 1);
  for (let r = top; r <= bottom; r++) {
    const my = y0 - toNormalised(r, rows);
    for (let c = first, k = r * columns + first; c <= last; c++, k++) {
      if (valid[k] === 1) continue;
      const mx = x0 - toNormalised(c, columns);
      const lever = mx * twistY - my * twistX, across = mx * downY - my * downX;
      const forU = area + lever, forV = area - lever;
      const root = sign * Math.sqrt(forU * forU - 4 * bend * across);
      const u = forU * sign >= 0 ? (-2 * across) / (forU + root) : (root - forU) / (2 * bend);
      if (!(u >= leftSlack && u <= rightSlack)) continue;
      const along = rightX * my - rightY * mx;
      const v = forV * sign >= 0 ? (-2 * along) / (forV + root) : (forV - root) / (2 * lean);
      if (!(v >= topSlack && v <= bottomSlack)) continue;
      valid[k] = 1;
      grid[2 * k] = (j + u) * perTileX - 1;
      grid[2 * k + 1] = (i + v) * perTileY - 1;
    }
  }
}

/**
 * First lattice pixel at or after a normalised coordinate.
 * @param {number} g @param {number} n
 */
const firstPixel = (g, n) => (n > 1 ? Math.max(Math.ceil(((g + 1) / 2) * (n - 1)), 0) : g <= 0 ? 0 : 1);

/**
 * Last lattice pixel at or before a normalised coordinate.
 * @param {number} g @param {number} n
 */
const lastPixel = (g, n) => (n > 1 ? Math.min(Math.floor(((g + 1) / 2) * (n - 1)), n - 1) : g >= 0 ? 0 : -1);

/**
 * Points that nothing maps to keep their own place, so that the grid is finite everywhere.
 * @param {Size} size @param {Inverse} result
 */
function fillOutside([rows, columns], { grid, valid }) {
  for (let r = 0, k = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, k++) {
      if (valid[k] === 1) continue;
      grid[2 * k] = toNormalised(c, columns);
      grid[2 * k + 1] = toNormalised(r, rows);
    }
  }
}

/**
 * Whether neither axis of a separable control grid ever turns back: its 1-D inverses are then the inverse.
 * @param {Warp} warp
 */
function rises({ nodes, size: [h, w] }) {
  for (let j = 1; j < w; j++) if (nodes[2 * j] < nodes[2 * j - 2]) return false;
  for (let i = 1; i < h; i++) if (nodes[2 * i * w + 1] < nodes[2 * (i - 1) * w + 1]) return false;
  return true;
}

/**
 * A separable warp inverts axis by axis: two 1-D inverses and their outer product, O(h + w) apart from writing it.
 * @param {Warp} warp @param {Size} size @param {InverseWorkspace} workspace
 */
function invertAxes({ nodes, size: [h, w], tolerance = BORDER_TOLERANCE }, [rows, columns], workspace) {
  const axis = (workspace.axis = reuse(workspace.axis, rows + columns, Float64Array));
  const found = (workspace.axisValid = reuse(workspace.axisValid, rows + columns, Uint8Array).fill(0));
  invertAxis(nodes, 0, 2, w, tolerance, axis, found, 0, columns);
  invertAxis(nodes, 1, 2 * w, h, tolerance, axis, found, columns, rows);
  const { grid, valid } = workspace.result;
  for (let r = 0, k = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, k++) {
      const both = found[c] & found[columns + r];
      valid[k] = both;
      grid[2 * k] = both ? axis[c] : toNormalised(c, columns);
      grid[2 * k + 1] = both ? axis[columns + r] : toNormalised(r, rows);
    }
  }
}

/**
 * The inverse of a rising piecewise-linear map at the pixels of one axis; a pixel on a node belongs to the segment
 * before it.
 * @param {Float64Array} nodes @param {number} start @param {number} step where this axis' n nodes stand
 * @param {number} n @param {number} near
 * @param {Float64Array} out @param {Uint8Array} found @param {number} at @param {number} count pixels
 */
function invertAxis(nodes, start, step, n, near, out, found, at, count) {
  for (let k = 0; k < n - 1; k++) {
    const low = nodes[start + k * step];
    const length = nodes[start + (k + 1) * step] - low;
    if (!(length > 0)) continue;
    const before = (k === 0 ? near : SEAM_TOLERANCE) / length;
    const after = (k === n - 2 ? near : SEAM_TOLERANCE) / length;
    const last = lastPixel(low + length + near, count);
    for (let p = firstPixel(low - near, count); p <= last; p++) {
      const share = (toNormalised(p, count) - low) / length;
      if (found[at + p] || share < -before || share > 1 + after) continue;
      found[at + p] = 1;
      out[at + p] = (2 * (k + share)) / (n - 1) - 1;
    }
  }
}
