// @ts-check
/** Parts of the dock and of the rail: titled sections, and lines of a name, a value and its unit. */
import { h, setText } from "./dom.js";

/**
 * A part of the dock.
 * @param {string} title @param {string} name  its class @param {Node | string | null} side  behind the title
 * @param {...Node} children
 */
export const part = (title, name, side, ...children) =>
  h("section", { class: `lz-dock-part ${name}`, "aria-label": title },
    h("h2", { class: "lz-dock-title" }, title, side && h("span", {}, side)), ...children);

/** A part of the rail. @param {string} title @param {...(Node | null)} children */
export const section = (title, ...children) => h("section", { class: "lz-section", "aria-label": title },
  h("div", { class: "lz-head" }, title), ...children);

/** A line: name left, value and grey unit right. @param {string} name @param {Node} [note] behind the name */
export function line(name, note) {
  const value = h("span", { class: "lz-line-value" }, "–");
  const unit = h("span", { class: "lz-line-unit" });
  const swatch = h("span", { class: "lz-colour", "aria-hidden": "true", hidden: true });
  const label = h("dt", {}, name, note);
  const side = h("dd", {}, swatch, value, " ", unit);
  return { element: h("div", { class: "lz-line" }, label, side), label, side,
    /** @param {string} text @param {string} [grey] @param {string | null} [colour] of a swatch before it */
    say(text, grey = "", colour = null) {
      setText(value, text);
      setText(unit, grey);
      swatch.hidden = colour === null;
      if (colour) swatch.style.background = colour;
    } };
}

/** @typedef {ReturnType<typeof line>} Line */

/** @param {Readonly<Record<string, Line>>} lines */
export const list = (lines) => h("dl", {}, ...Object.values(lines).map(({ element }) => element));
