// @ts-check
/** The declared state (schema.json): defaults, and checks of values that come from outside. */

import { t } from "./text.js";

/** @typedef {import("./store.js").State} State */

/**
 * @typedef {object} Field  one line of schema.json
 * @property {string} key
 * @property {string} url         name in the link
 * @property {"id" | "choice" | "number" | "integer" | "boolean" | "size" | "map" | "boxes" | "flags" | "options"
 *   | "camera" | "names" | "methods"} type
 * @property {any} default
 * @property {string} label
 * @property {string} help
 * @property {number} [min]
 * @property {number} [max]
 * @property {"log" | "linear"} [scale]
 * @property {number} [decimals]  digits that are shown, and kept in the link
 * @property {string} [unit]
 * @property {boolean} [nullable]
 * @property {number} [neutral]   value of an unpainted cell
 * @property {readonly any[]} [choices]
 * @property {string} [of]        of an id: the registry in which it is looked up
 * @property {readonly string[]} [labels]
 * @property {boolean} [history]  false: never undone
 *
 * @typedef {object} Schema
 * @property {number} version
 * @property {{lattice: number, boxes: number}} limits
 * @property {readonly Field[]} state
 * @property {Readonly<Record<string, string>>} renamed  parts of older links, and what they are called now
 * @property {(key: string) => Field} field
 * @property {Readonly<Record<string, readonly string[]>>} registries  names that there are, where they were told
 * @property {Readonly<Record<string, readonly Option[]>>} options  what samplers have of their own
 *
 * @typedef {import("../schema/contract.js").OptionLine} Option
 */

/**
 * The schema with its look-up, and with the words of its fields in the language of the page.
 * @param {{version: number, limits: {lattice: number, boxes: number}, state: readonly any[],
 *   renamed?: Readonly<Record<string, string>>}} json
 * @param {Schema["registries"]} [registries] @param {Schema["options"]} [options]
 * @returns {Schema}
 */
export function createSchema(json, registries = {}, options = {}) {
  const state = json.state.map(named);
  const byKey = new Map(state.map((field) => [field.key, field]));
  return {
    ...json,
    state,
    renamed: json.renamed ?? {},
    registries,
    options,
    field(key) {
      const field = byKey.get(key);
      if (!field) throw new Error(`no key "${key}" in schema.json`);
      return field;
    },
  };
}

/** A field with its words: label, help, and the labels of its choices. @param {any} field @returns {Field} */
const named = (field) => Object.defineProperties({ ...field }, {
  label: { enumerable: true, get: () => t(`state.${field.url}`) },
  help: { enumerable: true, get: () => t(`state.${field.url}.help`) },
  labels: { enumerable: true, get: () => field.choices?.map((/** @type {unknown} */ choice) =>
    t(`state.${field.url}.${choice}`)) },
});

/** The state in which every key has its default. @param {Schema} schema @returns {State} */
export function defaults(schema) {
  return /** @type {any} */ (Object.fromEntries(schema.state.map(({ key, default: value }) => [key, value])));
}

/** The keys that undo leaves alone. @param {Schema} schema */
export const untracked = (schema) => schema.state.filter((field) => field.history === false).map((field) => field.key);

/** @param {number} value @param {Field} field */
export const clamp = (value, field) => Math.min(field.max ?? Infinity, Math.max(field.min ?? -Infinity, value));

/**
 * A number as the field keeps it: inside its range, rounded to its digits.
 * @param {number} value @param {Field} field
 */
export function settleNumber(value, field) {
  if (field.type === "integer") return clamp(Math.round(value), field);
  return clamp(Number(value.toFixed(Math.max(field.decimals ?? 3, 0))), field);
}

/**
 * Where a value lies on its slider, 0..1; and back.
 * @param {number} value @param {Field} field
 */
export function toPosition(value, field) {
  const [low, high] = [field.min ?? 0, field.max ?? 1];
  if (field.scale !== "log") return (value - low) / (high - low);
  return Math.log(value / low) / Math.log(high / low);
}

/** @param {number} position @param {Field} field */
export function fromPosition(position, field) {
  const [low, high] = [field.min ?? 0, field.max ?? 1];
  const value = field.scale === "log" ? low * (high / low) ** position : low + (high - low) * position;
  return settleNumber(value, field);
}

/** The label of a choice. @param {Field} field @param {unknown} value */
export function choiceLabel(field, value) {
  const at = field.choices?.indexOf(value) ?? -1;
  return field.labels?.[at] ?? String(value);
}

/** The choices of a field as controls take them. @param {Field} field */
export const choices = (field) =>
  (field.choices ?? []).map((value) => ({ value, label: choiceLabel(field, value) }));
