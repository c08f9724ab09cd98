// @ts-check
/**
 * One sentence with the numbers of a warp, in the words of lzviz/measure/describe.py: what is read while Python has not
 * answered says the same as what is read afterwards.
 *
 * @typedef {import("../../core/text.js").Text} Text
 *
 * @typedef {object} Facts
 * @property {number} samples
 * @property {number} [share]  of the samples that lie on what was asked for; absent: nothing was
 * @property {number} [area]   its share of the image
 * @property {Text | null} [place]  where it lies
 * @property {number} folds @property {number} tiles
 * @property {boolean} [mirrored] the map as a whole turns the picture over
 * @property {number} most     largest zoom against uniform; 0 or infinite: it has no bound
 * @property {number} [coverage] share of the source that is shown
 */

import { t } from "../../core/text.js";

/** Ninths of a picture, row by row. */
const NINTHS = ["topLeft", "top", "topRight", "left", "centre", "right", "bottomLeft", "bottom", "bottomRight"];
const ROWS = ["top", "middle", "bottom"];
const COLUMNS = ["left", "middle", "right"];

/** @param {Facts} facts */
export function sentence(facts) {
  const { folds, tiles, most, coverage = 1, mirrored } = facts;
  /** @type {Text[]} */
  const clauses = [budget(facts), ...(mirrored ? [{ key: "warp.says.mirrored" }] : []),
    folds ? { key: "warp.says.folds", values: { folds, count: tiles } } : { key: "warp.says.noFolds" },
    most > 0 && most < Infinity ? { key: "warp.says.zoom", values: { most } } : { key: "warp.says.unbounded" }];
  if (coverage < 0.995) clauses.push({ key: "warp.says.shows", values: { coverage } });
  return t("warp.says", { clauses });
}

/** @param {Facts} facts @returns {Text} */
function budget({ samples: count, share, area, place: where }) {
  if (share === undefined || area === undefined) return { key: "warp.says.spreads", values: { count } };
  return where ? { key: "warp.says.spendsThere", values: { count, share, area, where } }
    : { key: "warp.says.spends", values: { count, share, area } };
}

/**
 * Where a map has its mass, on a 3 x 3 board: cells with a fifth of it or more, the heaviest first.
 * @param {import("../../engine/saliency.js").FloatMap} map @returns {Text | null}
 */
export function place({ h, w, data }) {
  const board = boardOf(h, w, data);
  if (!board) return null;
  const heavy = board.map((_, k) => k).filter((k) => board[k] >= 0.2 - 1e-9);
  heavy.sort((a, b) => board[b] - board[a] || a - b);
  if (!heavy.length) return { key: "place.allOver" };
  const same = (/** @type {(k: number) => number} */ of) => heavy.length === 3 && new Set(heavy.map(of)).size === 1;
  if (same((k) => Math.floor(k / 3))) return { key: `place.across.${ROWS[Math.floor(heavy[0] / 3)]}` };
  if (same((k) => k % 3)) return { key: `place.down.${COLUMNS[heavy[0] % 3]}` };
  return { key: "places", values: { places: heavy.map((k) => ({ key: `place.${NINTHS[k]}` })) } };
}

/**
 * The share of the mass in each ninth; cells are divided where a border crosses them. Null for an empty map.
 * @param {number} h @param {number} w @param {ArrayLike<number>} values
 */
function boardOf(h, w, values) {
  const [down, across] = [thirds(h), thirds(w)];
  const board = new Array(9).fill(0);
  let total = 0;
  for (let i = 0, k = 0; i < h; i++) {
    for (let j = 0; j < w; j++, k++) {
      const value = values[k];
      if (value === 0) continue;
      total += value;
      for (let cell = 0; cell < 9; cell++) board[cell] += value * down[Math.floor(cell / 3)][i] * across[cell % 3][j];
    }
  }
  return total > 0 ? board.map((mass) => Math.round((1e9 * mass) / total) / 1e9) : null;
}

/** The part of each of n cells that lies in each third of the axis. @param {number} n */
const thirds = (n) => [0, 1, 2].map((third) => Float64Array.from({ length: n }, (_, k) =>
  Math.max(0, n * (Math.min((k + 1) / n, (third + 1) / 3) - Math.max(k / n, third / 3)))));
