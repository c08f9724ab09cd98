// @ts-check
/** The options of content-adaptive downsampling, below the menu of samplers. */
import { createChannel } from "../../kit/channel.js";
import { choiceOf, numberOf } from "../../core/bound.js";
import { segmented } from "../../kit/controls.js";
import { h, setText } from "../../kit/dom.js";
import { section } from "../../kit/lines.js";
import { t } from "../../core/text.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {"cadThreshold" | "cadDilation" | "cadKeep"} NumberKey
 */


/** Masks that read each of the numbers. @type {Record<NumberKey, readonly State["cadMask"][]>} */
const USED_BY = {
  cadThreshold: ["edges", "inverse"], cadDilation: ["edges", "inverse", "keypoints"], cadKeep: ["random"],
};

const PRESETS = /** @type {const} */ ([[0.034, "low"], [0.079, "medium"], [0.214, "high"]]);

/** @param {Context} context @param {NumberKey} key */
function number(context, key) {
  const { store, schema } = context;
  const least = schema.field(key).min ?? 0;
  const odd = (/** @type {number} */ value) => (key === "cadDilation" ? value - 1 + (value % 2) : value);
  const control = numberOf(context, key, { settle: (value) => Math.max(least, odd(value)) });
  return { element: control.element, refresh() {
    control.refresh();
    control.element.hidden = !USED_BY[key].includes(store.get().cadMask);
  } };
}

/** The paper's three thresholds. @param {Context} context */
function presets({ store }) {
  const control = segmented(t("cad.presets"), PRESETS.map(([value, name]) => ({ value,
    label: t(`cad.preset.${name}`) })),
    (cadThreshold) => store.set({ cadThreshold }, { history: true }));
  return { element: control.element, refresh() {
    control.show(store.get().cadThreshold);
    control.element.hidden = !USED_BY.cadThreshold.includes(store.get().cadMask);
  } };
}

/**
 * @param {Context} context
 * @param {() => any} features the last answer about features
 * @returns {{elements: HTMLElement[], refresh: () => void}}
 */
export function createCadRail(context, features) {
  const { store, schema } = context;
  const view = choiceOf(context, "cadView", { history: false });
  const levels = choiceOf(context, "cadLevels");
  const mask = choiceOf(context, "cadMask", { thirds: true });
  const network = choiceOf(context, "cadNetwork");
  const numbers = /** @type {NumberKey[]} */ (["cadThreshold", "cadDilation", "cadKeep"]).map((key) =>
    number(context, key));
  const paper = presets(context);
  const colours = createChannel(context, "cadChannel", () => features()?.channels ?? 2048);
  const note = h("p", { class: "lz-note" });
  const numberSection = h("section", { class: "lz-section lz-sliders", "aria-label": t("cad.mask") },
    numbers[0].element, paper.element, numbers[1].element, numbers[2].element);
  const maskSection = section(schema.field("cadMask").label, mask.element, note);
  const shown = h("section", { class: "lz-section lz-cad-show", "aria-label": t("cad.show") }, view.element);
  const strides = section(t("cad.strides"), levels.element);
  const networks = section(schema.field("cadNetwork").label, network.element, colours.element);
  const sections = [shown, maskSection, numberSection, strides, networks];
  const parts = [view, levels, mask, network, ...numbers, paper, colours];
  return { elements: sections, refresh() {
    const state = store.get();
    for (const { refresh } of parts) refresh();
    setText(note, t(`cad.mask.${state.cadMask}`));
    numberSection.hidden = numbers.every(({ element }) => element.hidden) || state.cadView === "keypoints";
    for (const part of [maskSection, strides, networks]) part.hidden = state.cadView === "keypoints";
    const only = state.cadLevels === "1-8" ? t("cad.onlyVgg")
      : state.cadMask === "learned" ? t("cad.onlyCompact") : null;
    network.setReason(only);
    network.show(state.cadLevels === "1-8" ? "vgg16" : only ? "compact" : state.cadNetwork);
  } };
}
