// @ts-check
/** The axes of a figure of costs: a logarithm across, percent up. */
import { t, written } from "../../core/text.js";

/**
 * @typedef {object} Axis
 * @property {readonly [number, number]} range  of the scaled value
 * @property {readonly {at: number, text: string}[]} ticks  at: share of the axis, 0..1
 * @property {(value: number) => number} place  share of the axis, 0..1
 */

const POWERS = /** @type {const} */ ([[1e12, "trillions"], [1e9, "billions"], [1e6, "millions"], [1e3, "thousands"]]);

/** A large number in three digits: 1.53 G. @param {number} value */
export function shortCost(value) {
  const [power, name] = POWERS.find(([least]) => value >= least) ?? [1, null];
  const short = Number((value / power).toPrecision(3));
  const text = written(short, String(short).split(".")[1]?.length ?? 0);
  return name ? t(`number.${name}`, { value: text }) : text;
}

/** Most labels of the logarithmic axis that keep apart. */
const MOST = 6;
const STEPS = [[1, 2, 3, 5], [1, 2, 5], [1, 3], [1]];

/**
 * Round numbers between 10^low and 10^high, few enough that their labels keep apart.
 * @param {number} low @param {number} high @returns {number[]}
 */
export function logTicks(low, high) {
  /** @type {number[]} */
  let kept = [];
  for (const steps of STEPS) {
    kept = [];
    for (let power = Math.floor(low); power < Math.ceil(high); power++) {
      kept.push(...steps.map((step) => step * 10 ** power));
    }
    kept = kept.filter((tick) => Math.log10(tick) >= low && Math.log10(tick) <= high);
    if (kept.length <= MOST) break;
  }
  return kept;
}

/** @param {readonly [number, number]} range @param {(value: number) => number} scaled */
const placed = ([low, high], scaled) => (/** @type {number} */ value) => (scaled(value) - low) / (high - low);

/**
 * The logarithmic axis: at least half a decade is shown, so that nearly equal costs look equal.
 * @param {readonly number[]} costs @returns {Axis}
 */
export function costAxis(costs) {
  const logs = costs.map(Math.log10);
  const [low, high] = logs.length ? [Math.min(...logs), Math.max(...logs)] : [8, 9];
  const room = Math.max(0.1, 0.25 - (high - low) / 2);
  const range = /** @type {const} */ ([low - room, high + room]);
  const place = placed(range, Math.log10);
  return { range, place, ticks: logTicks(...range).map((tick) => ({ at: place(tick), text: shortCost(tick) })) };
}

/**
 * The axis of percents, with room around the least and the greatest.
 * @param {readonly number[]} values @returns {Axis}
 */
export function percentAxis(values) {
  const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 100];
  const room = Math.max(1, 0.08 * (high - low));
  const range = /** @type {const} */ ([Math.max(0, low - room), Math.min(100, high + room)]);
  const place = placed(range, (value) => value);
  const rough = (range[1] - range[0]) / 6;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5].find((each) => each * unit >= rough) ?? 10);
  const first = Math.ceil(range[0] / step - 1e-9);
  const count = Math.floor(range[1] / step + 1e-9) - first + 1;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = Array.from({ length: count }, (_, k) => (first + k) * step);
  return { range, place, ticks: ticks.map((tick) =>
    ({ at: place(tick), text: t("number.percent", { value: written(tick, digits) }) })) };
}

/**
 * The mark that is nearest to a place, within a reach; undefined where there is none.
 * @template {{x: number, y: number}} T
 * @param {readonly T[]} places @param {number} x @param {number} y @param {number} reach
 */
export function nearest(places, x, y, reach) {
  const far = (/** @type {T} */ at) => Math.hypot(at.x - x, at.y - y);
  const best = places.reduce((/** @type {T | undefined} */ found, at) => (!found || far(at) < far(found) ? at : found),
    undefined);
  return best && far(best) <= reach ? best : undefined;
}
