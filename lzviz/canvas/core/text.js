// @ts-check
/**
 * The way of a word: every sentence and label that a visitor reads stands in lzviz/text/LANGUAGE.json under a key,
 * and is
 * made here, from its key and its values. lzviz/text/__init__.py makes the same sentences by the same rules in Python.
 *
 * A line is a text with places, `Keeps {share:percent} of {count} cells`, or such texts by their plural forms, chosen
 * by `count`. A place holds a number (by a format of FORMATS, by default as it is, grouped), a text, another line
 * (`{key, values}`), or a list of those, whose format is a prefix of keys: `{parts:clauses}`. `{told:english}` holds
 * the sentence of a program, which is English in every language: `englishIn` finds it in the line that was made.
 *
 * @typedef {{readonly key: string, readonly values?: Values}} Text  a line that is made later, as Python's answers
 * carry it
 * @typedef {string | number | Text | readonly (string | number | Text)[]} Value
 * @typedef {Readonly<Record<string, Value>>} Values
 * @typedef {Readonly<Record<string, string | Readonly<Record<string, string>>>>} Words  what a file of a language holds
 */

/** @type {Words | null} */
let words = null;
let plural = new Intl.PluralRules("en");

/** English with every line marked and a third longer, made here: what a page shows unmarked comes from no file. */
export const PSEUDO = "pseudo";
/** @type {Readonly<Record<string, string>>} */
const PSEUDO_MARKS = { "number.decimal": ",", "number.group": "’" };
/** Unicode's marks around a text of another language within a sentence; they are not seen. */
const [ISOLATE, ISOLATED] = ["\u2068", "\u2069"];
const PLACE = /\{(\w+)(?::(\w+))?\}/g;

/** A line of the pseudo-language. @param {string} text */
const marked = (text) => `⟦${text}${"~".repeat(Math.ceil((3 * text.replace(PLACE, "").length) / 10))}⟧`;

/** The lines of the pseudo-language. @param {Words} english @returns {Words} */
export const pseudo = (english) => Object.fromEntries(Object.entries(english).map(([key, line]) =>
  [key, PSEUDO_MARKS[key] ?? (typeof line === "string" ? marked(line)
    : Object.fromEntries(Object.entries(line).map(([form, text]) => [form, marked(text)])))]));

/** The language that a page is in; there is one. @param {string} language a BCP 47 tag @param {Words} file */
export function speak(language, file) {
  words = file;
  // A language that is made up has the plural of the language that it was made of.
  const known = /^[a-z]{2,3}(-|$)/i.test(language) ? language : "en";
  plural = new Intl.PluralRules(known);
}

/**
 * What a line of a registry is called: by a key where it ships with lzviz, else as its author calls it.
 * @param {string} key @param {string} own
 */
export const registered = (key, own) => (words !== null && key in words ? t(key) : own);

/**
 * The sentence or label of a key.
 * @param {string} key @param {Values} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  if (!words) throw new Error(`"${key}" was wanted before the page had a language`);
  const line = words[key];
  if (line === undefined) return amiss(key, "there are no words");
  const text = typeof line === "string" ? line : line[plural.select(Number(values.count))] ?? line.other;
  return text.replace(PLACE, (_, name, format) =>
    (values[name] === undefined ? amiss(key, `no value ${name}`) : shown(values[name], format)));
}

/** What came with an answer: a line, or a name, which no language translates. @param {Text | string} told */
export const say = (told) => (typeof told === "string" ? told : t(told.key, told.values));

/** Whether there is such a line: a server of another version may have others. @param {Text} told */
export const knows = (told) => words !== null && told.key in words;

/** Marks a name as what no language translates. @param {Text | string} told */
export const dataOf = (told) => ({ translate: typeof told === "string" ? "no" : null });

/** @param {string} key @param {string} why */
function amiss(key, why) {
  console.error(`${key}: ${why}`);
  return key;
}

/** @param {Value} value @param {string} [format] @returns {string} */
function shown(value, format = "plain") {
  if (typeof value === "string") return format === "english" ? `${ISOLATE}${value}${ISOLATED}` : value;
  if (typeof value === "number") return FORMATS[format](value);
  return "key" in value ? say(value) : listed(value, format);
}

/**
 * A line that was made, in parts: each second one is English whatever the language.
 * @param {string} line
 */
export const englishIn = (line) => line.split(new RegExp(`[${ISOLATE}${ISOLATED}]`));

/** @param {readonly Value[]} items @param {string} kind */
function listed(items, kind) {
  const texts = items.map((item) => shown(item));
  const last = texts.pop() ?? "";
  if (!texts.length) return last;
  return t(`${kind}.last`, { start: texts.reduce((start, next) => t(`${kind}.next`, { start, next })), next: last });
}

/**
 * A number as the language writes it, with all its digits behind the point.
 * @param {number} value @param {number} digits
 */
export function written(value, digits) {
  const fixed = Math.abs(value).toFixed(digits);
  const [whole, rest] = fixed.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, mark("group"));
  const minus = value < 0 && Number(fixed) !== 0 ? "-" : "";
  return `${minus}${grouped}${rest ? `${mark("decimal")}${rest}` : ""}`;
}

/**
 * A number as it stands in a field, where it can be typed over: not grouped.
 * @param {number} value @param {number} digits
 */
export const typable = (value, digits) => value.toFixed(digits).replace(".", mark("decimal"));

/** @param {"group" | "decimal"} name */
function mark(name) {
  const sign = words?.[`number.${name}`];
  return typeof sign === "string" ? sign : "";
}

/** 0.164 -> "16 %"; a decimal below 1 %, and never 0 % or 100 % of what is not exactly so. @param {number} share */
function percent(share) {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return t("number.under", { value: written(0.1, 1) });
  if (value >= 99.5 && value < 100) return t("number.over", { value: written(99, 0) });
  return t("number.percent", { value: written(value, value > 0 && value < 0.95 ? 1 : 0) });
}

/** Digits behind the point. @param {number} digits @returns {(value: number) => string} */
const fixed = (digits) => (value) => written(value, digits);

/** @param {number} digits @returns {(share: number) => string} */
const share = (digits) => (value) => t("number.percent", { value: written(100 * value, digits) });

/** Digits behind the point that a number has, six at most. @param {number} value */
const decimals = (value) => (Number.isInteger(value) ? 0 : Math.min(6, String(value).split(".")[1]?.length ?? 0));

/** @param {number} value @param {number} digits */
const power = (value, digits) => value.toExponential(digits).replace(".", mark("decimal"));

/** @param {number} value @param {number} digits of it in all */
function significant(value, digits) {
  const size = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return size < -4 ? power(value, digits - 1) : written(value, Math.max(0, digits - 1 - size));
}

/**
 * How numbers are written, by the names that places use.
 * @type {Readonly<Record<string, (value: number) => string>>}
 */
export const FORMATS = Object.freeze({
  plain: (value) => written(value, decimals(value)),
  typed: (value) => typable(value, decimals(value)),
  digits: (value) => String(Math.round(value)), whole: fixed(0), one: fixed(1), two: fixed(2), three: fixed(3),
  percent, percent0: share(0), percent1: share(1), percent2: share(2),
  /** From a million on in millions. */
  short: (value) => (value < 1e6 ? written(value, 0) : t("number.millions", { value: written(value / 1e6, 2) })),
  /** Operations and weights: "13.52 G", "642.0 M". */
  counted(value) {
    if (value >= 1e9) return t("number.billions", { value: written(value / 1e9, 2) });
    return value >= 1e6 ? t("number.millions", { value: written(value / 1e6, 1) }) : written(value, 0);
  },
  /** A factor: digits behind the point below a hundred. */
  times: (value) => written(value, value < 99.95 ? 1 : 0),
  /** A difference: 0 stays 0, two digits of the rest. */
  small: (value) => (value === 0 ? "0" : value < 0.01 ? power(value, 1) : significant(value, 2)),
  significant: (value) => significant(value, 3),
  /** Milliseconds. */
  ms: (value) => written(value, value < 10 ? 1 : 0),
});
