/**
 * What each sampler of the menu does with a saliency map: one control grid.
 *
 *     uniform       the identity: zoomed pixel j of w at source pixel j (W - 1)/(w - 1)
 *     uniform-area  zoomed pixel j at source pixel (j + 1/2) W / w - 1/2: one node a zoomed pixel
 *     fovea, lzu    the attraction's nodes
 *     lz            the same; published: its nodes stretched half-pixel to the zoomed lattice and read half-pixel,
 *                   px = ((g + 1) W - 1)/2: one node a zoomed pixel
 *
 * Published lz and lzu have no floor. Published lzu also has a faulty inverse on lattices (`publishedInverse`).
 * W and w are true source and zoomed sizes; an axis of one zoomed pixel keeps two nodes.
 *
 * @typedef {import("./coords.js").Size} Size
 * @typedef {import("./coords.js").Warp} Warp
 * @typedef {import("./attraction.js").AttractionOptions} AttractionOptions
 *
 * @typedef {object} SamplerState the part of the page's state that is read here
 * @property {string} sampler @property {"fixed" | "published"} mode
 * @property {readonly [number, number]} nodes @property {number} fwhm @property {boolean} separable
 * @property {boolean} antiCrop @property {number | null} floor @property {number} width
 */

import { attract } from "./attraction.js";
import { identityWarp, toNormalised } from "./coords.js";
import { LARGEST_ZOOM } from "../schema/limits.js";

/**
 * What the browser computes by itself; every other sampler is computed by Python.
 *
 * @typedef {object} Twin
 * @property {boolean} attracts   it looks at a saliency map
 * @property {boolean} [published]  it has a published reading
 * @property {boolean} [halfPixel]  which stretches its nodes half-pixel
 * @property {boolean} [holes]      or inverts lattices with a border of holes
 * @property {(zoomed: Size, source: Size) => Warp} [warp]  of those that look at nothing
 */

/** @type {Readonly<Record<string, Twin>>} */
export const TWINS = Object.freeze({
  uniform: { attracts: false, warp: () => identityWarp([2, 2]) },
  "uniform-area": { attracts: false, warp: areaWarp },
  lz: { attracts: true, published: true, halfPixel: true },
  fovea: { attracts: true },
  lzu: { attracts: true, published: true, holes: true },
});

/** @param {string} sampler */
export const hasTwin = (sampler) => Object.hasOwn(TWINS, sampler);

/** @param {string} sampler one that has a twin */
export const takesSaliency = (sampler) => hasTwin(sampler) && TWINS[sampler].attracts;

/**
 * (h, w) of the zoomed image: the height follows from the aspect of the source. A width that makes more than
 * LARGEST_ZOOM pixels acts as the largest that does not.
 * @param {number} width @param {Size} source @returns {[number, number]}
 */
export function zoomedSize(width, [rows, columns]) {
  const height = (/** @type {number} */ w) => Math.max(1, Math.floor((w * rows) / columns + 0.5));
  let w = Math.max(1, Math.min(width, Math.ceil(Math.sqrt(LARGEST_ZOOM / (rows / columns)))));
  while (w > 1 && height(w) * w > LARGEST_ZOOM) w--;
  return [Math.min(height(w), LARGEST_ZOOM), w];
}

/** @param {SamplerState} state */
const isPublished = ({ sampler, mode }) => mode === "published" && TWINS[sampler]?.published === true;

/**
 * @param {SamplerState} state @returns {AttractionOptions}
 */
export const attractionOptions = (state) => ({
  fwhm: state.fwhm,
  separable: state.separable,
  antiCrop: state.antiCrop,
  floor: state.floor ?? (isPublished(state) ? 0 : null),
});

/**
 * The warp of a state.
 * @param {SamplerState} state
 * @param {ArrayLike<number> | null} saliency (h, w) at state.nodes; null for samplers that take none
 * @param {Size} zoomed @param {Size} source true size, pixels
 * @param {import("./attraction.js").AttractionWorkspace} [workspace] owns the nodes: the next call overwrites them
 * @returns {Warp}
 */
export function samplerWarp(state, saliency, zoomed, source, workspace) {
  if (!hasTwin(state.sampler)) throw new RangeError(`no twin of ${state.sampler}`);
  const twin = TWINS[state.sampler];
  if (twin.warp) return twin.warp(zoomed, source);
  if (!saliency) throw new RangeError(`${state.sampler} needs a saliency map`);
  const size = /** @type {Size} */ ([state.nodes[0], state.nodes[1]]);
  const nodes = attract(saliency, size[0], size[1], attractionOptions(state), workspace);
  const warp = { nodes, size, separable: state.separable };
  return twin.halfPixel && isPublished(state) ? halfPixelWarp(warp, zoomed, source) : warp;
}

/**
 * A half-pixel coordinate (-1, +1: outer edges) in the corner-aligned convention.
 * @param {number} g @param {number} n
 */
const fromHalfPixel = (g, n) => toNormalised(((g + 1) * n - 1) / 2, n);

/** @param {Size} zoomed @param {Size} source @returns {Warp} */
function areaWarp(zoomed, source) {
  const [h, w] = [Math.max(zoomed[0], 2), Math.max(zoomed[1], 2)];
  const nodes = new Float64Array(h * w * 2);
  for (let i = 0, k = 0; i < h; i++) {
    for (let j = 0; j < w; j++, k += 2) {
      nodes[k] = fromHalfPixel(areaCentre(j, zoomed[1]), source[1]);
      nodes[k + 1] = fromHalfPixel(areaCentre(i, zoomed[0]), source[0]);
    }
  }
  return { nodes, size: [h, w], separable: true };
}

/** Half-pixel coordinate of pixel k of n; an axis of one pixel spans the source. @param {number} k @param {number} n */
const areaCentre = (k, n) => (n > 1 ? (2 * k + 1) / n - 1 : 2 * k - 1);

/**
 * What control nodes mean to code that stretches and reads them half-pixel: exact at the zoomed pixels.
 * @param {Warp} control @param {Size} zoomed @param {Size} source @returns {Warp}
 */
export function halfPixelWarp({ nodes: control, size: [h, w], separable }, zoomed, source) {
  const [rows, columns] = [Math.max(zoomed[0], 2), Math.max(zoomed[1], 2)];
  const nodes = new Float64Array(rows * columns * 2);
  for (let r = 0, k = 0; r < rows; r++) {
    const [i, below, v] = stretched(Math.min(r, zoomed[0] - 1), zoomed[0], h);
    for (let c = 0; c < columns; c++, k += 2) {
      const [j, right, u] = stretched(Math.min(c, zoomed[1] - 1), zoomed[1], w);
      for (let axis = 0; axis < 2; axis++) {
        const at = (/** @type {number} */ row, /** @type {number} */ column) => control[2 * (row * w + column) + axis];
        const top = at(i, j) + u * (at(i, right) - at(i, j));
        const bottom = at(below, j) + u * (at(below, right) - at(below, j));
        nodes[k + axis] = fromHalfPixel(top + v * (bottom - top), source[1 - axis]);
      }
    }
  }
  return { nodes, size: [rows, columns], separable };
}

/**
 * Half-pixel position of pixel k of `count` among n nodes: node, next node, share.
 * @param {number} k @param {number} count @param {number} n @returns {[number, number, number]}
 */
function stretched(k, count, n) {
  const at = Math.max(((k + 0.5) * n) / count - 0.5, 0);
  const node = Math.min(Math.floor(at), n - 1);
  return [node, Math.min(node + 1, n - 1), at - node];
}

/**
 * What the public code of LZU makes of an inverse on a lattice, in place: the last row or column that is lost has no
 * answer, and gets the marker 2 max(H, W) in units of control nodes; on small lattices that is a valid place. Validity
 * has no tolerance: |x|, |y| <= 1 in float32.
 * @param {import("./inverse.js").Inverse} inverse @param {Size} lattice @param {Size} nodes
 * @param {Lost} lost
 */
export function publishedInverse({ grid, valid }, [rows, columns], [h, w], lost) {
  const x = toNormalised(2 * Math.max(rows, columns), w), y = toNormalised(2 * Math.max(rows, columns), h);
  for (let r = 0, k = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, k++) {
      const hole = (lost.row && r === rows - 1) || (lost.column && c === columns - 1);
      if (hole) {
        grid[2 * k] = x;
        grid[2 * k + 1] = y;
      }
      const inside = Math.abs(Math.fround(grid[2 * k])) <= 1 && Math.abs(Math.fround(grid[2 * k + 1])) <= 1;
      valid[k] = inside && (hole || valid[k] === 1) ? 1 : 0;
    }
  }
}

/** @typedef {{row: boolean, column: boolean}} Lost the lines of a lattice that the public code of LZU cannot invert */

/**
 * Which lines that is: those at which its grid, in float32, ends short of 1 by rounding; null where lattices are
 * inverted exactly. Sums are rounded in another order than torch's, so single maps differ from Python's answer.
 * @param {SamplerState} state @param {ArrayLike<number> | null} saliency (h, w) at state.nodes
 * @returns {Lost | null}
 */
export function lostLines(state, saliency) {
  if (!TWINS[state.sampler]?.holes || !isPublished(state) || !state.separable || !saliency) return null;
  const [h, w] = state.nodes, radius = Math.min(h, w) - 1;
  const columns = new Float32Array(w), rows = new Float32Array(h);
  for (let r = 0, k = 0; r < h; r++) {
    for (let c = 0; c < w; c++, k++) {
      columns[c] += saliency[k];
      rows[r] += saliency[k];
    }
  }
  const short = (/** @type {Float32Array} */ marginal) => roundedEnd(marginal, radius, state) < 1;
  return { row: short(rows), column: short(columns) };
}

/**
 * Where an axis ends, summed in float32.
 * @param {Float32Array} marginal @param {number} radius @param {SamplerState} state
 */
function roundedEnd(marginal, radius, { fwhm, antiCrop }) {
  const f = Math.fround, n = marginal.length;
  let total = 0, moment = 0;
  for (let step = -radius; step <= radius; step++) {
    const q = n - 1 + step;
    const at = q < n ? q : antiCrop ? 2 * (n - 1) - q : n - 1;
    const value = f(marginal[at] * f(Math.exp((-4 * Math.LN2 * step * step) / (fwhm * fwhm))));
    total = f(total + value);
    moment = f(moment + f(value * f(q / (n - 1))));
  }
  return f(f(f(moment / total) * 2) - 1);
}

/**
 * Zeros outside the picture, as the public code of LZ reads: a sample beyond the centre of a border pixel takes so much
 * less of it, in place. Whole pixels and footprints have no such reading.
 * @param {SamplerState & {interpolation: string}} state @param {Float64Array} grid
 * @param {readonly number[]} size of the picture
 * @param {Float32Array} colours (h, w, 4)
 */
export function darkenOutside(state, grid, [h, w], colours) {
  if (!TWINS[state.sampler]?.halfPixel || !isPublished(state) || state.interpolation !== "bilinear") return;
  const inside = (/** @type {number} */ g, /** @type {number} */ n) =>
    Math.max(0, 1 - Math.max(0, ((Math.abs(g) - 1) * (n - 1)) / 2));
  for (let k = 0; 4 * k < colours.length; k++) {
    const share = inside(grid[2 * k], w) * inside(grid[2 * k + 1], h);
    for (let c = 0; share < 1 && c < 3; c++) colours[4 * k + c] *= share;
  }
}
