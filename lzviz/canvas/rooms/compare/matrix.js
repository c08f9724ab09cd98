// @ts-check
/** How many times as many samples each class of the labels has as if samples were spread evenly: a row a class. */
import { t, written } from "../../core/text.js";
import { h } from "../../kit/dom.js";
import { isFresh } from "./asking.js";
import { LETTERS } from "./methods.js";

/** log2 at which the colour is full. */
const FULL = 1.5;

/** Orange through grey to blue, as magnification is drawn. @param {number} times */
export function shade(times) {
  const log2 = Math.log2(Math.max(times, 2 ** -FULL));
  const share = Math.round(55 * Math.min(1, Math.abs(log2) / FULL));
  return share < 2 ? "" : `color-mix(in oklab, var(--lz-det-${log2 < 0 ? "low" : "high"}) ${share}%, transparent)`;
}

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
export function createMatrix({ context: { store }, answers }) {
  const table = h("table", { class: "lz-compare-matrix" });
  const element = h("section", { class: "lz-section", "aria-label": t("compare.matrix") },
    h("div", { class: "lz-head" }, h("span", {}, t("compare.matrix")),
      h("span", { class: "lz-head-note" }, t("compare.matrix.even"))), table);
  function show() {
    const { table: told } = answers.get();
    const { compared } = store.get();
    const fresh = isFresh(answers.get(), store.get()) ? told : null;
    const lines = fresh?.classes.filter(({ share }) => share) ?? [];
    element.hidden = !told?.classes.length;
    if (!fresh || !lines.length) return;
    const rows = compared.map((name) => fresh.rows.find((row) => row.name === name));
    const most = (/** @type {string} */ name) => Math.max(...rows.map((row) => row?.density[name] ?? 0));
    const order = [...lines].sort((a, b) => most(b.name) - most(a.name));
    table.replaceChildren(
      h("thead", {}, h("tr", {},
        h("th", { scope: "col" }, h("span", { class: "lz-hidden" }, t("compare.matrix.class"))),
        ...rows.map((_, at) => h("th", { scope: "col", translate: "no" }, LETTERS[at])))),
      h("tbody", {}, ...order.map((line) => h("tr", {}, h("th", { scope: "row", translate: "no" },
        h("i", { class: "lz-compare-class", style: `background:${line.colour}` }), line.name),
      ...rows.map((row) => {
        const times = row?.density[line.name];
        const iou = row?.ious[line.name];
        const tip = iou === undefined ? null : t("compare.iou", { value: iou });
        return h("td", { style: times === undefined ? null : `background:${shade(times)}`, "data-tip": tip },
          times === undefined ? "–" : written(times, 2));
      })))));
  }
  return { element, show };
}
