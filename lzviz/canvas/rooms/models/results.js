// @ts-check
/** Results: figures, filters that are their legend, and a table of the same numbers. */
import { h } from "../../kit/dom.js";
import { toldError } from "../../kit/told.js";
import { ROUTES } from "../../schema/routes.js";
import { createFilters } from "./filters.js";
import { createPlots } from "./plots.js";
import { dataOf, say, t } from "../../core/text.js";

/**
 * @typedef {import("./models.js").Room} Room
 * @typedef {import("../../schema/contract.js").Table} Table
 * @typedef {import("../../schema/contract.js").Results} Results
 */

/** @param {Room} room @param {Table} table */
function numbers(room, { columns, rows }) {
  /** @param {string | null} name @param {import("./cards.js").Told} told */
  const first = (name, told) => h("th", { scope: "row", ...dataOf(told) }, name === null ? say(told)
    : h("button", { type: "button", class: "lz-link", onclick: () => room.reveal(name) }, say(told)));
  return h("table", { class: "lz-numbers" }, h("caption", { class: "lz-hidden" }, t("results.caption")),
    h("thead", {}, h("tr", {},
      ...columns.map(({ label, number }) => h("th", { scope: "col", "data-number": number }, say(label))))),
    h("tbody", {}, ...rows.map(({ name, cells: [title, ...cells] }) => h("tr", {}, first(name, title),
      ...cells.map((cell, at) =>
        h("td", { "data-number": columns[at + 1].number, ...dataOf(cell) }, say(cell)))))));
}

/**
 * @param {Room} room @param {import("../../core/context.js").StateStore} store
 * @param {(off: import("./cards.js").Off) => void} onFilter  told what is switched off
 */
export function createResults(room, store, onFilter) {
  const note = h("p", { class: "lz-note lz-results-note" });
  const plots = createPlots(room);
  const table = h("div", { class: "lz-scroll", tabindex: "0", role: "region", "aria-label": t("results.numbers") });
  const csv = h("a", { class: "lz-link", download: "lzviz-results.csv" }, t("results.csv"));
  const filters = createFilters(store, () => {
    onFilter(filters.off());
    void refresh();
  });
  let round = 0;

  async function refresh() {
    const mine = ++round;
    try {
      const own = () => room.own.join(",");
      const query = () => ({ ...filters.query(), own: own(), live: room.live() });
      const answer = /** @type {Results} */ (
        await room.listed(() => `${ROUTES.results.path}?${new URLSearchParams(query())}`));
      if (mine !== round) return;
      const asked = JSON.stringify(filters.query());
      filters.show(answer, room.colour);
      // Only now it is known what else there is besides that which a link leaves out.
      if (JSON.stringify(filters.query()) !== asked) return void refresh();
      note.textContent = say(answer.note);
      table.replaceChildren(numbers(room, answer.table));
      const colours = new Map(answer.systems.map(({ value, colour }) => [value, colour]));
      plots.show(answer.panels, (system) => room.colour(colours.get(system)) ?? "currentColor");
      csv.href = await room.address(`${ROUTES.resultsTable.path}?${new URLSearchParams({ own: own() })}`);
    } catch (error) {
      if (mine === round) note.replaceChildren(...toldError(error));
    }
  }
  const element = h("section", { class: "lz-outcome", "aria-label": t("results") },
    h("div", { class: "lz-models-head" }, h("h2", {}, t("results")), h("small", {}, t("results.against"))), note,
    plots.element, h("details", { class: "lz-fold lz-numbers-fold", open: true }, h("summary", {}, t("results.all")),
      table, h("p", {}, csv)));
  return { element, filters: filters.element, refresh,
    off: filters.off, dispose: () => [plots.dispose, filters.dispose].forEach((end) => end()) };
}
