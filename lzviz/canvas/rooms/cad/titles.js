// @ts-check
/** Title rows: size and scale of the source, and its layer switches, which are the legend of the levels. */
import { whole } from "../../kit/format.js";
import { h, setText } from "../../kit/dom.js";
import { caption } from "../../viewer/views.js";
import { swatchColour } from "../../viewer/layers/own/quadtree.js";
import { strideOf } from "./model.js";
import { t } from "../../core/text.js";

/** @typedef {import("./model.js").Forest} Forest */

/**
 * @param {import("../../core/context.js").StateStore} store
 */
export function createLevelLegend(store) {
  const entries = h("span", { class: "lz-cad-levels" });
  const toggle = (/** @type {"saliency" | "points"} */ name) => () => {
    const { layers } = store.get();
    store.set({ layers: { ...layers, [name]: !layers[name] } });
  };
  const points = h("button", { type: "button", class: "lz-layer", title: t("cad.rows.tip"),
    "aria-keyshortcuts": "1", onclick: toggle("points") },
  h("i", { class: "lz-cad-dot" }), h("span", { class: "lz-layer-name" }, t("cad.rows")));
  const levels = h("button", { type: "button", class: "lz-layer", title: t("cad.levels.tip"),
    "aria-keyshortcuts": "3", onclick: toggle("saliency") }, entries);
  const element = h("div", { class: "lz-layers", role: "group", "aria-label": t("layers") }, points, levels);
  /** @type {{item: HTMLElement, swatch: HTMLElement, name: HTMLElement, count: HTMLElement}[]} */
  const items = [];

  /** @param {number} count */
  function resize(count) {
    while (items.length > count) items.pop()?.item.remove();
    while (items.length < count) {
      const swatch = h("i", { class: "lz-swatch lz-cad-swatch" });
      const [name, amount] = [h("span", { class: "lz-cad-level" }), h("small", { class: "lz-layer-range" })];
      const item = h("span", { class: "lz-cad-entry" }, swatch, name, amount);
      items.push({ item, swatch, name, count: amount });
      entries.append(item);
    }
  }

  return {
    element,
    points,
    /**
     * @param {{grid: Forest["grid"], rows: readonly number[]} | null} tree
     * @param {readonly (readonly number[])[]} colours
     */
    show(tree, colours) {
      const { layers } = store.get();
      points.setAttribute("aria-pressed", String(layers.points));
      levels.setAttribute("aria-pressed", String(layers.saliency));
      resize(tree ? tree.rows.length : 0);
      items.forEach(({ swatch, name, count }, level) => {
        if (!tree) return;
        swatch.style.background = swatchColour(colours[level]);
        setText(name, `1/${strideOf(tree.grid, level)}`);
        setText(count, whole(tree.rows[level]));
      });
    },
  };
}

/**
 * @param {import("./scene.js").CadScene} scene @param {string} words
 */
export function writeSourceTitle({ live, views, tree, narrow }, words) {
  const { image } = live.get();
  if (!image) return;
  const facts = [t("size", { width: image.width, height: image.height })];
  if (tree && !narrow) facts.push(t("view.readAt", { width: tree.image.w, height: tree.image.h }));
  caption(views.source, { size: t("view.facts", { facts }),
    label: t("cad.source.label", { width: image.width, height: image.height, sentence: words }) });
  views.source.size.title = t("cad.source.tip");
}
