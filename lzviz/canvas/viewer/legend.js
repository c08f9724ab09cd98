// @ts-check
/**
 * The layer switches on the source's title row: each is a switch, and its swatch, name and range are the legend.
 *
 * @typedef {Readonly<Record<string, boolean>>} Layers  which are on
 * @typedef {import("./colours.js").Palette} Palette
 */

import { h, setText, svg } from "../kit/dom.js";
import { gradient } from "./colours.js";
import { helpOf, LAYERS, titleOf } from "./layers.js";
import { t } from "../core/text.js";

/** @param {import("./layers.js").Layer} layer @returns {Element} */
function swatchOf({ name, swatch }) {
  if (!swatch) return h("span", { class: "lz-swatch lz-swatch-map", "data-layer": name });
  return svg("svg", { viewBox: "0 0 16 12", class: "lz-swatch", "aria-hidden": "true" }, ...swatch());
}

/**
 * @param {(name: string) => void} toggle @param {readonly string[]} [names] of the layers that there are; all
 */
export function createLegend(toggle, names) {
  const entries = LAYERS.filter(({ name }) => names?.includes(name) ?? true).map((layer) => {
    const { name } = layer;
    const key = layer.key < 10 ? layer.key : null;
    const [title, help] = [titleOf(name), helpOf(name)];
    const range = h("small", { class: "lz-layer-range" });
    const button = h("button", { type: "button", class: "lz-layer", "data-layer": name,
      title: key === null ? help : t("layer.tip", { help, key }),
      "aria-pressed": "false", "aria-keyshortcuts": key === null ? null : String(key),
      onclick: () => toggle(name) }, swatchOf(layer), h("span", { class: "lz-layer-name" }, title), range);
    return { ...layer, button, range };
  });
  const element = h("div", { class: "lz-layers", role: "group", "aria-label": t("layers") },
    ...entries.map(({ button }) => button));
  return {
    element,
    /** @param {Layers} layers */
    show(layers) {
      for (const { name, button } of entries) button.setAttribute("aria-pressed", String(layers[name] === true));
    },
    /** What the layers reach from and to. @param {Readonly<Record<string, string>>} texts */
    ranges(texts) {
      for (const { name, range } of entries) setText(range, texts[name] ?? "");
    },
    /** @param {Palette} palette */
    paint(palette) {
      for (const { name, table } of entries) {
        const box = /** @type {HTMLElement | null} */ (element.querySelector(`.lz-swatch-map[data-layer="${name}"]`));
        if (box && table) box.style.backgroundImage = gradient(table(palette));
      }
    },
  };
}
