// @ts-check
/** Parts of the dock and their lines. */
import { h, setText } from "../../kit/dom.js";

/**
 * @param {string} title @param {string} name @param {"features" | "keypoints"} view in which it is shown
 * @param {Node | string | null} side @param {...Node} children
 */
export const part = (title, name, view, side, ...children) =>
  h("section", { class: `lz-dock-part lz-cad-${name}`, "data-cad-view": view, "aria-label": title },
    h("h2", { class: "lz-dock-title" }, title, side && h("span", {}, side)), ...children);

/** A line: name left, value and grey unit right. @param {string} name @param {Node} [note] behind the name */
export function line(name, note) {
  const value = h("span", { class: "lz-line-value" }, "–");
  const unit = h("span", { class: "lz-line-unit" });
  const swatch = h("span", { class: "lz-colour", "aria-hidden": "true", hidden: true });
  const element = h("div", { class: "lz-line" }, h("dt", {}, name, note), h("dd", {}, swatch, value, " ", unit));
  const say = (/** @type {string} */ text, grey = "") => {
    setText(value, text);
    setText(unit, grey);
  };
  return { element, swatch, say };
}

/** @param {...ReturnType<typeof line>} lines */
export const list = (...lines) => h("dl", {}, ...lines.map(({ element }) => element));
