/**
 * Saliency -> control nodes: every node moves to the weighted mean of the places around it,
 *
 *     node(p) = sum_q S(q) k(p - q) q / sum_q S(q) k(p - q),    k(d) = exp(-4 ln2 |d|^2 / fwhm^2)
 *
 * (Recasens et al. 2018, eq. 3). q runs over the cells of S padded by P cells; padded cell i has the coordinate
 * (i - P)/(n - 1), so that the padding really pulls outwards.
 *
 * The Gaussian is separable even where the saliency is not, and padding is linear. So padding and filtering
 * along an axis of n cells are together one n x n matrix, and weighting by the coordinate is a second one:
 *
 *     mass[p, c]   = sum of k(t) over the offsets t whose padded cell p + t is a copy of cell c
 *     moment[p, c] = the same sum, each term times the coordinate (p + t)/(n - 1)
 *
 * and the whole warp is  x = (Mr S Qc') / (Mr S Mc'),  y = (Qr S Mc') / (Mr S Mc')  (r rows, c columns).
 * A separable warp does the same on the two marginals of S. These matrices depend on the options alone and are
 * kept in the workspace. p need not be a cell: the same sums at every zoomed pixel are the warp that the control
 * grid approximates (`attractAt`).
 *
 * @typedef {"reflect" | "replicate" | "zero"} Padding
 *
 * @typedef {object} AttractionOptions
 * @property {number} fwhm                full width of k at half maximum, in saliency cells, > 0
 * @property {boolean} [separable]        attract the marginals, default false
 * @property {boolean} [antiCrop]         true: padding "reflect" (default), false: "replicate"
 * @property {Padding} [padding]          overrides antiCrop
 * @property {number | null} [kernelRadius]  P in rows, default min(h, w) - 1; columns int(aspect * P)
 * @property {number} [aspect]            stretch of the column kernel, default 1 (LDS: width // height)
 * @property {number | null} [floor]      smallest saliency as a share of its mean; null: 1e-3 if any cell is 0
 *
 * @typedef {object} Filter one axis
 * @property {number} n             cells
 * @property {number} count         positions p, corner-aligned on the cells: n for the nodes
 * @property {Float64Array} mass    (count, n)
 * @property {Float64Array} moment  (count, n)
 *
 * @typedef {object} AttractionWorkspace buffers kept between calls
 * @property {string} key
 * @property {Filter | null} rows @property {Filter | null} columns
 * @property {Float64Array} saliency @property {Float64Array} mass @property {Float64Array} moment
 * @property {Float64Array} marginal @property {Float64Array} nodes
 */

import { latticePosition, reuse, toNormalised } from "./coords.js";

/** Below this a sum of weights has lost its digits: nothing attracts. */
const SMALLEST_NORMAL = 2 ** -1022;

/** @returns {AttractionWorkspace} */
export function createAttractionWorkspace() {
  const empty = () => new Float64Array(0);
  return {
    key: "", rows: null, columns: null,
    saliency: empty(), mass: empty(), moment: empty(), marginal: empty(), nodes: empty(),
  };
}

/**
 * Control nodes of a saliency map.
 *
 * @param {ArrayLike<number>} saliency (h, w) row by row, non-negative, any scale; all zero means uniform
 * @param {number} h @param {number} w at least 2 each
 * @param {AttractionOptions} options
 * @param {AttractionWorkspace} [workspace] its buffers are reused: the result is overwritten by the next call
 * @returns {Float64Array} (h, w, 2) x before y in [-1, 1]; always finite
 * @throws {RangeError} for a negative or non-finite saliency, a wrong length or fwhm
 */
export function attract(saliency, h, w, options, workspace = createAttractionWorkspace()) {
  return attractAt(saliency, h, w, options, [h, w], workspace);
}

/**
 * The warp itself at the pixels of a lattice, without a control grid in between.
 *
 * @param {ArrayLike<number>} saliency @param {number} h @param {number} w @param {AttractionOptions} options
 * @param {import("./coords.js").Size} lattice (rows, columns) corner-aligned on the cells
 * @param {AttractionWorkspace} [workspace] as in attract; keep one for each lattice
 * @returns {Float64Array} (rows, columns, 2)
 */
export function attractAt(saliency, h, w, options, lattice, workspace = createAttractionWorkspace()) {
  prepareFilters(workspace, h, w, options, lattice);
  workspace.saliency = normaliseSaliency(saliency, h, w, options.floor ?? null, workspace.saliency);
  workspace.nodes = reuse(workspace.nodes, lattice[0] * lattice[1] * 2, Float64Array);
  if (options.separable) attractMarginals(workspace, h, w);
  else attractPlane(workspace, h, w);
  return workspace.nodes;
}

/**
 * S / max S with its floor: max(S, floor * mean S). A map of zeros becomes ones.
 * @param {ArrayLike<number>} saliency @param {number} h @param {number} w
 * @param {number | null} floor @param {Float64Array} [out]
 */
export function normaliseSaliency(saliency, h, w, floor, out) {
  if (saliency.length !== h * w) throw new RangeError(`expected ${h} x ${w} saliency cells, got ${saliency.length}`);
  let peak = 0;
  let zeros = false;
  for (let k = 0; k < saliency.length; k++) {
    const value = saliency[k];
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`saliency must be finite and >= 0, got ${value}`);
    if (value > peak) peak = value;
    if (value === 0) zeros = true;
  }
  const result = reuse(out, h * w, Float64Array);
  if (peak === 0) return result.fill(1);
  let sum = 0;
  for (let k = 0; k < result.length; k++) sum += result[k] = saliency[k] / peak;
  const share = floor ?? (zeros ? 1e-3 : 0);
  const least = (share * sum) / result.length;
  for (let k = 0; k < result.length; k++) if (result[k] < least) result[k] = least;
  return result;
}

/**
 * k at a distance d in cells.
 * @param {number} fwhm @returns {(d: number) => number}
 */
const gaussian = (fwhm) => (d) => Math.exp(-4 * Math.LN2 * (d / fwhm) ** 2);

/**
 * The taps of a kernel of a radius resized bilinearly, half-pixel, to another radius, as a function of d (linear
 * between the taps): LDS stretches its column kernel so.
 * @param {(d: number) => number} kernel @param {number} radius @param {number} wide
 * @returns {(d: number) => number}
 */
export function stretchKernel(kernel, radius, wide) {
  const from = 2 * radius + 1, to = 2 * wide + 1;
  const taps = Float64Array.from({ length: to }, (_, t) => {
    const at = Math.min(Math.max(((t + 0.5) * from) / to - 0.5, 0), from - 1);
    const cell = Math.floor(at);
    const next = Math.min(cell + 1, from - 1);
    return kernel(cell - radius) * (1 - at + cell) + kernel(next - radius) * (at - cell);
  });
  return (d) => {
    const cell = Math.min(Math.floor(d + wide), to - 1);
    const share = d + wide - cell;
    return share === 0 ? taps[cell] : taps[cell] * (1 - share) + taps[cell + 1] * share;
  };
}

/**
 * Which cell of an axis of n the padded position i copies; -1 for none. Reflection leaves the border cell out and goes
 * n - 1 cells far.
 * @param {number} i @param {number} n @param {Padding} padding
 */
export function paddedCell(i, n, padding) {
  if (i >= 0 && i < n) return i;
  if (padding === "zero") return -1;
  if (padding === "replicate") return i < 0 ? 0 : n - 1;
  return n - 1 - Math.abs(n - 1 - Math.abs(i));
}

/**
 * @param {number} n @param {number} radius @param {(d: number) => number} kernel @param {Padding} padding
 * @param {number} count @returns {Filter}
 */
function axisFilter(n, radius, kernel, padding, count) {
  const mass = new Float64Array(count * n);
  const moment = new Float64Array(count * n);
  for (let k = 0; k < count; k++) {
    const p = latticePosition(k, count, n);
    for (let q = Math.ceil(p - radius); q <= p + radius; q++) {
      const cell = paddedCell(q, n, padding);
      if (cell < 0) continue;
      const weight = kernel(p - q);
      mass[k * n + cell] += weight;
      moment[k * n + cell] += (weight * q) / (n - 1);
    }
  }
  return { n, count, mass, moment };
}

/**
 * @param {AttractionWorkspace} workspace @param {number} h @param {number} w @param {AttractionOptions} options
 * @param {import("./coords.js").Size} lattice
 */
function prepareFilters(workspace, h, w, options, lattice) {
  const { fwhm, aspect = 1 } = options;
  const radius = options.kernelRadius ?? Math.min(h, w) - 1;
  const padding = options.padding ?? (options.antiCrop === false ? "replicate" : "reflect");
  const key = `${h},${w},${fwhm},${radius},${aspect},${padding},${lattice}`;
  if (workspace.key === key) return;
  if (!(h >= 2 && w >= 2)) throw new RangeError(`expected at least 2 x 2 nodes, got ${h} x ${w}`);
  if (!(fwhm > 0)) throw new RangeError(`fwhm must be > 0 saliency cells, got ${fwhm}`);
  const columnRadius = Math.trunc(aspect * radius);
  if (padding === "reflect" && (radius > h - 1 || columnRadius > w - 1)) {
    throw new RangeError(`reflect padding of ${radius} rows and ${columnRadius} columns needs more nodes than ` +
      `${h} x ${w}; lower the kernel radius or the aspect, or use replicate padding`);
  }
  const kernel = gaussian(fwhm);
  const wide = columnRadius === radius ? kernel : stretchKernel(kernel, radius, columnRadius);
  workspace.rows = axisFilter(h, radius, kernel, padding, lattice[0]);
  workspace.columns = axisFilter(w, columnRadius, wide, padding, lattice[1]);
  workspace.key = key;
}

/** @param {AttractionWorkspace} workspace @param {number} h @param {number} w */
function attractPlane(workspace, h, w) {
  const { rows, columns, saliency, nodes } = workspace;
  if (!rows || !columns) return;
  const mass = (workspace.mass = reuse(workspace.mass, w, Float64Array));
  const moment = (workspace.moment = reuse(workspace.moment, w, Float64Array));
  const columnMass = columns.mass, columnMoment = columns.moment;
  const { count } = columns;
  for (let i = 0; i < rows.count; i++) {
    combineRows(rows.mass, saliency, i, h, w, mass);
    combineRows(rows.moment, saliency, i, h, w, moment);
    // Two columns at a time, so that sums need not wait for each other; the last one alone is its own neighbour.
    for (let j = 0; j < count; j += 2) {
      const next = j + 1 < count ? j + 1 : j;
      let weight = 0, x = 0, y = 0, nextWeight = 0, nextX = 0, nextY = 0;
      for (let c = 0, k = j * w, n = next * w; c < w; c++, k++, n++) {
        const m = mass[c], q = moment[c], share = columnMass[k], nextShare = columnMass[n];
        weight += share * m;
        x += columnMoment[k] * m;
        y += share * q;
        nextWeight += nextShare * m;
        nextX += columnMoment[n] * m;
        nextY += nextShare * q;
      }
      const at = 2 * (i * count + j), after = 2 * (i * count + next);
      nodes[at] = place(x, weight, j, count);
      nodes[at + 1] = place(y, weight, i, rows.count);
      nodes[after] = place(nextX, nextWeight, next, count);
      nodes[after + 1] = place(nextY, nextWeight, i, rows.count);
    }
  }
}

/**
 * out[c] = sum_r filter[i, r] S[r, c]
 * @param {Float64Array} filter @param {Float64Array} saliency
 * @param {number} i @param {number} h @param {number} w @param {Float64Array} out
 */
function combineRows(filter, saliency, i, h, w, out) {
  out.fill(0);
  for (let r = 0; r < h; r++) {
    const share = filter[i * h + r];
    for (let c = 0, k = r * w; c < w; c++, k++) out[c] += share * saliency[k];
  }
}

/** @param {AttractionWorkspace} workspace @param {number} h @param {number} w */
function attractMarginals(workspace, h, w) {
  const { rows, columns, saliency, nodes } = workspace;
  if (!rows || !columns) return;
  const marginal = (workspace.marginal = reuse(workspace.marginal, h + w, Float64Array)).fill(0);
  for (let i = 0, k = 0; i < h; i++) {
    for (let j = 0; j < w; j++, k++) {
      marginal[j] += saliency[k];
      marginal[w + i] += saliency[k];
    }
  }
  for (let j = 0; j < columns.count; j++) {
    const x = attractCell(columns, marginal, 0, j);
    for (let i = 0; i < rows.count; i++) nodes[2 * (i * columns.count + j)] = x;
  }
  for (let i = 0; i < rows.count; i++) {
    const y = attractCell(rows, marginal, w, i);
    for (let j = 0; j < columns.count; j++) nodes[2 * (i * columns.count + j) + 1] = y;
  }
}

/**
 * @param {Filter} filter @param {Float64Array} marginal @param {number} start @param {number} p
 */
function attractCell({ n, count, mass, moment }, marginal, start, p) {
  let weight = 0, sum = 0;
  for (let c = 0; c < n; c++) {
    weight += mass[p * n + c] * marginal[start + c];
    sum += moment[p * n + c] * marginal[start + c];
  }
  return place(sum, weight, p, count);
}

/**
 * The mean, normalised and clamped; the node's own place where nothing pulls (possible with floor 0 only).
 * @param {number} sum @param {number} weight @param {number} p @param {number} n
 */
function place(sum, weight, p, n) {
  if (weight <= SMALLEST_NORMAL) return toNormalised(p, n);
  return Math.min(1, Math.max(-1, (2 * sum) / weight - 1));
}
