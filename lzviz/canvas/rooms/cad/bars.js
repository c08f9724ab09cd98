// @ts-check
/** Three bars: strided, adaptive, dilated. Their lengths compare, their numbers tell. */
import { h, setText } from "../../kit/dom.js";
import { t } from "../../core/text.js";
import { percent } from "../../kit/format.js";

/** @typedef {{strided: number, adaptive: number, dilated: number}} Three */

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
    const most = values ? Math.max(values.strided, values.adaptive, values.dilated, 1e-9) : 1;
    for (const { key, bar, value, share } of rows) {
      bar.style.width = values ? `${((100 * values[key]) / most).toFixed(1)}%` : "0";
      setText(value, values ? print(values[key]) : "–");
      setText(share, values && key !== "dilated" ? ` ${percent(values[key] / values.dilated, 0)}` : "");
    }
  } };
}
