// @ts-check
/**
 * Expressions over the live numbers of a lesson: numbers, names, + - * / ^, parentheses and a few functions.
 * lzviz/lessons/expression.py reads the same ones before anybody opens the lesson.
 *
 * @typedef {Readonly<Record<string, number>>} Numbers
 */

/** @type {Readonly<Record<string, (...values: number[]) => number>>} */
const FUNCTIONS = { abs: Math.abs, sqrt: Math.sqrt, min: Math.min, max: Math.max, round: Math.round,
  floor: Math.floor };
const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([a-zA-Z]\w*)|([-+*/^(),]))/y;

/** @param {string} text */
function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim()) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`"${text.slice(at)}" is not understood`);
    found.push(match[1] ?? match[2] ?? match[3]);
  }
  return found;
}

/**
 * The value; NaN where a number that it reads is not known yet.
 * @param {string} text @param {Numbers} numbers @returns {number}
 */
export function valueOf(text, numbers) {
  const list = tokens(text);
  let at = 0;
  const next = () => list[at++];
  const take = (/** @type {string} */ sign) => list[at] === sign && Boolean(next());

  /** @returns {number} */
  function sum() {
    let value = product();
    for (;;) {
      if (take("+")) value += product();
      else if (take("-")) value -= product();
      else return value;
    }
  }
  /** @returns {number} */
  function product() {
    let value = signed();
    for (;;) {
      if (take("*")) value *= signed();
      else if (take("/")) value /= signed();
      else return value;
    }
  }
  /** @returns {number} */
  const signed = () => (take("-") ? -signed() : power());
  /** @returns {number} */
  function power() {
    const base = single();
    return take("^") ? base ** signed() : base;
  }
  /** @returns {number} */
  function single() {
    const token = next();
    if (token === undefined) throw new Error(`"${text}" is not finished`);
    if (token === "(") {
      const inside = sum();
      if (!take(")")) throw new Error(`a parenthesis is not closed in "${text}"`);
      return inside;
    }
    if (/^\d/.test(token)) return Number(token);
    if (!Object.hasOwn(FUNCTIONS, token)) return Object.hasOwn(numbers, token) ? numbers[token] : NaN;
    if (!take("(")) throw new Error(`${token} needs a parenthesis in "${text}"`);
    const values = [sum()];
    while (take(",")) values.push(sum());
    if (!take(")")) throw new Error(`a parenthesis is not closed in "${text}"`);
    return FUNCTIONS[token](...values);
  }
  const value = sum();
  if (at < list.length) throw new Error(`"${list.slice(at).join(" ")}" is left over in "${text}"`);
  return value;
}

/** @type {Readonly<Record<string, (a: number, b: number, within: number) => boolean>>} */
const RELATIONS = { "=": (a, b, within) => Math.abs(a - b) <= within, "<": (a, b) => a < b, "<=": (a, b) => a <= b,
  ">": (a, b) => a > b, ">=": (a, b) => a >= b };

/**
 * Whether a claim holds of the numbers, with its two sides.
 * @param {import("./lessons.js").Claim} claim @param {Numbers} numbers
 */
export function judged({ name, left, is, right, tolerance }, numbers) {
  const [value, wanted] = [valueOf(left, numbers), valueOf(right, numbers)];
  return { name, value, wanted, holds: RELATIONS[is](value, wanted, tolerance) };
}
