// @ts-check
/** The table below the panes: a line a method, sorted by any column, the best marked, and as files. */
import { say, t } from "../../core/text.js";
import { saveFile } from "../../kit/dialogs.js";
import { h, setText } from "../../kit/dom.js";
import { ROUTES } from "../../schema/routes.js";
import { isFresh } from "./asking.js";
import { cellOf, shownOf, sorted } from "./columns.js";
import { bars } from "./curves.js";
import { LETTERS, titleOf } from "./methods.js";

/** @typedef {import("./columns.js").Line} Line */

const FILES = /** @type {const} */ ([["csv", "csv", "text/csv"], ["latex", "tex", "text/x-tex"],
  ["markdown", "md", "text/markdown"]]);

const TIMES = ["p50", "p95"];

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
export function createDock({ context, answers, scene }) {
  const { store, host } = context;
  const table = h("table", { class: "lz-compare-table" });
  const said = h("span", { class: "lz-compare-said" });
  const files = FILES.map(([name, suffix, type]) => h("button", { type: "button", class: "lz-link", translate: "no",
    "data-file": suffix, onclick: () => {
      const made = answers.get().table?.[name];
      if (made) saveFile(new Blob([made], { type }), `lzviz-${store.get().image}-compared.${suffix}`);
    } }, { csv: "CSV", tex: "LaTeX", md: "Markdown" }[suffix]));
  const save = h("span", { class: "lz-compare-files", role: "group", "aria-label": t("compare.files") }, ...files);
  const head = h("h2", { class: "lz-dock-title" }, t("compare.table"), said, save);
  const scroll = h("div", { class: "lz-compare-scroll", tabindex: "0", role: "region",
    "aria-label": t("compare.table") }, table);
  const element = h("section", { class: "lz-dock-part lz-compare-dock", "aria-label": t("compare.table") }, head,
    scroll);
  let written = "";

  /** @returns {Line[]} */
  function lines() {
    const { table: told, drawn } = answers.get();
    const fresh = isFresh(answers.get(), store.get());
    return store.get().compared.map((name, at) => ({ at, name, drawn: drawn[at] ?? null,
      row: fresh ? told?.rows.find((row) => row.name === name) ?? null : null }));
  }

  function show() {
    const { asking, sort, table: told } = answers.get();
    const all = lines();
    const fresh = all.some(({ row }) => row);
    save.hidden = !fresh;
    const python = host.transport.answers(ROUTES.compared.path);
    setText(said, !python ? t("compare.needsPython") : asking ? t("compare.asking") : "");
    const columns = shownOf(all);
    const order = sorted(all, sort);
    const key = JSON.stringify([order, columns.map(({ name }) => name), sort, fresh && told?.best]);
    if (key === written) return;
    written = key;
    const focused = /** @type {HTMLElement | null} */ (table.querySelector("button:focus"))?.dataset.column;
    const best = (/** @type {import("./columns.js").Column} */ column, /** @type {Line} */ line) => {
      const row = line.row && told?.rows.indexOf(line.row);
      const noisy = line.row?.noisy && TIMES.includes(column.name);
      return typeof row === "number" && (told?.best[column.known] ?? []).includes(row) && !noisy;
    };
    table.replaceChildren(
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("compare.column.method")),
        ...columns.map(({ name }) => h("th", { scope: "col", "aria-sort": sort === name ? "descending" : null },
          h("button", { type: "button", "data-column": name, "data-tip": t(`compare.column.${name}.help`),
            onclick: () => answers.set({ sort: sort === name ? "" : name }) }, t(`compare.column.${name}`)))))),
      h("tbody", {}, ...order.map((line) => row(line, columns, best))));
    if (focused) /** @type {HTMLElement | null} */ (table.querySelector(`[data-column="${focused}"]`))?.focus();
  }

  /**
   * @param {Line} line @param {readonly import("./columns.js").Column[]} columns
   * @param {(column: import("./columns.js").Column, line: Line) => boolean} best
   */
  function row(line, columns, best) {
    const cells = columns.map((column) => {
      const { text, missing } = cellOf(line, column);
      const wins = best(column, line);
      const noisy = !missing && line.row?.noisy && column.name === TIMES[0];
      const drawn = column.name === "largest" && line.drawn ? bars(line.drawn.histogram) : null;
      return h("td", { class: missing ? "lz-compare-missing" : wins ? "lz-compare-best" : null },
        drawn, noisy && h("small", {}, t("compare.noisy"), " "), text, wins && h("span", { class: "lz-hidden" },
          ` ${t("compare.best")}`));
    });
    const note = line.row?.note ? say(line.row.note) : "";
    return h("tr", { "data-name": line.name, onpointerenter: () => point(line.at), onpointerleave: () => point(-1) },
      h("th", { scope: "row" }, h("b", { class: "lz-compare-letter", translate: "no" }, LETTERS[line.at]), " ",
        h("span", { translate: "no" }, titleOf(context, line.name)), note && h("small", {}, " ", note)), ...cells);
  }

  /** The pane of the row under the pointer. @param {number} at */
  function point(at) {
    const now = scene();
    now?.each((/** @type {import("../../viewer/views.js").View} */ view, /** @type {number} */ pane) =>
      view.section.toggleAttribute("data-pointed", pane === at));
  }

  const ends = [answers.subscribe((_, changed) => (changed.size > 1 || !changed.has("hovers")) && show()),
    store.subscribe(show)];
  show();
  return { elements: [element], end: () => ends.forEach((end) => end()) };
}
