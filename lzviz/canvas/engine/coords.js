/**
 * The one convention: pixel <-> normalised coordinates.
 *
 * Points are (x, y), sizes are (h, w). In normalised coordinates -1 and +1 are the *centres* of the first and
 * the last pixel of an axis, so pixel = (g + 1) / 2 * (n - 1). On an axis of one pixel, pixel 0 is normalised 0.
 *
 * A warp goes zoomed -> source: node (i, j) of its control grid says where the zoomed point
 * x = -1 + 2j/(w-1), y = -1 + 2i/(h-1) is read in the source. Between the nodes the map is bilinear; outside
 * [-1, 1] the border tile's formula continues.
 *
 * @typedef {readonly [number, number]} Size rows, columns: (h, w)
 *
 * @typedef {object} Warp a control grid
 * @property {Float64Array} nodes (h, w, 2) source points of the nodes, x before y, normalised
 * @property {Size} size          (h, w) of the control grid, at least 2 x 2
 * @property {boolean} separable  true when x depends on the column alone and y on the row alone
 * @property {number} [tolerance] how far outside the image of the map a point still counts as on it, normalised;
 *   absent: BORDER_TOLERANCE, that of nodes computed in float64
 */

/**
 * Normalised coordinate -> pixel, on an axis of n pixels.
 * @param {number} g @param {number} n
 */
export const toPixel = (g, n) => ((g + 1) / 2) * (n - 1);

/**
 * Pixel -> normalised coordinate, on an axis of n pixels.
 * @param {number} px @param {number} n
 */
export const toNormalised = (px, n) => (n > 1 ? (px / (n - 1)) * 2 - 1 : 2 * px);

/**
 * Position k of a lattice of `count` pixels, measured in nodes of an axis of n.
 * @param {number} k @param {number} count @param {number} n
 */
export const latticePosition = (k, count, n) => (count > 1 ? (k * (n - 1)) / (count - 1) : (n - 1) / 2);

/**
 * The identity warp: every node at its own place.
 * @param {Size} size @returns {Warp}
 */
export function identityWarp([h, w]) {
  const nodes = new Float64Array(h * w * 2);
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      nodes[2 * (i * w + j)] = toNormalised(j, w);
      nodes[2 * (i * w + j) + 1] = toNormalised(i, h);
    }
  }
  return { nodes, size: [h, w], separable: true };
}

/**
 * The same typed array while it is large enough, a new one otherwise: frames reuse their buffers.
 * @template {Float64Array | Float32Array | Uint8Array | Uint8ClampedArray | Int32Array} T
 * @param {T | undefined} buffer @param {number} length @param {new (length: number) => T} type @returns {T}
 */
export function reuse(buffer, length, type) {
  return buffer !== undefined && buffer.length === length ? buffer : new type(length);
}
