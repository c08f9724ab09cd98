// @ts-check
/**
 * Compare without Python: rows of trained pipelines that were measured beforehand, with the samples of their kept
 * answers. What the browser computes itself has no row; everything else says what it needs.
 *
 * @typedef {import("../schema/contract.js").ComparedRow} Row
 * @typedef {import("../core/files.js").Ask} Ask
 */
import { floatsFromBase64, doublesToBase64 } from "../core/wire.js";
import { COLUMNS, cellOf } from "../rooms/compare/columns.js";
import { isHere } from "../rooms/compare/methods.js";
import { ROUTES } from "../schema/routes.js";

/** Where rows are kept: no route of the server's. */
export const ROWS = "lzviz/compared-rows";

/** @type {Row} */
const NOTHING = Object.freeze({ name: "", title: "", size: null, samples: null, region: null, classes: {},
  density: {}, intrinsic: null, score: null, metric: "", ious: {}, ap: null, filmAp: null, folds: null,
  outOfRange: null, unseen: null, step: null, roundTrip: null, macs: null, p50: null, p95: null, noisy: false,
  floor: null, note: null, labels: null, error: null, perfect: false, lines: [], found: null, looked: null,
  follows: false, levels: null, nodes: null, nodesSize: null });

/**
 * Where a pipeline looks, from its kept answer.
 * @param {string} image @param {string} checkpoint @param {Ask} ask
 */
async function drawn(image, checkpoint, ask) {
  const said = { image, state: { checkpoint, learnedFrom: "network" }, truth: null, only: null };
  const body = new Blob([JSON.stringify(said)], { type: "application/json" });
  const { levels, mesh, working } = await (await ask(ROUTES.pipeline.path, { body })).json();
  return { working, levels, nodes: mesh && doublesToBase64(floatsFromBase64(mesh.nodes)),
    nodesSize: mesh && [mesh.h, mesh.w] };
}

/** Which rows are best, by column. @param {readonly (Row | null)[]} rows */
export function bestOf(rows) {
  /** @type {Record<string, number[]>} */
  const best = {};
  for (const { name, known, better } of COLUMNS) {
    const values = rows.map((row) => row && /** @type {any} */ (row)[name]);
    const told = values.filter((value) => typeof value === "number");
    if (!better || told.length < 2) continue;
    const most = better > 0 ? Math.max(...told) : Math.min(...told);
    best[known] = values.flatMap((value, at) => (value === most ? [at] : []));
  }
  return best;
}

/** The table as files. @param {readonly Row[]} rows */
export function filesOf(rows) {
  const columns = COLUMNS.filter(({ name }) => rows.some((row) => (/** @type {any} */ (row)[name] ?? null) !== null));
  const lines = rows.map((row, at) => [row.title, ...columns.map((column) =>
    cellOf({ at, name: row.name, row, drawn: null }, column).text)]);
  const table = [["method", ...columns.map(({ known }) => known)], ...lines];
  const quoted = (/** @type {string} */ cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const tex = (/** @type {string} */ cell) => cell.replace(/[&%$#_{}]/g, "\\$&").replaceAll("×", "$\\times$");
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |`;
  const rule = (/** @type {string[]} */ cells) => `${cells.map(tex).join(" & ")} \\\\`;
  return {
    csv: `${table.map((cells) => cells.map(quoted).join(",")).join("\n")}\n`,
    latex: [`\\begin{tabular}{l${"r".repeat(columns.length)}}`, "\\toprule", rule(table[0]), "\\midrule",
      ...lines.map(rule), "\\bottomrule", "\\end{tabular}", ""].join("\n"),
    markdown: [line(table[0]), line(table[0].map((_, at) => (at ? "---:" : "---"))), ...lines.map(line), ""].join("\n"),
  };
}

/**
 * As the server answers a comparison.
 * @param {any} said @param {Ask} ask @param {import("../core/context.js").Catalogue} catalogue
 */
export async function comparedOf({ image, state }, ask, catalogue) {
  const row = (/** @type {string} */ name) => ask(`${ROWS}?${new URLSearchParams({ image, name,
    width: String(state.width) })}`).then((answer) => answer.json(), () => null);
  const lines = [...catalogue.samplers, ...catalogue.checkpoints ?? []];
  const titles = new Map(lines.map(({ name, title }) => [name, title]));
  let size = [1, 1]; // of the picture as quadtrees read it
  const rows = await Promise.all(state.compared.map(async (/** @type {string} */ name) => {
    const title = titles.get(name) ?? name;
    if (isHere(name)) return { ...NOTHING, name, title, note: null };
    const known = state.comparedEqual === "pixels" ? await row(name) : null;
    if (!known) return { ...NOTHING, name, title, note: { key: "alone.needsPython" } };
    const { working, ...more } = await drawn(image, name, ask);
    if (more.levels) size = [working.h, working.w];
    return { ...NOTHING, ...known, ...more };
  }));
  return { rows, size, best: bestOf(rows), ...filesOf(rows), device: "", truth: null, classes: [] };
}
