// @ts-check
/** The gradient of a loss: arrows of -dL/dgrid at the nodes, or dL/dsaliency as a map of where more would help. */
import { t } from "../../core/text.js";
import { floatsFromBase64 } from "../../core/wire.js";
import { h, svg } from "../../kit/dom.js";
import { drawArrows } from "../../viewer/layers/arrows.js";

/** @typedef {import("../../viewer/layers.js").Drawn} Drawn */

/**
 * The switch of this layer, which is there where a gradient is.
 * @param {import("../../core/store.js").Store<import("./asking.js").Chart>} chart
 */
export function slopeSwitch(chart) {
  const element = h("button", { type: "button", class: "lz-layer", "data-layer": "gradient", hidden: true,
    title: t("doctor.gradient.help"), onclick: () => {
      const { layers } = chart.get();
      chart.set({ layers: { ...layers, gradient: !layers.gradient } });
    } }, svg("svg", { viewBox: "0 0 16 12", class: "lz-swatch", "aria-hidden": "true" },
    svg("path", { d: "M3 2l8 7M11 4v5H6", fill: "none", stroke: "currentColor" })),
  h("span", { class: "lz-layer-name" }, t("doctor.beside.gradient")));
  return { element, show() {
    const { now, layers } = chart.get();
    element.hidden = !now?.downhill;
    element.setAttribute("aria-pressed", String(layers.gradient === true));
  } };
}

/**
 * @param {import("./words.js").Diagnosed["downhill"] | undefined} told
 * @param {import("../../viewer/colours.js").Palette} palette
 * @returns {Drawn[]}
 */
export function downhillOf(told, palette) {
  if (!told) return [];
  if (told.arrows) {
    const pairs = Float64Array.from(floatsFromBase64(told.arrows));
    return [{ lines: (pen, p, image) => drawArrows(pen, p, image, pairs) }];
  }
  if (!told.values || !told.size || !told.most) return [];
  const [h, w] = told.size;
  // Downhill: where the loss falls with more saliency lies above the middle of the scale.
  const values = Float32Array.from(floatsFromBase64(told.values), (value) => 127.5 * (1 - value / told.most));
  return [{ heat: { field: { h, w, values }, table: palette.magnification } }];
}
