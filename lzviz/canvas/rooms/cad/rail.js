// @ts-check
/** The options of content-adaptive downsampling, below the menu of samplers. */
import { createChannel } from "../../kit/channel.js";
import { choiceOf, numberOf, switchOf } from "../../core/bound.js";
import { settleNumber } from "../../core/schema.js";
import { segmented } from "../../kit/controls.js";
import { h, setText } from "../../kit/dom.js";
import { section } from "../../kit/lines.js";
import { takeDrops } from "../../shell/intake.js";
import { ROUTES } from "../../schema/routes.js";
import { t } from "../../core/text.js";
import { networkOf, noLabels, TRAINED_MASKS, viewOf } from "./model.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {"cadThreshold" | "cadDilation" | "cadKeep"} NumberKey
 */


/** Masks that read each of the numbers. @type {Record<NumberKey, readonly State["cadMask"][]>} */
const USED_BY = {
  cadThreshold: ["edges", "inverse", "file"], cadDilation: ["edges", "inverse", "keypoints", "file"],
  cadKeep: ["random"],
};

/** Masks of the picture's own changes. @type {readonly State["cadMask"][]} */
const MEASURED = ["edges", "inverse"];

/** Thresholds that have names, in the unit of their operator: ours on central differences, the paper's on a Sobel. */
const PRESETS = /** @type {const} */ ({ central: [0.034, 0.079, 0.214], sobel: [0.15, 0.35, 0.95] });
const NAMES = /** @type {const} */ (["low", "medium", "high"]);
const OPERATORS = /** @type {const} */ (["central", "sobel"]);

/** A Sobel answers four times what a central difference answers to the same step. */
const SOBEL_UNIT = 4;

/** How change is measured; the threshold keeps its meaning. @param {Context} context */
function operator(context) {
  const { store, schema } = context;
  const control = choiceOf(context, "cadOperator", { choose: (/** @type {State["cadOperator"]} */ cadOperator) => {
    const { cadOperator: was, cadThreshold } = store.get();
    if (was === cadOperator) return;
    const at = PRESETS[was].findIndex((value) => value === cadThreshold);
    const same = cadThreshold * (cadOperator === "sobel" ? SOBEL_UNIT : 1 / SOBEL_UNIT);
    const next = at < 0 ? settleNumber(same, schema.field("cadThreshold")) : PRESETS[cadOperator][at];
    store.set({ cadOperator, cadThreshold: next }, { history: true });
  } });
  return { element: control.element, refresh() {
    control.refresh();
    control.element.hidden = !MEASURED.includes(store.get().cadMask);
  } };
}

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

/** Three thresholds by name, and whose they are. @param {Context} context */
function presets({ store }) {
  const bars = OPERATORS.map((of) => ({ of, control: segmented(t(`cad.presets.${of}`),
    PRESETS[of].map((value, at) => ({ value, label: t(`cad.preset.${NAMES[at]}`) })),
    (cadThreshold) => store.set({ cadThreshold }, { history: true })) }));
  const whose = h("p", { class: "lz-note" });
  const element = h("div", { class: "lz-cad-presets" }, whose, ...bars.map(({ control }) => control.element));
  return { element, refresh() {
    const { cadThreshold, cadOperator, cadMask } = store.get();
    setText(whose, t(`cad.presets.${cadOperator}`));
    for (const { of, control } of bars) {
      control.show(cadThreshold);
      control.element.hidden = of !== cadOperator;
    }
    element.hidden = !MEASURED.includes(cadMask);
  } };
}

/**
 * @param {Context} context
 * @param {() => import("../../schema/contract.js").Features | null} features the last answer about features
 * @param {() => import("./segmentation.js").Segmentation | null} segmentation the last one
 * @returns {{elements: HTMLElement[], refresh: () => void}}
 */
export function createCadRail(context, features, segmentation) {
  const { store, schema, live, host, actions } = context;
  const view = choiceOf(context, "cadView", { history: false });
  const levels = choiceOf(context, "cadLevels");
  const mask = choiceOf(context, "cadMask", { thirds: true, choose: (value) => {
    if (value === "file" && !live.get().file) actions.openMap({ cadMask: value });
    else store.set({ cadMask: value }, { history: true });
  } });
  if (!host.transport.answers(ROUTES.addMap.path)) mask.setReason(t("saliency.offline"), "file");
  const pick = h("button", { type: "button", class: "lz-link", onclick: () => actions.openMap({ cadMask: "file" }) },
    t("saliency.another"));
  const errors = switchOf(context, "cadErrors");
  const network = choiceOf(context, "cadNetwork");
  const numbers = /** @type {NumberKey[]} */ (["cadThreshold", "cadDilation", "cadKeep"]).map((key) =>
    number(context, key));
  const named = presets(context);
  const change = operator(context);
  const colours = createChannel(context, "cadChannel", () => features()?.channels ?? 2048);
  const note = h("p", { class: "lz-note" });
  const numberSection = h("section", { class: "lz-section lz-sliders", "aria-label": t("cad.mask") },
    change.element, numbers[0].element, named.element, numbers[1].element, numbers[2].element);
  const maskSection = takeDrops(section(schema.field("cadMask").label, mask.element, note, pick),
    (file) => actions.takeMap(file, { cadMask: "file" }));
  const shown = h("section", { class: "lz-section lz-cad-show", "aria-label": t("cad.show") }, view.element,
    errors.element);
  const strides = section(t("cad.strides"), levels.element);
  const networks = section(schema.field("cadNetwork").label, network.element, colours.element);
  const sections = [shown, maskSection, numberSection, strides, networks];
  const parts = [view, levels, mask, network, errors, ...numbers, change, named, colours];
  return { elements: sections, refresh() {
    const state = store.get();
    for (const { refresh } of parts) refresh();
    setText(note, t(`cad.mask.${state.cadMask}`));
    pick.hidden = state.cadMask !== "file";
    numberSection.hidden = numbers.every(({ element }) => element.hidden) || state.cadView === "keypoints";
    for (const part of [maskSection, strides, networks]) part.hidden = state.cadView === "keypoints";
    const only = state.cadLevels === "1-8" ? t("cad.onlyVgg")
      : TRAINED_MASKS.includes(state.cadMask) ? t("cad.onlyCompact") : null;
    network.setReason(only);
    network.show(networkOf(state));
    const unlabelled = noLabels(state);
    view.setReason(unlabelled && t(unlabelled), "segmentation");
    view.show(viewOf(state));
    colours.element.hidden = viewOf(state) !== "features";
    errors.element.hidden = viewOf(state) !== "segmentation";
    const known = segmentation()?.answer;
    errors.setReason(known && !known.errors ? t("cad.noLabels") : null);
  } };
}
