// @ts-check
/**
 * One sentence with the numbers of a warp, in the words of lzviz/measure/describe.py: what is read while Python has not
 * answered says the same as what is read afterwards.
 *
 * @typedef {object} Facts
 * @property {number} samples
 * @property {number} [share]  of the samples that lie on what was asked for; absent: nothing was
 * @property {number} [area]   its share of the image
 * @property {string} [place]  where it lies
 * @property {number} folds @property {number} tiles
 * @property {number} most     largest zoom against uniform; 0 or infinite: it has no bound
 * @property {number} [coverage] share of the source that is shown
 */

const ROWS = ["top", "", "bottom"];
const COLUMNS = ["left", "", "right"];

/** @param {Facts} facts */
export function sentence(facts) {
  const { folds, tiles, most, coverage = 1 } = facts;
  const parts = [budget(facts), folds ? `${whole(folds)} of ${whole(tiles)} tiles fold` : "no folds",
    most > 0 && most < Infinity ? `at most ${most < 99.95 ? most.toFixed(1) : whole(most)}× zoom` : "unbounded zoom"];
  if (coverage < 0.995) parts.push(`shows ${percent(coverage)} of the image`);
  return `${parts.join("; ")}.`;
}

/** @param {number} count */
const whole = (count) => Math.round(count).toLocaleString("en-US");

/** @param {Facts} facts */
function budget({ samples, share, area, place }) {
  if (share === undefined || area === undefined) return `Spreads ${whole(samples)} samples over the whole image`;
  const where = place ? `, ${place}` : "";
  return `Spends ${percent(share)} of ${whole(samples)} samples on ${percent(area)} of the image${where}`;
}

/** 0.164 -> "16 %"; a decimal below 1 %, and never 0 % or 100 % of what is not exactly so. @param {number} share */
export function percent(share) {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "under 0.1 %";
  if (value < 0.95) return value ? `${value.toFixed(1)} %` : "0 %";
  return value >= 99.5 && value < 100 ? "over 99 %" : `${value.toFixed(0)} %`;
}

/**
 * Where a map has its mass, on a 3 x 3 board: cells with a fifth of it or more, the heaviest first.
 * @param {import("../../engine/saliency.js").FloatMap} map
 */
export function place({ h, w, data }) {
  const board = boardOf(h, w, data);
  if (!board) return "";
  const heavy = board.map((_, k) => k).filter((k) => board[k] >= 0.2 - 1e-9);
  heavy.sort((a, b) => board[b] - board[a] || a - b);
  if (!heavy.length) return "all over";
  const same = (/** @type {(k: number) => number} */ of) => heavy.length === 3 && new Set(heavy.map(of)).size === 1;
  if (same((k) => Math.floor(k / 3))) return `across the ${ROWS[Math.floor(heavy[0] / 3)] || "middle"}`;
  if (same((k) => k % 3)) return `down the ${COLUMNS[heavy[0] % 3] || "middle"}`;
  const words = heavy.map((k) => `${ROWS[Math.floor(k / 3)]} ${COLUMNS[k % 3]}`.trim() || "centre");
  return words.length < 3 ? words.join(" and ") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
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
