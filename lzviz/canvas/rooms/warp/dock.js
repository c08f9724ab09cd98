// @ts-check
/** The dock: footprint, pixel under the pointer, magnification, this warp. It prints what the stage has measured. */
import { createFootprint } from "./footprint.js";
import { percent, short, tiny, whole } from "../../kit/format.js";
import { h, setText } from "../../kit/dom.js";
import { line, list, part } from "../../kit/lines.js";
import { createHistogram } from "./histogram.js";
import { choiceOf } from "../../core/bound.js";
import { createRecognition, recognises } from "./recognition.js";
import { isAnswered } from "../../core/context.js";
import { zoomedSize } from "../../engine/samplers.js";
import { readout } from "./readout.js";
import { t } from "../../core/text.js";

/** @typedef {import("../../core/context.js").Context} Context */

/** @param {Context} context */
function pixelPart({ live, store }) {
  const cells = /** @type {Record<string, HTMLElement>} */ ({});
  const cell = (/** @type {string} */ key) => (cells[key] = h("td", {}, "–"));
  const head = h("tr", {}, h("td"), h("th", { scope: "col" }, t("pixel.zoomed")), h("th", { scope: "col" },
    t("pixel.source")));
  const rows = ["Pixel", "Corners", "Half"].map((key) => h("tr", {},
    h("th", { scope: "row" }, t(`pixel.row.${key}`)), cell(`zoomed${key}`), cell(`source${key}`)));
  const units = /** @type {Record<string, string>} */ ({ det: t("pixel.detUnit"), footprint: t("unit.px") });
  const lines = Object.fromEntries(["det", "footprint", "taps", "weights", "colour"].map((key) =>
    [key, line(t(`pixel.${key}`))]));
  const show = () => {
    const { hover, image } = live.get();
    const [height, width] = image ? zoomedSize(store.get().width, [image.height, image.width]) : [1, 1];
    const zoomed = { width, height };
    const texts = readout(hover, image ?? { width: 1, height: 1 }, zoomed);
    for (const [key, element] of Object.entries(cells)) setText(element, texts[key] ?? "–");
    for (const [key, { say }] of Object.entries(lines)) {
      say(texts[key] ?? "–", hover ? units[key] : "", hover && key === "colour" ? `rgb(${texts.colour})` : null);
    }
  };
  return {
    element: part(t("pixel.title"), "lz-dock-pixel", null,
      h("table", { class: "lz-coordinates" }, h("thead", {}, head), h("tbody", {}, ...rows)), list(lines)),
    show,
  };
}

/** What is said about a warp: name, then value and grey unit. @param {any} m numbers of browser and Python */
function warpTexts(m) {
  const known = (/** @type {unknown} */ value) => typeof value === "number" && Number.isFinite(value);
  return /** @type {Record<string, [string, string]>} */ ({
    samples: known(m.samples) ? [whole(m.samples), t("of", { all: short(m.sourcePixels) })] : ["–", ""],
    share: known(m.share) ? [percent(m.share), known(m.area) ? t("dock.onArea", { area: m.area }) : ""] : ["–", ""],
    zoom: m.zoomRange ? [t("dock.zoomRange", { least: m.zoomRange[0], most: m.zoomRange[1] }), ""] : ["–", ""],
    folds: known(m.folds) ? [whole(m.folds), t("dock.ofTiles", { count: m.tiles })] : ["–", ""],
    coverage: known(m.coverage) ? [percent(m.coverage), ""] : ["–", ""],
    roundTrip: known(m.roundTrip) ? [tiny(m.roundTrip), t("unit.px")] : ["–", ""],
    outside: known(m.outside) ? [whole(m.outside), t("dock.samplesUnit")] : ["–", ""],
    cost: m.width ? [`${m.width} × ${m.height}`, ""] : ["–", ""],
  });
}

/**
 * The numbers of the warp that is drawn; Python's take their place while they are about the same state.
 * @param {import("../../core/context.js").Live} live @param {import("../../core/context.js").State} state
 */
export function warpNumbers(live, state) {
  const { measured, answer, image } = live;
  const numbers = { ...measured };
  if (image) {
    const [height, width] = zoomedSize(state.width, [image.height, image.width]);
    Object.assign(numbers, { width, height, samples: width * height, sourcePixels: image.width * image.height });
  }
  if (!isAnswered(live, state)) return numbers;
  for (const key of ["share", "area", "zoomRange", "folds", "tiles", "coverage"]) {
    numbers[key] = answer[key] ?? numbers[key];
  }
  numbers.roundTrip = answer.roundTrip?.max ?? numbers.roundTrip;
  return numbers;
}

/** @param {Context} context */
function warpPart({ live, store }) {
  const lines = Object.fromEntries(["samples", "share", "zoom", "folds", "coverage", "roundTrip", "outside",
    "cost"].map((key) => [key, line(t(`dock.${key}`))]));
  const show = () => {
    const texts = warpTexts(warpNumbers(live.get(), store.get()));
    for (const [key, { say }] of Object.entries(lines)) say(...texts[key]);
  };
  return {
    element: part(t("dock.warp"), "lz-dock-warp", null, list(lines)),
    show,
  };
}

/**
 * Magnification, or what a network recognises: one place, because only one of them is looked at.
 * @param {Context} context @param {HTMLElement} magnification @param {HTMLElement} recognition
 */
function eitherPart(context, magnification, recognition) {
  const choice = choiceOf(context, "panel", { history: false });
  const unit = h("span", {}, t("dock.magnificationUnit"));
  const element = h("section", { class: "lz-dock-part lz-dock-histogram", "aria-label": t("dock.magnification") },
    h("div", { class: "lz-dock-title" }, recognises(context) ? choice.element : t("dock.magnification"), unit),
    magnification, recognition);
  const show = () => {
    const { panel } = context.store.get();
    const seen = panel === "recognition" && recognises(context);
    choice.refresh();
    element.dataset.panel = seen ? "recognition" : "magnification";
    element.setAttribute("aria-label", t(seen ? "recognition.title" : "dock.magnification"));
    magnification.hidden = unit.hidden = seen;
    recognition.hidden = !seen;
  };
  return { element, show };
}

/**
 * @param {import("../../viewer/room.js").Place<import("./recognition.js").Answers>} place
 * @param {ReturnType<typeof import("./recognition.js").createRecognising>} asks
 * @returns {{elements: HTMLElement[], end: () => void}}
 */
export function createDock({ context, answers }, asks) {
  const { live, store } = context;
  const footprint = createFootprint(context);
  const pixel = pixelPart(context);
  const histogram = createHistogram();
  const warp = warpPart(context);
  const either = eitherPart(context, histogram.element, createRecognition(answers));
  const showWarp = () => {
    histogram.show(live.get().measured?.histogram ?? null);
    warp.show();
  };
  const end = live.subscribe((_, changed) => {
    if (changed.has("painting") && live.get().painting) asks.stroke();
    if (changed.has("hover") || changed.has("image")) {
      footprint.show();
      pixel.show();
    }
    if (["measured", "answer", "image", "painting", "uniform"].some((key) => changed.has(key))) showWarp();
  });
  store.subscribe((_, changed) => {
    showWarp();
    if (changed.has("panel")) either.show();
  });
  either.show();
  pixel.show();
  showWarp();
  return { elements: [part(t("dock.footprint"), "lz-dock-footprint", null, footprint.element), pixel.element,
    either.element, warp.element], end };
}
