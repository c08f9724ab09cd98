// @ts-check
/** The dock: footprint, pixel under the pointer, magnification, this warp. It prints what the stage has measured. */
import { createFootprint } from "./footprint.js";
import { percent, short, tiny, whole } from "../../kit/format.js";
import { h, setText } from "../../kit/dom.js";
import { createHistogram } from "./histogram.js";
import { isAnswered } from "../../core/context.js";
import { outputHeight } from "../../core/schema.js";
import { readout } from "./readout.js";
import { t } from "../../core/text.js";

/** @typedef {import("../../core/context.js").Context} Context */

/** @param {string} title @param {string} name @param {Node | string | null} side @param {...Node} children */
const part = (title, name, side, ...children) =>
  h("section", { class: `lz-dock-part lz-dock-${name}`, "aria-label": title },
    h("h2", { class: "lz-dock-title" }, title, side && h("span", {}, side)), ...children);

/** A line: name left, value and unit right. @param {string} name @param {string} [unit] */
function line(name, unit) {
  const value = h("span", { class: "lz-line-value" }, "–");
  const units = h("span", { class: "lz-line-unit" }, unit ?? "");
  return { element: h("div", { class: "lz-line" }, h("dt", {}, name), h("dd", {}, value, " ", units)), value, units };
}

/** @param {Context} context */
function pixelPart({ live, store }) {
  const cells = /** @type {Record<string, HTMLElement>} */ ({});
  const cell = (/** @type {string} */ key) => (cells[key] = h("td", {}, "–"));
  const head = h("tr", {}, h("td"), h("th", { scope: "col" }, t("pixel.zoomed")), h("th", { scope: "col" },
    t("pixel.source")));
  const rows = ["Pixel", "Corners", "Half"].map((key) => h("tr", {},
    h("th", { scope: "row" }, t(`pixel.row.${key}`)), cell(`zoomed${key}`), cell(`source${key}`)));
  const swatch = h("span", { class: "lz-colour", "aria-hidden": "true" });
  const lines = /** @type {Record<string, ReturnType<typeof line>>} */ ({
    det: line(t("pixel.det"), t("pixel.detUnit")), footprint: line(t("pixel.footprint"), t("unit.px")),
    taps: line(t("pixel.taps")),
    weights: line(t("pixel.weights")), colour: line(t("pixel.colour")),
  });
  lines.colour.value.before(swatch);
  const show = () => {
    const { hover, image } = live.get();
    const { width } = store.get();
    const zoomed = image ? { width, height: outputHeight(width, image.width, image.height) } : { width: 1, height: 1 };
    const texts = readout(hover, image ?? { width: 1, height: 1 }, zoomed);
    for (const [key, element] of Object.entries(cells)) setText(element, texts[key] ?? "–");
    for (const [key, { value, units }] of Object.entries(lines)) {
      setText(value, texts[key] ?? "–");
      units.hidden = !hover;
    }
    swatch.hidden = !hover;
    if (hover) swatch.style.background = `rgb(${texts.colour})`;
  };
  return {
    element: part(t("pixel.title"), "pixel", null,
      h("table", { class: "lz-coordinates" }, h("thead", {}, head), h("tbody", {}, ...rows)),
      h("dl", {}, ...Object.values(lines).map(({ element }) => element))),
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
    const height = outputHeight(state.width, image.width, image.height);
    const [samples, sourcePixels] = [state.width * height, image.width * image.height];
    Object.assign(numbers, { width: state.width, height, samples, sourcePixels });
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
  const lines = /** @type {Record<string, ReturnType<typeof line>>} */ ({
    samples: line(t("dock.samples")), share: line(t("dock.share")), zoom: line(t("dock.zoom")),
      folds: line(t("dock.folds")),
    coverage: line(t("dock.coverage")), roundTrip: line(t("dock.roundTrip")), outside: line(t("dock.outside")),
      cost: line(t("dock.cost")),
  });
  const show = () => {
    const texts = warpTexts(warpNumbers(live.get(), store.get()));
    for (const [key, { value, units }] of Object.entries(lines)) {
      setText(value, texts[key][0]);
      setText(units, texts[key][1]);
    }
  };
  return {
    element: part(t("dock.warp"), "warp", null, h("dl", {}, ...Object.values(lines).map(({ element }) => element))),
    show,
  };
}

/** @param {Context} context @returns {HTMLElement[]} */
export function createDock(context) {
  const { live, store } = context;
  const footprint = createFootprint(context);
  const pixel = pixelPart(context);
  const histogram = createHistogram();
  const warp = warpPart(context);
  const showWarp = () => {
    histogram.show(live.get().measured?.histogram ?? null);
    warp.show();
  };
  live.subscribe((_, changed) => {
    if (changed.has("hover") || changed.has("image")) {
      footprint.show();
      pixel.show();
    }
    if (["measured", "answer", "image", "painting", "uniform"].some((key) => changed.has(key))) showWarp();
  });
  store.subscribe(showWarp);
  pixel.show();
  showWarp();
  return [part(t("dock.footprint"), "footprint", null, footprint.element), pixel.element,
    part(t("dock.magnification"), "histogram", t("dock.magnificationUnit"), histogram.element), warp.element];
}
