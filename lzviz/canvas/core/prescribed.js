// @ts-check
/**
 * Settings that a method's paper prescribes, beside those of the visitor. One press takes them, one press brings back
 * what they took the place of; looking at another sampler does so too.
 */
import { samplerOf } from "./context.js";
import { optionOf, optionPatch } from "./options.js";
import { same } from "./store.js";
import { registered, t } from "./text.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./store.js").State} State
 * @typedef {Readonly<Record<string, any>>} Values  by the name of the option
 * @typedef {Pick<Context, "store" | "live" | "host">} Shown
 */

/** The options of the sampler of now that its paper prescribes. @param {Shown} context */
function lines(context) {
  const line = samplerOf(context, context.store.get().sampler);
  return line ? line.options.filter(({ name }) => Object.hasOwn(line.prescribes, name)) : [];
}

/** @param {Shown} context @returns {Values} */
export const prescribed = (context) => samplerOf(context, context.store.get().sampler)?.prescribes ?? {};

/** What those options are now. @param {Shown} context @returns {Values} */
export function now(context) {
  const state = context.store.get();
  return Object.fromEntries(lines(context).map((option) => [option.name, optionOf(state, state.sampler, option)]));
}

/** @param {Shown} context @param {Values} values @returns {Partial<State>} */
function patchOf(context, values) {
  let state = context.store.get();
  let patch = /** @type {Partial<State>} */ ({});
  for (const option of lines(context)) {
    if (!Object.hasOwn(values, option.name)) continue;
    patch = { ...patch, ...optionPatch(state, state.sampler, option, values[option.name]) };
    state = { ...state, ...patch };
  }
  return patch;
}

/** Takes what is prescribed, and remembers what was there. @param {Shown} context */
export function take(context) {
  const before = now(context);
  if (same(before, prescribed(context))) return;
  context.store.set(patchOf(context, prescribed(context)), { history: true });
  context.live.set({ yours: before });
}

/** What brings the visitor's own back, as far as the prescribed ones still stand there. @param {Shown} context */
export function putBack(context) {
  const { yours } = context.live.get();
  const [here, wanted] = [now(context), prescribed(context)];
  const taken = Object.entries(yours ?? {}).filter(([name]) => same(here[name], wanted[name]));
  return patchOf(context, Object.fromEntries(taken));
}

/** Brings the visitor's own back. @param {Shown} context */
export function keep(context) {
  context.store.set(putBack(context), { history: true });
  context.live.set({ yours: null });
}

/** An option in words: "fwhm 4", "31 × 51 nodes", "not separable". @param {string} name @param {any} value */
export function words(name, value) {
  const option = registered(`option.${name}.short`, plain(name));
  if (typeof value === "boolean") return t(value ? "setting.on" : "setting.off", { option });
  if (Array.isArray(value)) return t("setting.size", { option, value: value.join(" × ") });
  if (value === null) return t("setting.automatic", { option });
  return t("setting.value", { option, value: typeof value === "number" ? Number(value.toFixed(3)) : value });
}

/** What an option is called that brings no words: "anti_crop" -> "anti-crop". @param {string} name */
export const plain = (name) => name.replaceAll("_", "-");

/**
 * "FOVEA: separable, fwhm 4; yours: not separable, fwhm 10." What is equal stands in the first half alone.
 * @param {string} title @param {Values} wanted @param {Values} here
 */
export function comparison(title, wanted, here) {

  const names = Object.keys(wanted);
  const apart = names.filter((name) => !same(wanted[name], here[name]));
  const values = { sampler: title, theirs: names.map((name) => words(name, wanted[name])),
    yours: apart.map((name) => words(name, here[name])) };
  return t(apart.length ? "settings.differ" : "settings.equal", values);
}
