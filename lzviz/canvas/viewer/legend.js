// @ts-check
/**
 * The layer switches on the source's title row: each is a switch, and its swatch, name and range are the legend.
 *
 * @typedef {import("../core/store.js").Layers} Layers
 * @typedef {keyof Layers} LayerName
 * @typedef {import("./colours.js").Palette} Palette
 */

import { h, setText, svg } from "../kit/dom.js";
import { gradient } from "./colours.js";
import { t } from "../core/text.js";

/** @type {readonly LayerName[]} in the order of their keys 1 .. 9; the last has none */
export const LAYERS = ["points", "mesh", "saliency", "density", "jacobian", "folds", "approximation",
  "arrows", "aliasing", "holes"];

/** @param {LayerName} name @returns {Element} */
function swatch(name) {
  const shapes = {
    points: [svg("circle", { cx: 8, cy: 6, r: 2.6, class: "lz-swatch-dot" })],
    mesh: [svg("path", { d: "M1 3.5q7 2 14 0M1 9q7-2 14 0M5 0q1.5 6 0 12M11 0q-1.5 6 0 12", class: "lz-swatch-line" })],
    folds: [svg("path", { d: "M0 12L8 0M5 12L13 0M10 12L16 3M0 5L3 0", class: "lz-swatch-line" }),
      svg("rect", { x: 0.5, y: 0.5, width: 15, height: 11, class: "lz-swatch-line" })],
    arrows: [svg("path", { d: "M2 10L13 2M8.5 2H13v4.5", class: "lz-swatch-line" })],
    holes: [svg("rect", { x: 1, y: 1, width: 14, height: 10, "stroke-dasharray": "2 2", class: "lz-swatch-line" })],
  };
  const lines = shapes[/** @type {keyof typeof shapes} */ (name)];
  if (!lines) return h("span", { class: "lz-swatch lz-swatch-map", "data-layer": name });
  return svg("svg", { viewBox: "0 0 16 12", class: "lz-swatch", "aria-hidden": "true" }, ...lines);
}

/**
 * @param {(name: LayerName) => void} toggle @param {readonly LayerName[]} [names] of the layers that there are
 */
export function createLegend(toggle, names = LAYERS) {
  const entries = LAYERS.filter((name) => names.includes(name)).map((name) => {
    const at = 1 + LAYERS.indexOf(name);
    const key = at < 10 ? at : null;
    const [title, help] = [t(`layer.${name}`), t(`layer.${name}.help`)];
    const range = h("small", { class: "lz-layer-range" });
    const button = h("button", { type: "button", class: "lz-layer", "data-layer": name,
      title: key === null ? help : t("layer.tip", { help, key }),
      "aria-pressed": "false", "aria-keyshortcuts": key === null ? null : String(key),
      onclick: () => toggle(name) }, swatch(name), h("span", { class: "lz-layer-name" }, title), range);
    return { name, button, range };
  });
  const element = h("div", { class: "lz-layers", role: "group", "aria-label": t("layers") },
    ...entries.map(({ button }) => button));
  return {
    element,
    /** @param {Readonly<Layers>} layers */
    show(layers) {
      for (const { name, button } of entries) button.setAttribute("aria-pressed", String(layers[name]));
    },
    /** What the layers reach from and to. @param {Partial<Record<LayerName, string>>} texts */
    ranges(texts) {
      for (const { name, range } of entries) setText(range, texts[name] ?? "");
    },
    /** @param {Palette} palette */
    paint(palette) {
      const tables = { saliency: palette.saliency, density: palette.density, jacobian: palette.magnification,
        approximation: palette.error, aliasing: palette.error };
      for (const [name, table] of Object.entries(tables)) {
        const box = /** @type {HTMLElement | null} */ (element.querySelector(`.lz-swatch-map[data-layer="${name}"]`));
        if (box) box.style.backgroundImage = gradient(table);
      }
    },
  };
}
