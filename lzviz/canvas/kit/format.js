// @ts-check
/** Numbers as the page writes them: fixed digits, so that nothing jumps. */

/** Whole numbers with thousands apart. @param {number} value */
export const whole = (value) => Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");

/** Whole numbers, from a million on in millions. @param {number} value */
export const short = (value) => (value < 1e6 ? whole(value) : `${(value / 1e6).toFixed(2)} M`);

/** @param {number} value share 0..1 @param {number} [digits] */
export const percent = (value, digits = 1) => `${(100 * value).toFixed(digits)} %`;

/** @param {number} value @param {number} digits */
export const fixed = (value, digits) => (Object.is(Math.round(value * 10 ** digits), -0) ? 0 : value).toFixed(digits);

/** Source pixels of an error: below a thousandth it is only said to be small. @param {number} value */
export const tiny = (value) => (value < 0.001 ? "< 0.001" : value.toFixed(value < 10 ? 3 : 1));

/** @param {number} value milliseconds */
export const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

/** @param {readonly number[]} point @param {number} digits */
export const pair = (point, digits) => `${fixed(point[0], digits)}, ${fixed(point[1], digits)}`;

/** A range of whole numbers. @param {readonly number[]} values */
export function span(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low}–${high}`;
}
