// @ts-check
/**
 * The methods that are compared: a sampler as its paper sets it, on what the state says for all (saliency, mode,
 * reading), or a trained pipeline, of which Python tells the warp.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("../../schema/contract.js").ComparedRow} Row
 */

import { samplerOf } from "../../core/context.js";
import { optionPatch } from "../../core/options.js";
import { hasTwin } from "../../engine/samplers.js";
import { ROUTES } from "../../schema/routes.js";

export const LETTERS = "ABCD";

/**
 * The state of a method: its paper's settings in place of the visitor's.
 * @param {Pick<Context, "host">} context @param {State} state @param {string} name @returns {State}
 */
export function stateOf(context, state, name) {
  const line = samplerOf(context, name);
  let made = { ...state, sampler: name };
  for (const option of line?.options ?? []) {
    if (!Object.hasOwn(line?.prescribes ?? {}, option.name)) continue;
    made = { ...made, ...optionPatch(made, name, option, line?.prescribes[option.name]) };
  }
  return made;
}

/** What a method is called. @param {Pick<Context, "host">} context @param {string} name @returns {string} */
export function titleOf({ host }, name) {
  const found = samplerOf({ host }, name) ?? host.catalogue.checkpoints?.find((each) => each.name === name);
  return found?.title ?? name;
}

/**
 * What may be compared here: samplers, and with Python every sampler and each trained pipeline.
 * @param {Pick<Context, "host" | "rooms">} context
 */
export function offered({ host, rooms }) {
  const python = host.transport.answers(ROUTES.compared.path);
  const samplers = host.catalogue.samplers.filter(({ name }) => rooms.ofSampler(name) === null
    && (python || hasTwin(name)));
  const trained = python ? host.catalogue.checkpoints ?? [] : [];
  return { samplers: samplers.map(({ name, title }) => ({ name, title })),
    trained: trained.map(({ name, title }) => ({ name, title })) };
}

/**
 * The methods with another one in a pane; one that stands elsewhere already changes places.
 * @param {readonly string[]} methods @param {number} at @param {string} name @returns {string[]}
 */
export function replaced(methods, at, name) {
  const before = methods[at];
  return methods.map((each, k) => (k === at ? name : each === name ? before : each));
}

/** The keys of the state that a comparison is about. */
export const KEYS = /** @type {const} */ (["image", "compared", "comparedEqual", "comparedMacs", "comparedMs", "width",
  "saliency", "strength", "mode", "interpolation", "sourceScale", "contrast", "floor", "options", "paint",
  "edgePaint", "boxes"]);
