/**
 * The forward map, zoomed -> source: bilinear in the control nodes.
 *
 * In tile (i, j) with corners p00 p01 p10 p11 and local (u, v) in [0, 1]^2, u along the row:
 *
 *     p(u, v) = p00 + u (p01 - p00) + v (p10 - p00) + u v (p00 - p10 - p01 + p11)
 *     det     = (dp/du) x (dp/dv),  linear in u and in v along each edge: its least value is at a corner
 *
 * @typedef {import("./coords.js").Warp} Warp
 * @typedef {import("./coords.js").Size} Size
 */

import { latticePosition, reuse, toNormalised, toPixel } from "./coords.js";

/**
 * Source points of zoomed points, both normalised. Outside [-1, 1] the border tile continues.
 * @param {Warp} warp @param {ArrayLike<number>} points (n, 2) x before y @param {Float64Array} [out]
 * @returns {Float64Array} (n, 2)
 */
export function forwardPoints({ nodes, size: [h, w] }, points, out) {
  const result = reuse(out, points.length, Float64Array);
  for (let k = 0; k < points.length; k += 2) {
    const across = toPixel(points[k], w);
    const down = toPixel(points[k + 1], h);
    const j = tileOf(across, w);
    const i = tileOf(down, h);
    const u = across - j, v = down - i;
    const a = 2 * (i * w + j), b = a + 2 * w;
    for (let axis = 0; axis < 2; axis++) {
      const top = nodes[a + axis] + u * (nodes[a + 2 + axis] - nodes[a + axis]);
      const bottom = nodes[b + axis] + u * (nodes[b + 2 + axis] - nodes[b + axis]);
      result[k + axis] = top + v * (bottom - top);
    }
  }
  return result;
}

/**
 * The tile in which a position on an axis of n nodes lies; the border tile outside.
 * @param {number} at @param {number} n
 */
export const tileOf = (at, n) => Math.min(Math.max(Math.floor(at), 0), n - 2);

/**
 * The forward grid at a zoomed lattice: where each zoomed pixel is read.
 * @param {Warp} warp @param {Size} zoomed (h, w) @param {Float64Array} [out]
 * @returns {Float64Array} (h, w, 2) normalised source points
 */
export function forwardGrid({ nodes, size: [h, w] }, [rows, columns], out) {
  const grid = reuse(out, rows * columns * 2, Float64Array);
  const line = new Float64Array(2 * w);
  const tiles = new Int32Array(columns), shares = new Float64Array(columns);
  for (let c = 0; c < columns; c++) {
    const across = latticePosition(c, columns, w);
    tiles[c] = 2 * tileOf(across, w);
    shares[c] = across - tileOf(across, w);
  }
  for (let r = 0; r < rows; r++) {
    const down = latticePosition(r, rows, h);
    const i = tileOf(down, h);
    const v = down - i;
    const a = 2 * i * w, b = a + 2 * w;
    for (let k = 0; k < 2 * w; k++) line[k] = nodes[a + k] + v * (nodes[b + k] - nodes[a + k]);
    for (let c = 0, at = 2 * r * columns; c < columns; c++, at += 2) {
      const j = tiles[c], u = shares[c];
      grid[at] = line[j] + u * (line[j + 2] - line[j]);
      grid[at + 1] = line[j + 1] + u * (line[j + 3] - line[j + 1]);
    }
  }
  return grid;
}

/**
 * The same grid in source pixels, in place of normalised coordinates.
 * @param {Float64Array} grid (n, 2) @param {Size} source @param {Float64Array} [out]
 */
export function gridToPixels(grid, [height, width], out) {
  const sites = reuse(out, grid.length, Float64Array);
  for (let k = 0; k < grid.length; k += 2) {
    sites[k] = toPixel(grid[k], width);
    sites[k + 1] = toPixel(grid[k + 1], height);
  }
  return sites;
}

/**
 * The map as a whole turns the image over: the signed area inside its border is negative.
 * @param {Warp} warp
 */
export function isMirrored({ nodes, size: [h, w] }) {
  let area = 0, last = 0;
  const walk = (/** @type {number} */ i, /** @type {number} */ j) => {
    const k = 2 * (i * w + j);
    area += nodes[last] * nodes[k + 1] - nodes[last + 1] * nodes[k];
    last = k;
  };
  for (let j = 1; j < w; j++) walk(0, j);
  for (let i = 1; i < h; i++) walk(i, w - 1);
  for (let j = w - 2; j >= 0; j--) walk(h - 1, j);
  for (let i = h - 2; i >= 0; i--) walk(i, 0);
  return area < 0;
}

/**
 * Which tiles fold: the determinant is negative somewhere, so somewhere at a corner. Tiles that the clamp made
 * empty have determinant 0 and do not fold; in a map that is mirrored as a whole those fold that are not.
 * @param {Warp} warp @param {Uint8Array} [out]
 * @returns {Uint8Array} (h-1, w-1), 1 = folds
 */
export function foldTiles(warp, out) {
  const { nodes, size: [h, w] } = warp;
  const turn = isMirrored(warp) ? -1 : 1;
  const folds = reuse(out, (h - 1) * (w - 1), Uint8Array);
  for (let i = 0, k = 0; i < h - 1; i++) {
    for (let j = 0; j < w - 1; j++, k++) {
      const a = 2 * (i * w + j), b = a + 2 * w;
      const topX = nodes[a + 2] - nodes[a], topY = nodes[a + 3] - nodes[a + 1];
      const bottomX = nodes[b + 2] - nodes[b], bottomY = nodes[b + 3] - nodes[b + 1];
      const leftX = nodes[b] - nodes[a], leftY = nodes[b + 1] - nodes[a + 1];
      const rightX = nodes[b + 2] - nodes[a + 2], rightY = nodes[b + 3] - nodes[a + 3];
      const least = Math.min(
        turn * (topX * leftY - topY * leftX), turn * (topX * rightY - topY * rightX),
        turn * (bottomX * leftY - bottomY * leftX), turn * (bottomX * rightY - bottomY * rightX),
      );
      folds[k] = least < 0 ? 1 : 0;
    }
  }
  return folds;
}

/**
 * det J at each zoomed pixel: source pixels^2 per zoomed pixel^2, from the tile's own formula (no differences).
 * A pixel on a node line belongs to the tile after it. Along a zoomed axis of one pixel, that pixel spans the axis.
 * @param {Warp} warp @param {Size} zoomed @param {Size} source @param {Float64Array} [out]
 * @returns {Float64Array} (h, w)
 */
export function jacobianGrid({ nodes, size: [h, w] }, [rows, columns], [height, width], out) {
  const jacobian = reuse(out, rows * columns, Float64Array);
  const perColumn = columns > 1 ? (w - 1) / (columns - 1) : w - 1;
  const perRow = rows > 1 ? (h - 1) / (rows - 1) : h - 1;
  const area = (((width - 1) / 2) * (height - 1)) / 2 * perColumn * perRow;
  for (let r = 0; r < rows; r++) {
    const down = latticePosition(r, rows, h);
    const i = tileOf(down, h);
    const v = down - i;
    for (let c = 0; c < columns; c++) {
      const across = latticePosition(c, columns, w);
      const j = tileOf(across, w);
      jacobian[r * columns + c] = area * tileDeterminant(nodes, 2 * (i * w + j), 2 * w, across - j, v);
    }
  }
  return jacobian;
}

/**
 * (dp/du) x (dp/dv) of the tile whose first corner lies at `a` of nodes with `stride` numbers a row.
 * @param {Float64Array} nodes @param {number} a @param {number} stride @param {number} u @param {number} v
 */
export function tileDeterminant(nodes, a, stride, u, v) {
  const b = a + stride;
  const topX = nodes[a + 2] - nodes[a], topY = nodes[a + 3] - nodes[a + 1];
  const leftX = nodes[b] - nodes[a], leftY = nodes[b + 1] - nodes[a + 1];
  const twistX = nodes[b + 2] - nodes[b] - topX, twistY = nodes[b + 3] - nodes[b + 1] - topY;
  return (topX + v * twistX) * (leftY + u * twistY) - (topY + v * twistY) * (leftX + u * twistX);
}

/**
 * Sites splatted bilinearly on a lattice: the density of samples. It sums to the number of sites; a site outside
 * the lattice counts at its border.
 * @param {Float64Array} grid (n, 2) normalised points @param {Size} size lattice (h, w) @param {Float64Array} [out]
 * @returns {Float64Array} (h, w) samples per cell
 */
export function densityMap(grid, [h, w], out) {
  const density = reuse(out, h * w, Float64Array).fill(0);
  for (let k = 0; k < grid.length; k += 2) {
    const x = Math.min(Math.max(toPixel(grid[k], w), 0), w - 1);
    const y = Math.min(Math.max(toPixel(grid[k + 1], h), 0), h - 1);
    const j = Math.floor(x), i = Math.floor(y);
    const u = x - j, v = y - i;
    const right = j + 1 < w ? 1 : 0, below = i + 1 < h ? w : 0;
    const at = i * w + j;
    density[at] += (1 - u) * (1 - v);
    density[at + right] += u * (1 - v);
    density[at + below] += (1 - u) * v;
    density[at + right + below] += u * v;
  }
  return density;
}

/**
 * Linear magnification against uniform sampling with the same pixels: sqrt(uniform det J / det J). Above 1 the
 * zoomed image shows a place larger than a uniform resize would. Empty and folded places have none: infinity.
 * @param {Float64Array} jacobian det J
 * @param {number} uniform det J of the identity; negative for a map that is mirrored as a whole
 * @param {Float64Array} [out]
 */
export function magnification(jacobian, uniform, out) {
  const result = reuse(out, jacobian.length, Float64Array);
  for (let k = 0; k < result.length; k++) {
    const times = uniform / jacobian[k];
    result[k] = times > 0 ? Math.sqrt(times) : Infinity;
  }
  return result;
}

/**
 * det J of the identity between two sizes.
 * @param {Size} zoomed @param {Size} source
 */
export function uniformJacobian([rows, columns], [height, width]) {
  const step = (/** @type {number} */ n, /** @type {number} */ count) => (n - 1) / Math.max(count - 1, 1);
  return step(height, rows) * step(width, columns);
}

/**
 * Histogram of log2 magnification. Values beyond the range fall into the outer bins; infinite ones are left out.
 * @param {Float64Array} magnifications @param {{bins?: number, low?: number, high?: number}} [options] low, high: log2
 * @returns {{counts: Int32Array, edges: Float64Array, low: number, high: number, min: number, max: number}}
 *   edges: bins + 1 limits in log2; min and max: the finite range of the magnification itself
 */
export function magnificationHistogram(magnifications, { bins = 30, low = -1, high = 2 } = {}) {
  const counts = new Int32Array(bins);
  let min = Infinity, max = 0;
  for (const value of magnifications) {
    if (!(value > 0 && value < Infinity)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    const bin = Math.floor(((Math.log2(value) - low) / (high - low)) * bins);
    counts[Math.min(Math.max(bin, 0), bins - 1)] += 1;
  }
  const edges = Float64Array.from({ length: bins + 1 }, (_, k) => low + ((high - low) * k) / bins);
  return { counts, edges, low, high, min, max };
}

/**
 * The lattice's own points, normalised: what an inverse is asked at.
 * @param {Size} size @param {Float64Array} [out] @returns {Float64Array} (h, w, 2)
 */
export function latticePoints([h, w], out) {
  const points = reuse(out, h * w * 2, Float64Array);
  for (let i = 0, k = 0; i < h; i++) {
    for (let j = 0; j < w; j++, k += 2) {
      points[k] = toNormalised(j, w);
      points[k + 1] = toNormalised(i, h);
    }
  }
  return points;
}

/**
 * Share of the source inside the border of a map without folds: exact, since a bilinear tile has straight edges. The
 * border is clipped at the picture's own, -1 and 1, one side after the other.
 * @param {Pick<Warp, "nodes" | "size">} warp @returns {number} in [0, 1]
 */
export function enclosed({ nodes, size: [h, w] }) {
  /** @type {number[]} */
  let border = [];
  const put = (/** @type {number} */ i, /** @type {number} */ j) =>
    border.push(nodes[2 * (i * w + j)], nodes[2 * (i * w + j) + 1]);
  for (let j = 0; j < w; j++) put(0, j);
  for (let i = 1; i < h; i++) put(i, w - 1);
  for (let j = w - 2; j >= 0; j--) put(h - 1, j);
  for (let i = h - 2; i > 0; i--) put(i, 0);
  for (const axis of [0, 1]) for (const side of [-1, 1]) border = clipped(border, axis, side);
  let area = 0;
  for (let k = 0, n = border.length; k < n; k += 2) {
    area += border[k] * border[(k + 3) % n] - border[k + 1] * border[(k + 2) % n];
  }
  return Math.min(1, Math.abs(area) / 8);
}

/**
 * What of a closed line lies within side * p[axis] <= 1.
 * @param {number[]} border points x, y @param {number} axis @param {number} side
 */
function clipped(border, axis, side) {
  const kept = /** @type {number[]} */ ([]);
  for (let k = 0, n = border.length; k < n; k += 2) {
    const next = (k + 2) % n;
    const room = 1 - side * border[k + axis], beyond = 1 - side * border[next + axis];
    if (room >= 0) kept.push(border[k], border[k + 1]);
    if ((room < 0) === (beyond < 0)) continue;
    const share = room / (room - beyond);
    for (const at of [0, 1]) kept.push(border[k + at] + share * (border[next + at] - border[k + at]));
  }
  return kept;
}

/**
 * forward(inverse(q)) - q over a source lattice, in source pixels.
 * @param {Warp} warp @param {{grid: Float64Array, valid: Uint8Array}} inverse of invertLattice at `source`
 * @param {Size} lattice (h, w) of that inverse
 * @param {Size} source (h, w) in whose pixels the error is told
 * @returns {{max: number, median: number, coverage: number}} errors on the valid set; coverage: its share of all
 */
export function roundTrip(warp, { grid, valid }, lattice, source) {
  const back = forwardPoints(warp, grid);
  const points = latticePoints(lattice);
  const errors = [];
  for (let k = 0; k < valid.length; k++) {
    if (!valid[k]) continue;
    const dx = ((back[2 * k] - points[2 * k]) / 2) * (source[1] - 1);
    const dy = ((back[2 * k + 1] - points[2 * k + 1]) / 2) * (source[0] - 1);
    errors.push(Math.hypot(dx, dy));
  }
  const sorted = Float64Array.from(errors).sort();
  return {
    max: sorted.length ? sorted[sorted.length - 1] : 0,
    median: sorted.length ? sorted[sorted.length >> 1] : 0,
    coverage: valid.length ? sorted.length / valid.length : 0,
  };
}
