// @ts-check
/** Numbers as the page writes them: fixed digits, so that nothing jumps. */

import { FORMATS, t, written } from "../core/text.js";

/** Whole numbers with thousands apart. */
export const whole = FORMATS.whole;

/** Multiply-adds: "13.52 G", "642.0 M". */
export const operations = FORMATS.counted;

/** Whole numbers, from a million on in millions. */
export const short = FORMATS.short;

/** @param {number} value share 0..1 @param {number} [digits] */
export const percent = (value, digits = 1) => t("number.percent", { value: written(100 * value, digits) });

/** With so many digits behind the point. */
export const fixed = written;

/** Source pixels of an error: below a thousandth it is only said to be small. @param {number} value */
export const tiny = (value) => (value < 0.001 ? `< ${written(0.001, 3)}` : written(value, value < 10 ? 3 : 1));

/** @param {number} value milliseconds */
export const milliseconds = (value) => t("number.ms", { value: FORMATS.ms(value) });

/** @param {readonly number[]} point @param {number} digits */
export const pair = (point, digits) => `${fixed(point[0], digits)}, ${fixed(point[1], digits)}`;

/** A range of whole numbers. @param {readonly number[]} values */
export function span(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low}–${high}`;
}
