// @ts-check
/**
 * What samplers and saliency sources have of their own, under one key of the state: `{es: {smoothness: 2}}`, in a link
 * `options=es.smoothness:2,from-spectral.sigma:4`. A default is left out. The rules are those of
 * lzviz/contract/options.py.
 */
import { same } from "./store.js";

/**
 * @typedef {import("./schema.js").Option} Option
 * @typedef {import("./schema.js").Schema} Schema
 * @typedef {import("./store.js").State} State
 * @typedef {State["options"]} Options
 */

/** Before the name of a saliency source, where samplers and sources own options side by side. */
export const FROM = "from-";

/** What an owner's options are, as far as they are no defaults. @param {State} state @param {string} owner */
export const optionsOf = (state, owner) => state.options[owner] ?? {};

/** @param {unknown} value @param {Option} option */
function fits(value, option) {
  const within = (/** @type {unknown} */ number) => typeof number === "number"
    && number >= (option.min ?? -Infinity) && number <= (option.max ?? Infinity);
  switch (option.kind) {
    case "boolean": return typeof value === "boolean";
    case "choice": return (option.choices ?? []).includes(/** @type {string} */ (value));
    case "text": return typeof value === "string" && new RegExp(`^(?:${option.pattern})$`).test(value);
    case "size":
      return Array.isArray(value) && value.length === 2 && value.every((n) => Number.isInteger(n) && within(n));
    case "integer": return Number.isInteger(value) && within(value);
    default: return within(value);
  }
}

/** The value of a text; undefined where it means nothing. @param {string} text @param {Option} option */
export function readValue(text, option) {
  if (text === "auto" && option.default === null) return null;
  const value = option.kind === "boolean" ? /** @type {Record<string, boolean>} */ ({ 0: false, 1: true })[text]
    : option.kind === "choice" || option.kind === "text" ? text
      : option.kind === "size" ? (/^\d{1,5}x\d{1,5}$/.test(text) ? text.split("x").map(Number) : undefined)
        : text === "" ? undefined : Number(text);
  return fits(value, option) ? value : undefined;
}

/**
 * @param {string} text @param {Schema} schema @param {(part: string) => void} complain
 * @returns {Options}
 */
export function readOptions(text, schema, complain) {
  let options = /** @type {Options} */ ({});
  if (text === "none") return options;
  for (const part of text.split(/,(?=[\w-]+\.\w+:)/)) {
    const [, sampler, name, given] = /^([\w-]+)\.(\w+):([^]*)$/.exec(part) ?? [];
    const known = Object.hasOwn(schema.options, sampler ?? "") ? schema.options[sampler] : [];
    const option = known.find((each) => each.name === name);
    const value = option && readValue(given, option);
    if (!option || value === undefined) complain(part);
    else options = withOption(options, sampler, option, value);
  }
  return options;
}

/** @param {Options} options */
export function writeOptions(options) {
  const parts = Object.keys(options).sort().flatMap((sampler) => Object.keys(options[sampler]).sort()
    .map((name) => `${sampler}.${name}:${written(options[sampler][name])}`));
  return parts.join(",") || "none";
}

/** @param {any} value */
function written(value) {
  if (value === null) return "auto";
  if (typeof value === "boolean") return value ? "1" : "0";
  return Array.isArray(value) ? value.join("x") : encodeURIComponent(String(value));
}

/**
 * The options with one value more; a default takes it out.
 * @param {Options} options @param {string} sampler @param {Option} option @param {unknown} value @returns {Options}
 */
export function withOption(options, sampler, option, value) {
  const { [sampler]: before = {}, ...others } = options;
  const rest = Object.entries(before).filter(([name]) => name !== option.name);
  const mine = Object.fromEntries(same(value, option.default) ? rest : [...rest, [option.name, value]]);
  return Object.keys(mine).length ? { ...others, [sampler]: mine } : others;
}

/**
 * What a sampler's option is now.
 * @param {State} state @param {string} sampler @param {Option} option @returns {any}
 */
export function optionOf(state, sampler, option) {
  if (option.key) return state[/** @type {keyof State} */ (option.key)];
  const mine = state.options[sampler] ?? {};
  return Object.hasOwn(mine, option.name) ? mine[option.name] : option.default;
}

/**
 * What makes an option this value.
 * @param {State} state @param {string} sampler @param {Option} option @param {unknown} value @returns {Partial<State>}
 */
export function optionPatch(state, sampler, option, value) {
  return option.key ? { [option.key]: value } : { options: withOption(state.options, sampler, option, value) };
}
