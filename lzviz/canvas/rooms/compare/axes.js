// @ts-check
/** What costs are held against what, and how a small figure of them is drawn. */
import { FORMATS, t, written } from "../../core/text.js";
import { svg } from "../../kit/dom.js";

/**
 * @typedef {import("../../schema/contract.js").ComparedRow} Row
 * @typedef {import("../models/axes.js").Axis} Axis
 * @typedef {{left: number, top: number, width: number, height: number}} Box
 */

/** What stands up: the first of these that rows have. */
const UP = /** @type {const} */ ([["score", (/** @type {Row} */ row) => row.score],
  ["ap", (/** @type {Row} */ row) => row.ap ?? null],
  ["intrinsic", (/** @type {Row} */ row) => row.intrinsic === null ? null : 1 - row.intrinsic],
  ["region", (/** @type {Row} */ row) => row.region],
  ["seen", (/** @type {Row} */ row) => row.unseen === null ? null : 1 - row.unseen]]);
/** Those that are networks', as are the multiply-adds that they are held against. */
const OF_NETWORKS = new Set(["score", "ap"]);
/** And what across. */
const ACROSS = /** @type {const} */ ([["macs", (/** @type {Row} */ row) => row.macs],
  ["ms", (/** @type {Row} */ row) => row.p50], ["samples", (/** @type {Row} */ row) => row.samples]]);

/**
 * What a table is drawn by: the best judge of its rows that at least one has.
 * @param {readonly Row[]} rows
 */
export function judgesOf(rows) {
  const has = (/** @type {(row: Row) => number | null} */ of) => rows.some((row) => of(row) !== null);
  const up = UP.find(([, of]) => has(of)) ?? UP[UP.length - 1];
  const across = ACROSS.find(([name, of]) => has(of) && (name !== "macs" || OF_NETWORKS.has(up[0]))) ?? ACROSS[2];
  return { up: { name: up[0], of: up[1] }, across: { name: across[0], of: across[1] } };
}

/** @param {string} up @param {string} across */
export const axisTitle = (up, across) => t("compare.axes", { up: t(`compare.up.${up}`),
  across: t(`compare.across.${across}`) });

/**
 * Grid and numbers of a small figure. @param {Axis} across @param {Axis} up @param {Box} box
 */
export function gridOf(across, up, { left, top, width, height }) {
  const lines = up.ticks.map(({ at }) => `M${left} ${(top + (1 - at) * height).toFixed(1)}h${width}`);
  const sparse = across.ticks.length > 4 ? across.ticks.filter((_, k) => k % 2 === 0) : across.ticks;
  return svg("g", { class: "lz-compare-grid" }, svg("path", { d: lines.join("") }),
    ...up.ticks.map(({ at, text }) => svg("text", { x: left - 5, y: top + (1 - at) * height + 4, "text-anchor": "end" },
      text)),
    ...sparse.map(({ at, text }) => svg("text", { x: left + at * width, y: top + height + 15,
      "text-anchor": at < 0.08 ? "start" : at > 0.92 ? "end" : "middle" }, text)));
}

/** A magnification as a factor. @param {number} times */
export const timesText = (times) => t("number.times", { value: times < 10 ? written(times, 2) : FORMATS.one(times) });
