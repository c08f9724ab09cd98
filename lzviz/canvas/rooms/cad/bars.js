// @ts-check
/** Three bars: strided, adaptive, dilated. Their lengths compare, their numbers tell. */
import { h, setText } from "../../kit/dom.js";
import { t } from "../../core/text.js";
import { percent } from "../../kit/format.js";

/** Of the three networks; null: it has none. @typedef {Readonly<Record<string, number | null>>} Three */

const NAMES = /** @type {const} */ (["strided", "adaptive", "dilated"]);

/**
 * @param {string} title @param {(value: number) => string} print
 * @returns {{element: HTMLElement, show: (values: Three | null) => void}}
 */
export function createBars(title, print) {
  const rows = NAMES.map((key) => {
    const bar = h("i", {});
    const value = h("b", {}, "–");
    const share = h("small", {});
    return { key, bar, value, share, element: h("div", { class: "lz-cad-bar", "data-network": key },
      h("span", {}, t(`cad.${key}`)), h("span", {}, value, " ", share), h("span", { class: "lz-cad-track" }, bar)) };
  });
  const element = h("div", { class: "lz-cad-bars", role: "group", "aria-label": title }, h("h3", {}, title),
    ...rows.map(({ element: row }) => row));
  return { element, show(values) {
    const of = (/** @type {string} */ key) => values?.[key] ?? null;
    const [whole, most] = [of("dilated"), Math.max(...NAMES.map((key) => of(key) ?? 0), 1e-9)];
    for (const { key, bar, value, share } of rows) {
      const number = of(key);
      bar.style.width = `${((100 * (number ?? 0)) / most).toFixed(1)}%`;
      setText(value, number === null ? "–" : print(number));
      setText(share, number !== null && whole && key !== "dilated" ? ` ${percent(number / whole, 0)}` : "");
    }
  } };
}
