// @ts-check
/**
 * Content-adaptive downsampling on the browser's side: level maps, the quadtree they make, its cost and its taps.
 *
 * A level map says, for every cell of the fine grid, how often the cell is halved: 0 keeps it. A block of
 * 2^v x 2^v cells is halved v times only if all its cells allow it, so completed maps are quadtrees. The row of a block
 * belongs to its top-left cell, its corner, and every other cell of the block has the value of that row.
 *
 * @typedef {object} CellGrid
 * @property {number} h       fine cells down
 * @property {number} w       fine cells across
 * @property {number} stride  pixels of the picture between neighbouring fine cells
 * @property {number} depth   the deepest level
 *
 * @typedef {{readonly h: number, readonly w: number, readonly data: Uint8Array}} PaintMap
 * @typedef {{h: number, w: number}} Extent  pixels of the picture that the network reads
 *
 * @typedef {object} Cell  a block of the quadtree by its corner
 * @property {number} y
 * @property {number} x
 * @property {number} level
 *
 * @typedef {object} Tap  one place that a 3x3 convolution reads
 * @property {number} y   fine cell; may lie outside the map
 * @property {number} x
 * @property {Cell | null} owner  the block whose row is read there; null: outside, zero is read
 *
 * @typedef {object} Coefficients  multiply-adds are fixed + sum over n of perRow[n] * (rows after n halvings)
 * @property {number} fixed
 * @property {readonly number[]} perRow
 */

/** Painted values from here on force a cell to stay fine, or to become coarse. */
export const FORCED_FINE = 192;
export const FORCED_COARSE = 64;

/**
 * Levels of an edge mask: the first ring in which the picture changes by the threshold, else the deepest level.
 * @param {ArrayLike<number>} strength (depth, h, w) largest change within each ring, float32 values
 * @param {number} threshold rounded to float32, as the strengths are
 * @param {CellGrid} grid
 * @returns {Uint8Array} (h, w)
 */
export function thresholdRings(strength, threshold, { h, w, depth }) {
  const cells = h * w;
  const limit = Math.fround(threshold);
  const levels = new Uint8Array(cells);
  for (let ring = 0; ring < depth; ring++) {
    for (let k = 0; k < cells; k++) if (strength[ring * cells + k] < limit) levels[k]++;
  }
  return levels;
}

/** The opposite of a mask: level v becomes depth - v. @param {Uint8Array} levels @param {number} depth */
export const invertLevels = (levels, depth) => levels.map((level) => depth - level);

/**
 * Of each cell along an axis, the point of a corner-aligned lattice that is nearest to the cell's centre pixel.
 * @param {number} cells @param {number} stride @param {number} pixels @param {number} points
 */
function nearestPoints(cells, stride, pixels, points) {
  return Int32Array.from({ length: cells }, (_, k) => {
    const place = ((k * stride + (stride - 1) / 2) * (points - 1)) / Math.max(pixels - 1, 1);
    return Math.min(points - 1, Math.max(0, Math.floor(place + 0.5)));
  });
}

/**
 * Levels that paint has overruled: fine from 192 on, coarse up to 64, untouched between.
 * @param {Uint8Array} levels (h, w) @param {PaintMap | null} paint corner-aligned on the picture
 * @param {CellGrid} grid @param {Extent} image
 * @returns {Uint8Array}
 */
export function forceLevels(levels, paint, { h, w, stride, depth }, image) {
  if (!paint) return levels;
  const rows = nearestPoints(h, stride, image.h, paint.h);
  const columns = nearestPoints(w, stride, image.w, paint.w);
  const out = levels.slice();
  for (let i = 0, k = 0; i < h; i++) {
    const line = rows[i] * paint.w;
    for (let j = 0; j < w; j++, k++) {
      const value = paint.data[line + columns[j]];
      if (value >= FORCED_FINE) out[k] = 0;
      else if (value <= FORCED_COARSE) out[k] = depth;
    }
  }
  return out;
}

/**
 * The largest levels, none above the given ones, that are constant on their blocks.
 * @param {Uint8Array} levels (h, w) @param {CellGrid} grid
 * @returns {Uint8Array}
 */
export function completeLevels(levels, { h, w, depth }) {
  const out = new Uint8Array(h * w);
  for (let level = 1; level <= depth; level++) {
    const side = 1 << level;
    for (let top = 0; top < h; top += side) {
      for (let left = 0; left < w; left += side) raiseBlock(levels, out, level, top, left, h, w);
    }
  }
  return out;
}

/**
 * One more level for a block in which every cell allows it.
 * @param {Uint8Array} levels @param {Uint8Array} out @param {number} level
 * @param {number} top @param {number} left @param {number} h @param {number} w
 */
function raiseBlock(levels, out, level, top, left, h, w) {
  const [bottom, right] = [Math.min(h, top + (1 << level)), Math.min(w, left + (1 << level))];
  for (let i = top; i < bottom; i++) {
    for (let j = left; j < right; j++) if (levels[i * w + j] < level) return;
  }
  for (let i = top; i < bottom; i++) out.fill(level, i * w + left, i * w + right);
}

/**
 * The block that a cell belongs to.
 * @param {Uint8Array} levels completed @param {CellGrid} grid @param {number} y @param {number} x a cell of the map
 * @returns {Cell}
 */
export function ownerOf(levels, { w }, y, x) {
  const level = levels[y * w + x];
  return { y: (y >> level) << level, x: (x >> level) << level, level };
}

/**
 * All blocks, row by row of their corners.
 * @param {Uint8Array} levels completed @param {CellGrid} grid
 * @returns {Cell[]}
 */
export function leavesOf(levels, { h, w }) {
  const cells = [];
  for (let y = 0, k = 0; y < h; y++) {
    for (let x = 0; x < w; x++, k++) {
      const rest = (1 << levels[k]) - 1;
      if (!((y | x) & rest)) cells.push({ y, x, level: levels[k] });
    }
  }
  return cells;
}

/**
 * Rows of the map after 0, 1, .. depth halvings: blocks of 2^min(level, n) cells after n.
 * @param {Uint8Array} levels completed @param {CellGrid} grid
 * @returns {number[]} depth + 1 counts; the last one is what the network ends with
 */
export function rowsAfter(levels, { h, w, depth }) {
  const rows = new Array(depth + 1).fill(0);
  for (let y = 0, k = 0; y < h; y++) {
    for (let x = 0; x < w; x++, k++) {
      for (let n = 0; n <= depth && !((y | x) & ((1 << Math.min(levels[k], n)) - 1)); n++) rows[n]++;
    }
  }
  return rows;
}

/**
 * Rows of each level.
 * @param {Uint8Array} levels completed @param {CellGrid} grid
 * @returns {number[]} depth + 1 counts, the finest first
 */
export function rowsPerLevel(levels, { h, w, depth }) {
  const rows = new Array(depth + 1).fill(0);
  for (let y = 0, k = 0; y < h; y++) {
    for (let x = 0; x < w; x++, k++) if (!((y | x) & ((1 << levels[k]) - 1))) rows[levels[k]]++;
  }
  return rows;
}

/** @param {Coefficients} price @param {readonly number[]} rows after 0, 1, .. halvings */
export const multiplyAdds = ({ fixed, perRow }, rows) =>
  perRow.reduce((sum, price, n) => sum + price * rows[n], fixed);

/**
 * What a 3x3 convolution behind the last halving reads for the block of a cell.
 *
 * Taps lie dilation * 2^depth fine cells apart around the block's corner; a tap on an inactive cell reads the row of
 * the block that owns it. The published code counts from the middle of the block instead (`centred`), and a tap in the
 * part of a border block that is cut off then still belongs to that block.
 * @param {Uint8Array} levels completed @param {CellGrid} grid @param {number} y @param {number} x
 * @param {{dilation?: number, centred?: boolean}} [how]
 * @returns {Tap[]} nine, row by row
 */
export function tapsOf(levels, grid, y, x, { dilation = 1, centred = false } = {}) {
  const corner = ownerOf(levels, grid, y, x);
  const middle = centred ? (1 << corner.level) >> 1 : 0;
  const step = dilation << grid.depth;
  return [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((across) => {
    const place = { y: corner.y + middle + down * step, x: corner.x + middle + across * step };
    return { ...place, owner: ownerAnywhere(levels, grid, place, centred) };
  }));
}

/**
 * @param {Uint8Array} levels @param {CellGrid} grid
 * @param {{y: number, x: number}} place @param {boolean} centred
 * @returns {Cell | null}
 */
function ownerAnywhere(levels, grid, { y, x }, centred) {
  const { h, w } = grid;
  if (y < 0 || x < 0) return null;
  if (y < h && x < w) return ownerOf(levels, grid, y, x);
  if (!centred) return null;
  const level = levels[Math.min(y, h - 1) * w + Math.min(x, w - 1)];
  const corner = { y: (y >> level) << level, x: (x >> level) << level, level };
  return corner.y < h && corner.x < w ? corner : null;
}
