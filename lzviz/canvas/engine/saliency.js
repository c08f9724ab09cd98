/**
 * Where to look, at the control nodes. The rules, in full, by what the state calls `saliency`:
 *
 *     paint   m = P / 255                                   S = 1 + (strength - 1) resize(m)
 *     file    m = F / 255                                   S = resize(m)
 *     centre  S = exp(-(x^2 + y^2) / (2 * 0.35^2)), x and y normalised, rounded to float32
 *     boxes   S = sum_b [a K_b / (1e-5 + sum K_b) + 1/(2P + 1)^2] / total,   a = strength/50, P = min(h, w) - 1,
 *             K_b = exp(-((X - cx)^2 / (64 bw) + (Y - cy)^2 / (64 bh)) / 2),   X = linspace(0, W, w), Y likewise
 *     fixed   S = the stored map, on its own lattice
 *     others  m = clip(E / 255 + (D - 128) / 127, 0, 1)     S = resize(m)
 *
 * then S ** contrast, and last, where S is not on the nodes yet, plain bilinear. P and F are the byte maps of the paint
 * and of the uploaded map; E is what Python found in the picture (edges, and whatever else is registered there) and D
 * what was painted on that, on one lattice (128 = no change; null means all 128). No paint, nothing found yet, no file,
 * no boxes: uniform (all S equal). Boxes are pixel edges of the source; a side below one pixel counts as one. Strength
 * 50, where its slider starts, is the amplitude a = 1 of the FOVEA paper.
 *
 * resize: corner-aligned, from n to m cells, with a triangle filter that widens where the map shrinks:
 *
 *     out[i] = sum_k w(k - i s) in[k] / sum_k w(k - i s),   s = (n - 1)/(m - 1),   w(d) = max(0, 1 - |d| / max(1, s))
 *
 * (`lzviz.saliency.to_nodes`); plain bilinear has 1 in place of max(1, s).
 *
 * @typedef {import("./coords.js").Size} Size
 *
 * @typedef {object} ByteMap
 * @property {number} h @property {number} w at least 2 each
 * @property {Uint8Array} data (h, w)
 *
 * @typedef {{h: number, w: number, data: ArrayLike<number>}} FloatMap
 *
 * @typedef {object} SaliencyState the part of the page's state that is read here
 * @property {string} saliency name of its source
 * @property {number} strength @property {number} contrast
 * @property {ByteMap | null} paint @property {ByteMap | null} edgePaint
 * @property {readonly (readonly number[])[]} boxes x0, y0, x1, y1 source pixels
 *
 * @typedef {object} SaliencySources maps that are no part of the state
 * @property {ByteMap & {of: string} | null} [found] in the picture, by the source `of`
 * @property {ByteMap | null} [file] @property {FloatMap | null} [fixed]
 *
 * @typedef {object} AxisWeights sparse rows: out[i] = sum_t weight[starts[i] + t] in[first[i] + t]
 * @property {Int32Array} first @property {Int32Array} starts @property {Float64Array} weight
 *
 * @typedef {object} SaliencyWorkspace
 * @property {Map<string, AxisWeights>} axes @property {Float64Array} input @property {Float64Array} half
 * @property {Float64Array} saliency @property {Float64Array} raised @property {Float64Array} attracting
 */

import { reuse, toNormalised } from "./coords.js";

/**
 * What is made here, and what the visitor makes it of by hand. The map of any other source is found by Python in the
 * picture, and can be painted on.
 * @type {Readonly<Record<string, {hand: "paint" | "boxes" | null}>>}
 */
const MADE = Object.freeze({ paint: { hand: "paint" }, boxes: { hand: "boxes" }, centre: { hand: null },
  fixed: { hand: null }, file: { hand: null } });

/** Whether the map of a source is found in the picture. @param {string} saliency */
export const isFound = (saliency) => !Object.hasOwn(MADE, saliency);

/** The key of the state that holds what is made by hand for a source. @param {string} saliency */
export const handOf = (saliency) => (isFound(saliency) ? "edgePaint" : MADE[saliency].hand);

/** Width of the centre blob in normalised coordinates. */
const CENTRE_SIGMA = 0.35;

/** Bandwidth of FOVEA's kernel density, in pixels: bandwidth * side is a variance. */
const BANDWIDTH = 64;

/** The strength that stands for FOVEA's amplitude 1. */
const UNIT_STRENGTH = 50;

/** So many axis filters are kept: sizes change rarely, but sliders must not fill the memory. */
const KEPT_AXES = 16;

/** @returns {SaliencyWorkspace} */
export function createSaliencyWorkspace() {
  const empty = () => new Float64Array(0);
  return { axes: new Map(), input: empty(), half: empty(), saliency: empty(), raised: empty(),
    attracting: empty() };
}

/**
 * The saliency of a state, before contrast.
 * @param {SaliencyState} state @param {SaliencySources} sources @param {Size} nodes @param {Size} source (h, w) pixels
 * @param {SaliencyWorkspace} [workspace] its buffers are reused: the result is overwritten by the next call
 * @returns {FloatMap} non-negative; at the nodes, except for a fixed map
 */
export function saliencyOf(state, sources, nodes, source, workspace = createSaliencyWorkspace()) {
  if (state.saliency === "fixed" && sources.fixed) return sources.fixed;
  const [h, w] = nodes;
  const data = (workspace.saliency = reuse(workspace.saliency, h * w, Float64Array));
  switch (state.saliency) {
    case "paint": strengthen(maskOf(state.paint, nodes, workspace), state.strength); break;
    case "file": maskOf(sources.file, nodes, workspace); break;
    case "centre": centreBlob(nodes, data); break;
    case "boxes": boxDensity(state.boxes, source, nodes, state.strength / UNIT_STRENGTH, data); break;
    case "fixed": data.fill(1); break;
    default: foundOf(sources.found?.of === state.saliency ? sources.found : null, state.edgePaint, nodes, workspace);
  }
  return { h, w, data };
}

/**
 * What attracts: the map with its contrast, at the nodes.
 * @param {FloatMap} map @param {number} contrast exponent > 0 @param {Size} nodes
 * @param {SaliencyWorkspace} [workspace] its buffers are reused
 * @returns {Float64Array} (h, w)
 */
export function saliencyAtNodes({ h, w, data }, contrast, nodes, workspace = createSaliencyWorkspace()) {
  const raised = (workspace.raised = reuse(workspace.raised, h * w, Float64Array));
  for (let k = 0; k < raised.length; k++) raised[k] = contrast === 1 ? data[k] : data[k] ** contrast;
  if (h === nodes[0] && w === nodes[1]) return raised;
  workspace.attracting = resizeMask(raised, [h, w], nodes, workspace.attracting, workspace, false);
  return workspace.attracting;
}

/** @param {Float64Array} mask @param {number} strength */
function strengthen(mask, strength) {
  for (let k = 0; k < mask.length; k++) mask[k] = 1 + (strength - 1) * mask[k];
}

/**
 * A byte map at the nodes, in [0, 1]; zeros where there is none.
 * @param {ByteMap | null | undefined} map @param {Size} nodes @param {SaliencyWorkspace} workspace
 */
function maskOf(map, nodes, workspace) {
  if (!map) return workspace.saliency.fill(0);
  const input = (workspace.input = reuse(workspace.input, map.data.length, Float64Array));
  for (let k = 0; k < input.length; k++) input[k] = map.data[k] / 255;
  return resizeMask(input, [map.h, map.w], nodes, workspace.saliency, workspace);
}

/**
 * @param {ByteMap | null} found @param {ByteMap | null} painted
 * @param {Size} nodes @param {SaliencyWorkspace} workspace
 */
function foundOf(found, painted, nodes, workspace) {
  const lattice = found ?? painted;
  if (!lattice) return workspace.saliency.fill(0);
  if (found && painted && (found.h !== painted.h || found.w !== painted.w)) {
    throw new RangeError(`the map is ${found.h} x ${found.w}, its paint is ${painted.h} x ${painted.w}`);
  }
  const input = (workspace.input = reuse(workspace.input, lattice.data.length, Float64Array));
  for (let k = 0; k < input.length; k++) {
    const here = found ? found.data[k] / 255 : 0;
    const change = painted ? (painted.data[k] - 128) / 127 : 0;
    input[k] = Math.min(Math.max(here + change, 0), 1);
  }
  return resizeMask(input, [lattice.h, lattice.w], nodes, workspace.saliency, workspace);
}

/** @param {Size} nodes @param {Float64Array} out */
function centreBlob([h, w], out) {
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      const squared = toNormalised(j, w) ** 2 + toNormalised(i, h) ** 2;
      out[i * w + j] = Math.fround(Math.exp(-squared / (2 * CENTRE_SIGMA ** 2)));
    }
  }
}

/**
 * FOVEA's kernel density of boxes (Thavamani et al. 2021, section 3.3), sum 1.
 * @param {readonly (readonly number[])[]} boxes @param {Size} source @param {Size} nodes
 * @param {number} amplitude @param {Float64Array} out (h, w)
 */
export function boxDensity(boxes, [height, width], [h, w], amplitude, out) {
  out.fill(boxes.length ? 0 : 1);
  const across = new Float64Array(w), down = new Float64Array(h);
  for (const [x0, y0, x1, y1] of boxes) {
    const columns = kernel(across, width, (x0 + x1) / 2, x1 - x0);
    const rows = kernel(down, height, (y0 + y1) / 2, y1 - y0);
    const scale = amplitude / (1e-5 + columns * rows);
    const base = 1 / (2 * Math.min(h, w) - 1) ** 2;
    for (let i = 0, k = 0; i < h; i++) {
      for (let j = 0; j < w; j++, k++) out[k] += scale * down[i] * across[j] + base;
    }
  }
  let total = 0;
  for (const value of out) total += value;
  for (let k = 0; k < out.length; k++) out[k] /= total;
  return out;
}

/**
 * One factor of K_b on linspace(0, extent, n), and its sum.
 * @param {Float64Array} out @param {number} extent @param {number} centre @param {number} side
 */
function kernel(out, extent, centre, side) {
  const variance = BANDWIDTH * Math.max(side, 1);
  let sum = 0;
  for (let k = 0; k < out.length; k++) {
    const at = (k * extent) / (out.length - 1);
    sum += out[k] = Math.exp((-0.5 * (at - centre) ** 2) / variance);
  }
  return sum;
}

/**
 * Both at once: what attracts, for a state.
 * @param {SaliencyState} state @param {SaliencySources} sources @param {Size} nodes @param {Size} source
 * @param {SaliencyWorkspace} [workspace] @returns {Float64Array} (h, w)
 */
export function computeSaliency(state, sources, nodes, source, workspace = createSaliencyWorkspace()) {
  return saliencyAtNodes(saliencyOf(state, sources, nodes, source, workspace), state.contrast, nodes, workspace);
}

/**
 * A map at another lattice, corner-aligned.
 * @param {Float64Array} values (h, w) @param {Size} from @param {Size} to
 * @param {Float64Array} [out] @param {SaliencyWorkspace} [workspace]
 * @param {boolean} [antialias] triangle filter where it shrinks (default), or plain bilinear
 * @returns {Float64Array} (to)
 */
export function resizeMask(values, from, to, out, workspace = createSaliencyWorkspace(), antialias = true) {
  const [h, w] = from, [rows, columns] = to;
  const result = reuse(out, rows * columns, Float64Array);
  const across = axisOf(workspace, w, columns, antialias), down = axisOf(workspace, h, rows, antialias);
  const half = (workspace.half = reuse(workspace.half, h * columns, Float64Array));
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let t = across.starts[j], k = i * w + across.first[j]; t < across.starts[j + 1]; t++, k++) {
        sum += across.weight[t] * values[k];
      }
      half[i * columns + j] = sum;
    }
  }
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let t = down.starts[i], k = down.first[i] * columns + j; t < down.starts[i + 1]; t++, k += columns) {
        sum += down.weight[t] * half[k];
      }
      result[i * columns + j] = sum;
    }
  }
  return result;
}

/** @param {SaliencyWorkspace} workspace @param {number} n @param {number} m @param {boolean} antialias */
function axisOf({ axes }, n, m, antialias) {
  const key = `${n},${m},${antialias}`;
  const known = axes.get(key);
  if (known) return known;
  if (axes.size >= KEPT_AXES) axes.clear();
  const made = axisWeights(n, m, antialias);
  axes.set(key, made);
  return made;
}

/**
 * Triangle filter from n cells to m, corners on corners.
 * @param {number} n @param {number} m @param {boolean} [antialias] @returns {AxisWeights}
 */
export function axisWeights(n, m, antialias = true) {
  const step = m > 1 ? (n - 1) / (m - 1) : 0;
  const reach = antialias ? Math.max(1, step) : 1;
  const first = new Int32Array(m), starts = new Int32Array(m + 1);
  /** @type {number[]} */
  const weight = [];
  for (let i = 0; i < m; i++) {
    const centre = i * step;
    const low = Math.max(Math.floor(centre - reach) + 1, 0), high = Math.min(Math.ceil(centre + reach) - 1, n - 1);
    let total = 0;
    for (let k = low; k <= high; k++) total += 1 - Math.abs(k - centre) / reach;
    for (let k = low; k <= high; k++) weight.push((1 - Math.abs(k - centre) / reach) / total);
    first[i] = low;
    starts[i + 1] = weight.length;
  }
  return { first, starts, weight: Float64Array.from(weight) };
}
