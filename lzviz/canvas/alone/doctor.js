// @ts-check
/**
 * The doctor without Python: what the engine can check of a grid by itself. In what order and unit its places are
 * written, by which convention, what folds, what is never seen. As lzviz.doctor reads it; the other checks need it.
 *
 * @typedef {import("../schema/contract.js").Diagnosed} Diagnosed
 * @typedef {import("../schema/contract.js").FindingTold} Finding
 * @typedef {import("../core/text.js").Text} Text
 * @typedef {[number, number]} Size  (h, w)
 * @typedef {{shape: number[], dtype: string, data: Float64Array}} Numbers
 * @typedef {{size: Size, nodes: Float64Array}} Grid  x before y
 *
 * @typedef {object} Step
 * @property {"units" | "axis-order"} check
 * @property {Text} said
 * @property {string} fix
 * @property {(x: number, y: number) => [number, number]} mend
 */
import { Said } from "../core/errors.js";
import { t } from "../core/text.js";
import { doublesToBase64 } from "../core/wire.js";
import { foldTiles } from "../engine/warp.js";

/** As lzviz.doctor.reading.COST. */
const COST = { "axis-order": 0.5, units: 0.8 };
const MOST_NODES = 1 << 14;

/** The first grid of an array (..., h, w, 2) or (.., 2, h, w). @param {Numbers} numbers @returns {Grid} */
export function gridOf({ shape, data }) {
  const at = shape.slice(-3);
  const last = shape.length >= 3 && shape.length <= 4 && at[2] === 2;
  const first = !last && shape.length >= 3 && shape.length <= 4 && at[0] === 2;
  const size = /** @type {Size} */ (last ? [at[0], at[1]] : [at[1], at[2]]);
  if (!(last || first) || Math.min(...size) < 2) throw new Said(t("alone.onlyGrids"));
  const cells = size[0] * size[1];
  const nodes = last ? data.slice(0, 2 * cells)
    : Float64Array.from({ length: 2 * cells }, (_, k) => data[(k % 2) * cells + (k >> 1)]);
  if (nodes.some((value) => !Number.isFinite(value))) throw new Said(t("alone.notFinite"));
  return { size, nodes };
}

/** @param {Grid} grid @param {Step["mend"]} mend @returns {Grid} */
const mapped = ({ size, nodes }, mend) => {
  const out = new Float64Array(nodes.length);
  for (let k = 0; k < nodes.length; k += 2) [out[k], out[k + 1]] = mend(nodes[k], nodes[k + 1]);
  return { size, nodes: out };
};

/** Least and greatest of both axes. @param {Grid} grid */
function rangeOf({ nodes }) {
  const low = [Infinity, Infinity], high = [-Infinity, -Infinity];
  for (let k = 0; k < nodes.length; k++) {
    low[k % 2] = Math.min(low[k % 2], nodes[k]);
    high[k % 2] = Math.max(high[k % 2], nodes[k]);
  }
  return { low, high };
}

/** The steps that a reading may have. @param {Grid} grid @param {Size} source @returns {Step[][]} */
function chainsOf(grid, [h, w]) {
  const spans = [Math.max(w - 1, 1), Math.max(h - 1, 1)];
  /** @type {Step} */
  const order = { check: "axis-order", said: { key: "doctor.step.order" }, fix: "grid = grid.flip(-1)",
    mend: (x, y) => [y, x] };
  /** @type {Step} */
  const pixels = { check: "units", said: { key: "doctor.step.pixels.source", values: { h, w } },
    fix: `grid = 2 * grid / torch.tensor([${spans[0]}, ${spans[1]}]) - 1`,
    mend: (x, y) => [2 * x / spans[0] - 1, 2 * y / spans[1] - 1] };
  /** @type {Step} */
  const unit = { check: "units", said: { key: "doctor.step.unit" }, fix: "grid = 2 * grid - 1",
    mend: (x, y) => [2 * x - 1, 2 * y - 1] };
  const { low, high } = rangeOf(grid);
  const inUnit = [0, 1].every((k) => low[k] > -0.02 && high[k] < 1.02 && high[k] - low[k] > 0.6
    && Math.abs(low[k] + high[k] - 1) < 0.08);
  const units = [[], [pixels], ...(inUnit ? [[unit]] : [])];
  return units.flatMap((each) => [each, [order, ...each]]);
}

/** How implausible a grid is as a warp of a picture: cells turned over, extent, centre, turn. @param {Grid} grid */
function strangeness({ size: [h, w], nodes }) {
  const cells = h * w;
  const mean = [0, 0];
  for (let k = 0; k < nodes.length; k++) mean[k % 2] += nodes[k] / cells;
  const matrix = [[0, 0], [0, 0]], square = [0, 0];
  for (let i = 0, k = 0; i < h; i++) {
    for (let j = 0; j < w; j++, k += 2) {
      const plane = [2 * j / (w - 1) - 1, 2 * i / (h - 1) - 1];
      for (const b of [0, 1]) {
        square[b] += plane[b] ** 2;
        for (const a of [0, 1]) matrix[a][b] += (nodes[k + a] - mean[a]) * plane[b];
      }
    }
  }
  for (const b of [0, 1]) for (const a of [0, 1]) matrix[a][b] /= Math.max(square[b], 1e-12);
  const extent = [0, 1].map((b) => Math.hypot(matrix[0][b], matrix[1][b]));
  const along = matrix[0][0] + matrix[1][1];
  const turn = Math.hypot(along, matrix[0][1] - matrix[1][0]);
  const cosine = turn > 1e-12 ? along / turn : 0;
  let turned = 0;
  for (let i = 0; i < h - 1; i++) {
    for (let j = 0; j < w - 1; j++) {
      const a = 2 * (i * w + j), b = a + 2 * w;
      const area = (nodes[b + 2] - nodes[a]) * (nodes[b + 1] - nodes[a + 3])
        - (nodes[b + 3] - nodes[a + 1]) * (nodes[b] - nodes[a + 2]);
      turned += Number(area < 0) / ((h - 1) * (w - 1));
    }
  }
  const far = Math.max(...extent) > 3 ? 4 : 0.7;
  const off = Math.max(...mean.map(Math.abs)) < 1.5 ? 0.5 : 4;
  return 6 * turned + extent.reduce((sum, each) => sum + Math.min(Math.abs(Math.log(Math.max(each, 1e-9))), far), 0)
    + mean.reduce((sum, each) => sum + Math.min(Math.abs(each), off), 0) + 0.3 * (1 - cosine);
}

/** The least costly reading of a grid. @param {Grid} grid @param {Size} source @returns {readonly Step[]} */
export function readingOf(grid, source) {
  const cost = (/** @type {readonly Step[]} */ chain) => chain.reduce((sum, { check }) => sum + COST[check], 0)
    + strangeness(chain.reduce((made, { mend }) => mapped(made, mend), grid));
  return chainsOf(grid, source).map((chain) => ({ chain, cost: cost(chain) }))
    .reduce((best, each) => (each.cost < best.cost - 1e-12 ? each : best)).chain;
}

/** @param {number} value @param {"" | "share" | "px"} [unit] @returns {Text} */
const number = (value, unit = "") => {
  if (unit) return { key: `doctor.unit.${unit}`, values: { value } };
  const rounded = Number(value.toPrecision(4));
  return { key: Math.abs(rounded) > 0 && Math.abs(rounded) < 1e-4 ? "number.small" : "number.plain",
    values: { value: rounded } };
};

/** @param {string} check @param {Partial<Finding>} [more] @returns {Finding} */
const finding = (check, more = {}) => ({ check, verdict: "ok", value: { key: "doctor.value.as expected" },
  tolerance: "", place: [], sentence: { key: "doctor.says.ok" }, fix: "", mends: false, ...more });

/** @param {Grid} given @param {readonly Step[]} chain @param {Step["check"]} check @returns {Finding} */
function stepped(given, chain, check) {
  const steps = chain.filter((step) => step.check === check);
  if (!steps.length) return finding(check, { value: { key: "doctor.value.no" } });
  const { low, high } = rangeOf(given);
  const range = `${Number(Math.min(...low).toPrecision(4))} … ${Number(Math.max(...high).toPrecision(4))}`;
  return finding(check, { verdict: "fault", value: range, tolerance: "[-1, 1]", mends: true,
    fix: steps.map(({ fix }) => fix).join("\n"),
    sentence: { key: check === "units" ? "doctor.says.these" : "doctor.says.step",
      values: { steps: steps.map(({ said }) => said), range } } });
}

/** @param {Grid} grid @returns {Finding} */
function folds({ size: [h, w], nodes }) {
  const cells = foldTiles({ nodes, size: [h, w], separable: false });
  const box = [w, h, 0, 0];
  let count = 0, area = 0;
  cells.forEach((folded, k) => {
    if (!folded) return;
    const [i, j] = [Math.floor(k / (w - 1)), k % (w - 1)];
    const a = 2 * (i * w + j), b = a + 2 * w;
    count++;
    area += Math.abs((nodes[b + 2] - nodes[a]) * (nodes[a + 3] - nodes[b + 1])
      - (nodes[b + 3] - nodes[a + 1]) * (nodes[a + 2] - nodes[b])) / 8;
    box.splice(0, 4, Math.min(box[0], j), Math.min(box[1], i), Math.max(box[2], j + 1), Math.max(box[3], i + 1));
  });
  if (!count) return finding("folds", { value: number(0), tolerance: number(0) });
  const [x0, y0, x1, y1] = box;
  return finding("folds", { verdict: "fault", value: number(count), tolerance: number(0), place: [[x0, y0, x1, y1]],
    sentence: { key: "doctor.says.folds",
      values: { count, all: cells.length, area, x0, x1: x1 - 1, y0, y1: y1 - 1 } },
    fix: "grid = torch.as_tensor(lzviz.diagnose(grid, source_size).named('folds').apply(grid))" });
}

/** @param {Grid} grid @param {Size} source @returns {Finding} */
function crop(grid, [height, width]) {
  const { low, high } = rangeOf(grid);
  const step = [2 / Math.max(width - 1, 1), 2 / Math.max(height - 1, 1)];
  if ([0, 1].every((k) => low[k] <= -1 + step[k] / 2 && high[k] >= 1 - step[k] / 2)) {
    return finding("crop", { value: number(0, "share"), tolerance: number(0, "share") });
  }
  const seen = [0, 1].reduce((share, k) => share * Math.max(Math.min(high[k], 1) - Math.max(low[k], -1), 0) / 2, 1);
  const away = (/** @type {number} */ value) => Math.max(value, 0);
  return finding("crop", { verdict: seen < 0.2 ? "warning" : "note", value: number(1 - seen, "share"),
    tolerance: number(0, "share"),
    sentence: { key: "doctor.says.crop", values: { share: 1 - seen, left: away((low[0] + 1) / step[0]),
      top: away((low[1] + 1) / step[1]), right: away((1 - high[0]) / step[0]),
      bottom: away((1 - high[1]) / step[1]) } } });
}

/** @param {number[]} values */
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/**
 * The step that mends a mixed convention, and what it is called; null: none.
 * @param {Grid} grid @param {Size} source
 */
function conventionOf({ size: [h, w], nodes }, [height, width]) {
  const side = (/** @type {number} */ n, /** @type {(k: number) => number} */ at) =>
    Array.from({ length: n }, (_, k) => nodes[at(k)]);
  const sides = [side(h, (i) => 2 * i * w), side(w, (j) => 2 * j + 1), side(h, (i) => 2 * (i * w + w - 1)),
    side(w, (j) => 2 * ((h - 1) * w + j) + 1)];
  const mids = sides.map(median);
  const bent = Math.max(...sides.map((each, k) => {
    const off = each.map((value) => Math.abs(value - mids[k])).sort((a, b) => a - b);
    return off[Math.floor(0.9 * (off.length - 1))];
  }));
  /** @param {(n: number) => number} first @param {(n: number) => number} last @param {number[]} n */
  const at = (first, last, n) => {
    const room = n.map((each) => Math.min(0.1 / each + 2.4e-7, 0.45 / each));
    return [0, 1].every((k) => Math.abs(mids[k] - first(n[k])) < room[k]
      && Math.abs(mids[k + 2] - last(n[k])) < room[k]) && bent < Math.max(...room);
  };
  const source = [width, height], tensor = `torch.tensor([${width}, ${height}])`;
  const each = (/** @type {(g: number, n: number) => number} */ of) => (/** @type {number} */ x,
    /** @type {number} */ y) => /** @type {[number, number]} */ ([of(x, width), of(y, height)]);
  if ([source, [w, h]].some((n) => at((m) => -1 + 1 / m, (m) => 1 - 1 / m, n))) {
    return { told: "edges", fix: `grid = ((grid + 1) * ${tensor} - 1) / (${tensor} - 1) - 1`,
      mend: each((g, n) => ((g + 1) * n - 1) / Math.max(n - 1, 1) - 1) };
  }
  if (at((m) => -1 - 1 / Math.max(m - 1, 1), (m) => 1 + 1 / Math.max(m - 1, 1), source)) {
    return { told: "twice", fix: `grid = ((grid + 1) * (${tensor} - 1) + 1) / ${tensor} - 1`,
      mend: each((g, n) => ((g + 1) * (n - 1) + 1) / n - 1) };
  }
  if (at(() => -1, (m) => 1 - 2 / m, source)) {
    return { told: "divided", fix: `grid = (grid + 1) * ${tensor} / (${tensor} - 1) - 1`,
      mend: each((g, n) => (g + 1) * n / Math.max(n - 1, 1) - 1) };
  }
  return null;
}

/** @param {Grid} grid @param {Size} source @returns {Finding} */
function convention(grid, source) {
  const found = conventionOf(grid, source);
  if (!found) return finding("convention", { value: number(0, "px"), tolerance: number(0.05, "px") });
  const mended = mapped(grid, found.mend).nodes;
  const off = grid.nodes.reduce((most, value, k) =>
    Math.max(most, Math.abs(mended[k] - value) / (2 / Math.max(source[1 - (k % 2)] - 1, 1))), 0);
  return finding("convention", { verdict: "warning", value: number(off, "px"),
    tolerance: number(0.05, "px"), fix: found.fix,
    mends: true, sentence: { key: `doctor.says.convention.${found.told}`, values: { off } } });
}

const ORDER = ["ok", "note", "warning", "fault"];

/** @param {Grid} given @param {Size} source */
export function findingsOf(given, source) {
  const chain = readingOf(given, source);
  const grid = chain.reduce((made, { mend }) => mapped(made, mend), given);
  const findings = [stepped(given, chain, "axis-order"), stepped(given, chain, "units"), convention(grid, source),
    folds(grid), crop(grid, source)];
  return { chain, grid, findings: findings.sort((a, b) => ORDER.indexOf(b.verdict) - ORDER.indexOf(a.verdict)) };
}

/** A grid with the fix of a check. @param {Grid} grid @param {Size} source @param {string} check @returns {Grid} */
function treated(grid, source, check) {
  const chain = readingOf(grid, source);
  if (check === "convention") {
    const read = chain.reduce((made, { mend }) => mapped(made, mend), grid);
    const found = conventionOf(read, source);
    return found ? mapped(read, found.mend) : read;
  }
  return chain.reduce((made, { mend }) => mapped(made, mend), grid);
}

/** At most as many nodes as a page draws. @param {Grid} grid @returns {Grid} */
function bounded({ size: [h, w], nodes }) {
  const stride = Math.ceil(Math.sqrt(Math.max(1, h * w / MOST_NODES)));
  if (stride === 1) return { size: [h, w], nodes };
  const pick = (/** @type {number} */ n) => Array.from({ length: Math.max(2, Math.floor((n - 1) / stride) + 1) },
    (_, k, of = Math.max(2, Math.floor((n - 1) / stride) + 1)) => Math.round(k * (n - 1) / (of - 1)));
  const [rows, columns] = [pick(h), pick(w)];
  return { size: [rows.length, columns.length],
    nodes: Float64Array.from(rows.flatMap((i) => columns.flatMap((j) => [nodes[2 * (i * w + j)],
      nodes[2 * (i * w + j) + 1]]))) };
}

/**
 * As the server answers a diagnosis.
 * @param {{numbers: Numbers, name: string, id: string}} given
 * @param {{source: Size, applied?: readonly string[], mend?: boolean}} asked
 * @returns {Diagnosed}
 */
export function diagnosed({ numbers, name, id }, { source, applied = [], mend = false }) {
  let grid = applied.reduce((made, check) => treated(made, source, check), gridOf(numbers));
  let done = [...applied];
  let found = findingsOf(grid, source);
  for (let rounds = 0; mend && rounds < 4; rounds++) {
    const next = found.findings.find(({ mends }) => mends);
    if (!next) break;
    [grid, done] = [treated(grid, source, next.check), [...done, next.check]];
    found = findingsOf(grid, source);
  }
  const { findings, chain } = found;
  const bad = findings.filter(({ verdict }) => verdict === "fault" || verdict === "warning");
  const steps = chain.length ? chain.map(({ said }) => said) : [{ key: "doctor.step.none" }];
  const counts = ["fault", "warning", "note"].map((verdict) => ({ verdict,
    n: findings.filter((each) => each.verdict === verdict).length })).filter(({ n }) => n)
    .map(({ verdict, n }) => ({ key: `doctor.count.${verdict}`, values: { count: n } }));
  const sentence = !bad.length ? counts.length ? { key: "doctor.sum.noted", values: { counts } }
    : { key: "doctor.sum.well" } : { key: "doctor.sum.mend", values: { counts, check: bad[0].check,
    finding: bad[0].sentence, fix: bad[0].fix.split("\n")[0] } };
  const drawn = bounded(grid);
  return /** @type {any} */ ({ id, name, kind: "grid", shape: numbers.shape, dtype: numbers.dtype,
    taken: { key: "alone.taken", values: { shape: numbers.shape.join(", "), dtype: numbers.dtype, steps } }, sure: null,
    well: bad.length === 0, findings, applied: done, keep: null, beside: [], downhill: null,
    zoomed: [...drawn.size], sentence,
    grid: { nodes: doublesToBase64(drawn.nodes), nodesSize: drawn.size, whole: grid.size, tolerance: 3.1e-5 } });
}
