// @ts-check
/**
 * Controls of one key of the state: name, help, range and choices are the key's own.
 *
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./store.js").State} State
 * @typedef {{element: HTMLElement, refresh: () => void, show: (value: any) => void,
 *   setReason: (reason: string | null, value?: any) => void}} Bound
 *
 * @typedef {object} How
 * @property {boolean} [history]  a change is a step of undo
 * @property {boolean} [reasons]  it is switched off where the sampler of now does not use it
 * @property {string} [unit] @property {(value: number) => string} [format]
 * @property {(value: any) => any} [settle]  the value that is stored
 * @property {(value: any) => void} [choose]  in place of storing it
 * @property {boolean} [thirds]  three choices in a row
 */

import { reasonAgainst } from "./context.js";
import { choices } from "./schema.js";
import { segmented, slider, toggle } from "../kit/controls.js";
import { t } from "./text.js";

/**
 * @param {Context} context @param {keyof State} key
 * @param {ReturnType<typeof segmented> | ReturnType<typeof slider> | ReturnType<typeof toggle>} control
 * @param {How} how @returns {Bound}
 */
function bound(context, key, control, { reasons = false }) {
  control.element.dataset.control = key;
  control.element.setAttribute("data-tip", context.schema.field(key).help);
  return { element: control.element, setReason: control.setReason, show: control.show, refresh() {
    control.show(/** @type {never} */ (context.store.get()[key]));
    if (reasons) control.setReason(reasonAgainst(context, key));
  } };
}

/** One of a few. @param {Context} context @param {keyof State} key @param {How} [how] */
export function choiceOf(context, key, how = {}) {
  const { store, schema } = context;
  const field = schema.field(key);
  const set = (/** @type {any} */ value) => store.set({ [key]: value }, { history: how.history ?? true });
  const control = segmented(field.label, choices(field), how.choose ?? set);
  control.element.classList.toggle("lz-thirds", how.thirds === true);
  return bound(context, key, control, how);
}

/** A number on a slider. @param {Context} context @param {keyof State} key @param {How} [how] */
export function numberOf(context, key, how = {}) {
  const { store, schema } = context;
  const field = schema.field(key);
  const named = field.unit && field.unit !== "×" ? t(`unit.${field.unit}`) : field.unit;
  const { settle = (value) => value, format, unit = named ?? "" } = how;
  const set = (/** @type {boolean} */ history) => (/** @type {number} */ value) =>
    store.set({ [key]: settle(value) }, { history });
  return bound(context, key, slider(field, { unit, format, onInput: set(false), onDone: set(true) }), how);
}

/** On or off. @param {Context} context @param {keyof State} key @param {How} [how] */
export function switchOf(context, key, how = {}) {
  const { store, schema } = context;
  const control = toggle(schema.field(key).label, (on) => store.set({ [key]: on }, { history: true }));
  return bound(context, key, control, how);
}
