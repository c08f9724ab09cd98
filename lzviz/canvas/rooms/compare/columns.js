// @ts-check
/**
 * The columns of the table: how a number is written, and which way is better. Numbers are Python's where they are about
 * the state of now, else what the browser measures itself.
 *
 * @typedef {import("../../schema/contract.js").ComparedRow} Row
 * @typedef {import("./asking.js").Drawn} Drawn
 *
 * @typedef {object} Column
 * @property {string} name   as in the answer; its head is under `compare.column.<name>`
 * @property {string} known  as `best` of the answer calls it
 * @property {(value: any) => string} write
 * @property {1 | -1 | 0} better  1: high, -1: low, 0: neither
 */

import { FORMATS, t } from "../../core/text.js";
import { tiny } from "../../kit/format.js";
import { timesText } from "./axes.js";

/** @param {string} name @param {(value: any) => string} write @param {1 | -1 | 0} better @returns {Column} */
const column = (name, write, better) =>
  ({ name, known: name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), write, better });

/** Nothing at all is a plain 0. @param {number} value */
const share = (value) => (value === 0 ? "0" : FORMATS.percent1(value));

/** @type {readonly Column[]} */
export const COLUMNS = [
  column("size", ([h, w]) => `${w} × ${h}`, 0), column("region", share, 1), column("score", share, 1),
  column("ap", share, 1), column("filmAp", share, 1),
  column("intrinsic", share, -1), column("largest", timesText, 0), column("folds", share, -1),
  column("outOfRange", share, -1),
  column("unseen", share, -1), column("step", FORMATS.one, -1), column("roundTrip", tiny, -1),
  column("macs", FORMATS.counted, -1), column("p50", FORMATS.ms, -1), column("p95", FORMATS.ms, -1),
];
/** What the browser measures whatever Python has answered. */
const BROWSERS = "largest";
/** What needs a network, and says so where there is none. */
const OF_NETWORKS = new Set(["score", "macs"]);
/** And one that finds boxes. */
const OF_DETECTORS = new Set(["ap", "filmAp"]);

/**
 * @typedef {object} Line  a row of the table as it is shown
 * @property {number} at       which pane
 * @property {string} name
 * @property {Row | null} row  Python's, null while there is none for the state of now
 * @property {Drawn | null} drawn
 */

/** @param {Line} line @param {Column} column @returns {any} */
export function valueOf({ row, drawn }, { name }) {
  const told = row?.[/** @type {keyof Row} */ (name)];
  const here = name === BROWSERS || !row;
  return told ?? (here ? drawn?.[/** @type {keyof Drawn} */ (name)] ?? null : null);
}

/**
 * The columns that some line has a value for; sizes only where they differ. @param {readonly Line[]} lines
 */
export const shownOf = (lines) => COLUMNS.filter((each) => {
  const values = new Set(lines.map((line) => String(valueOf(line, each))));
  values.delete("null");
  return values.size > (each.name === "size" ? 1 : 0);
});

/**
 * What a cell says: a number; what has no network and cannot be compared says so.
 * @param {Line} line @param {Column} column @returns {{text: string, missing: boolean}}
 */
export function cellOf(line, column) {
  const value = valueOf(line, column);
  if (value !== null) return { text: column.write(value), missing: false };
  const apart = OF_NETWORKS.has(column.name) || (OF_DETECTORS.has(column.name) && !line.row?.found);
  const said = line.row !== null && !line.row.note && apart;
  return { text: said ? t("compare.notComparable") : "–", missing: true };
}

/**
 * Best first by a column, as the panes stand without one; lines without a value last.
 * @param {readonly Line[]} lines @param {string} name @returns {Line[]}
 */
export function sorted(lines, name) {
  const by = COLUMNS.find((each) => each.name === name);
  if (!by) return [...lines];
  const sign = by.better === 1 ? -1 : 1;
  const key = (/** @type {Line} */ line) => {
    const value = valueOf(line, by);
    return value === null ? Infinity : sign * (Array.isArray(value) ? value[0] * value[1] : value);
  };
  return [...lines].sort((a, b) => (key(a) === key(b) ? a.at - b.at : key(a) < key(b) ? -1 : 1));
}
