// @ts-check
/**
 * The methods that are compared: a sampler as its paper sets it, on what the state says for all (saliency, mode,
 * reading) and its name for itself (`lzu:published`, `cad:threshold=high:depth=2`), or a trained pipeline, of which
 * Python tells the warp.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("../../schema/contract.js").ComparedRow} Row
 * @typedef {import("../../core/schema.js").Option} Option
 */

import { samplerOf } from "../../core/context.js";
import { optionPatch, readValue } from "../../core/options.js";
import { t } from "../../core/text.js";
import { hasTwin, takesSaliency } from "../../engine/samplers.js";
import { ROUTES } from "../../schema/routes.js";
import { finds } from "../pipeline/words.js";

export const LETTERS = "ABCD";
/** The sampler of a grid of one's own. */
export const GIVEN = "given";

/** The sampler, or the checkpoint, that a name begins with. @param {string} name */
export const baseOf = (name) => name.split(":", 1)[0];

/** Whether the browser computes a method by itself. @param {string} name */
export const isHere = (name) => hasTwin(baseOf(name));

/**
 * Whether a map of where to look is anything to a method. @param {Pick<Context, "host">} context @param {string} name
 */
export const looks = (context, name) => takesSaliency(baseOf(name))
  || (samplerOf(context, baseOf(name))?.saliency ?? []).length > 0;

/** The options that a name sets. @param {string} name @param {readonly Option[]} options */
function settingsOf(name, options) {
  return name.split(":").slice(1).flatMap((part) => {
    const at = part.indexOf("=");
    const [key, text] = at < 0 ? [null, part] : [part.slice(0, at), part.slice(at + 1)];
    const option = options.find((each) => (key === null ? (each.choices ?? []).includes(text) : each.name === key));
    const value = option && readValue(text, option);
    return option && value !== undefined ? [{ option, value }] : [];
  });
}

/**
 * The state of a method: its paper's settings, and then its own, in place of the visitor's.
 * @param {Pick<Context, "host">} context @param {State} state @param {string} name @returns {State}
 */
export function stateOf(context, state, name) {
  const sampler = baseOf(name);
  const line = samplerOf(context, sampler);
  let made = { ...state, sampler };
  for (const option of line?.options ?? []) {
    if (!Object.hasOwn(line?.prescribes ?? {}, option.name)) continue;
    made = { ...made, ...optionPatch(made, sampler, option, line?.prescribes[option.name]) };
  }
  for (const { option, value } of settingsOf(name, line?.options ?? [])) {
    made = { ...made, ...optionPatch(made, sampler, option, value) };
  }
  return made;
}

/**
 * What a method is called. Checkpoints of one title, of other data or sizes, end with what their names end with.
 * @param {Pick<Context, "host">} context @param {string} name @returns {string}
 */
export function titleOf({ host }, name) {
  const base = baseOf(name);
  const networks = host.catalogue.checkpoints ?? [];
  const known = samplerOf({ host }, base) ?? networks.find((each) => each.name === base);
  const alike = networks.some((each) => each !== known && known && each.title === known.title && each.name !== base);
  const [, data, size] = (alike && /-([^-]+)-(\d+x\d+)/.exec(base)) || [];
  const title = [known?.title ?? base, ...(data && size ? [`${data} ${size}`] : [])].join(" · ");
  const settings = name.split(":").slice(1).map((part) =>
    (part === "published" ? t("compare.published") : part.replace("=", " ").replaceAll("_", " ")));
  return [title, ...settings].join(", ");
}

/** The same sampler in other settings that are worth a line. @param {import("../../core/context.js").Sampler} line */
function variants({ name, options }) {
  const choices = options.flatMap(({ name: option, choices: values, default: usual }) => {
    if (option === "mode") return (values ?? []).includes("published") ? [`${name}:published`] : [];
    return name === "cad" ? (values ?? []).filter((value) => value !== usual).map((value) =>
      `${name}:${option}=${value}`) : [];
  });
  return name === "cad" ? [...choices, "cad:depth=2", "cad:depth=3"] : choices;
}

/**
 * What may be compared here: samplers, and with Python every sampler, each in its published reading too, and each
 * trained pipeline.
 * @param {Pick<Context, "host">} context
 */
export function offered({ host }) {
  const python = host.transport.answers(ROUTES.compared.path);
  const known = host.catalogue.samplers.filter(({ name }) => python || hasTwin(name));
  const told = (/** @type {string} */ name) => ({ name, title: titleOf({ host }, name) });
  const samplers = known.filter(({ name }) => name !== GIVEN).map(({ name }) => told(name));
  const settings = known.flatMap((line) => variants(line)).map(told);
  const networks = python ? host.catalogue.checkpoints ?? [] : [];
  const trained = networks.filter(({ task }) => task === "segmentation").map(({ name }) => told(name));
  const detectors = networks.filter(finds).map(({ name }) => told(name));
  return { samplers, settings, trained, detectors, given: known.some(({ name }) => name === GIVEN) };
}

/**
 * The methods with one more: in a pane of its own while there is room, else in the last one.
 * @param {readonly string[]} methods @param {string} name @returns {string[]}
 */
export const withOne = (methods, name) => (methods.includes(name) ? [...methods]
  : [...methods.slice(0, LETTERS.length - 1), name]);

/**
 * The methods with another one in a pane; one that stands elsewhere already changes places.
 * @param {readonly string[]} methods @param {number} at @param {string} name @returns {string[]}
 */
export function replaced(methods, at, name) {
  const before = methods[at];
  return methods.map((each, k) => (k === at ? name : each === name ? before : each));
}

/** Whether a method finds boxes. @param {Pick<Context, "host">} context @param {string} name */
export const detects = ({ host }, name) =>
  finds(host.catalogue.checkpoints?.find((each) => each.name === name) ?? null);

/** The keys of the state that a comparison is about. */
export const KEYS = /** @type {const} */ (["image", "compared", "comparedEqual", "comparedMacs", "comparedMs", "width",
  "saliency", "strength", "mode", "interpolation", "sourceScale", "contrast", "floor", "options", "paint",
  "edgePaint", "boxes"]);
