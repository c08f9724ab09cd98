// @ts-check
/** The table below the panes: a line a method, sorted by any column, the best marked, and as files. */
import { say, t } from "../../core/text.js";
import { saveFile } from "../../kit/dialogs.js";
import { h, setText } from "../../kit/dom.js";
import { ROUTES } from "../../schema/routes.js";
import { isFresh } from "./asking.js";
import { cellOf, shownOf, sorted } from "./columns.js";
import { bars } from "./curves.js";
import { figuresOf } from "./figures.js";
import { LETTERS, titleOf } from "./methods.js";

/** @typedef {import("./columns.js").Line} Line */

const FILES = /** @type {const} */ ([["csv", "csv", "text/csv"], ["latex", "tex", "text/x-tex"],
  ["markdown", "md", "text/markdown"]]);

const TIMES = ["p50", "p95"];

/** A table narrower than this stands upright, CSS pixels. */
const UPRIGHT = 640;

/** Before times with a wide spread: the word, or where there is no room a sign. @param {boolean} wide */
function noisyBefore(wide) {
  if (wide) return h("small", {}, t("compare.noisy"), " ");
  return h("small", {}, h("span", { "aria-hidden": "true" }, "~"),
    h("span", { class: "lz-hidden" }, t("compare.noisy"), " "));
}

/**
 * What names a line: letter and method; its letter alone above a column.
 * @param {import("../../core/context.js").Context} context @param {Line} line @param {string} scope
 */
function nameOf(context, line, scope) {
  const letter = h("b", { class: "lz-compare-letter", translate: "no" }, LETTERS[line.at]);
  const title = titleOf(context, line.name);
  if (scope === "col") {
    return h("th", { scope, "data-name": line.name, "data-tip": title }, letter,
      h("span", { class: "lz-hidden", translate: "no" }, title));
  }
  const note = line.row?.note ? say(line.row.note) : "";
  return h("th", { scope }, letter, " ", h("span", { translate: "no" }, title), note && h("small", {}, " ", note));
}

/**
 * @param {import("./columns.js").Column} column @param {Line} line @param {boolean} wins
 * @param {boolean} barred  there is room for bars
 */
function cellFor(column, line, wins, barred) {
  const { text, missing } = cellOf(line, column);
  const noisy = !missing && line.row?.noisy && column.name === TIMES[0];
  const drawn = column.name === "largest" && line.drawn && barred ? bars(line.drawn.histogram) : null;
  return h("td", { class: missing ? "lz-compare-missing" : wins ? "lz-compare-best" : null }, drawn,
    noisy && noisyBefore(barred), text, wins && h("span", { class: "lz-hidden" },
      ` ${t("compare.best")}`));
}

/** The table as files. @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
function createSave({ context: { store }, answers }) {
  const files = FILES.map(([name, suffix, type]) => h("button", { type: "button", class: "lz-link", translate: "no",
    "data-file": suffix, onclick: () => {
      const made = answers.get().table?.[name];
      if (made) saveFile(new Blob([made], { type }), `lzviz-${store.get().image}-compared.${suffix}`);
    } }, { csv: "CSV", tex: "LaTeX", md: "Markdown" }[suffix]));
  return h("span", { class: "lz-compare-files", role: "group", "aria-label": t("compare.files") }, ...files);
}

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
export function createDock(place) {
  const { context, answers, scene } = place;
  const { store, live, host } = context;
  const figures = figuresOf(place);
  const table = h("table", { class: "lz-compare-table" });
  const said = h("span", { class: "lz-compare-said" });
  const save = createSave(place);
  const head = h("h2", { class: "lz-dock-title" }, t("compare.table"), said, save);
  const scroll = h("div", { class: "lz-compare-scroll", tabindex: "0", role: "region",
    "aria-label": t("compare.table") }, table);
  const element = h("section", { class: "lz-dock-part lz-compare-dock", "aria-label": t("compare.table") }, head,
    scroll);
  let written = "";
  /** A narrow table has a line a number and a column a pane. */
  let upright = false;

  /** @returns {Line[]} */
  function lines() {
    const { table: told, drawn, trail } = answers.get();
    const last = trail[trail.length - 1];
    // While a film goes on, the numbers of the frame before stay until those of this one come.
    const passes = live.get().film && last?.table === told && isFresh({ ...answers.get(), ...last }, store.get());
    const fresh = passes || isFresh(answers.get(), store.get());
    return store.get().compared.map((name, at) => ({ at, name, drawn: drawn[at] ?? null,
      row: fresh ? told?.rows.find((row) => row.name === name) ?? null : null }));
  }

  function show() {
    const { asking, sort, table: told } = answers.get();
    const all = lines();
    const fresh = all.some(({ row }) => row);
    table.toggleAttribute("data-stale", !isFresh(answers.get(), store.get()) && fresh);
    save.hidden = !fresh;
    const python = host.transport.answers(ROUTES.compared.path);
    setText(said, !python ? t("compare.needsPython") : asking ? t("compare.asking") : "");
    const columns = shownOf(all);
    const order = sorted(all, sort);
    const key = JSON.stringify([order, columns.map(({ name }) => name), sort, fresh && told?.best, upright]);
    if (key === written) return;
    written = key;
    const focused = /** @type {HTMLElement | null} */ (table.querySelector("button:focus"))?.dataset.column;
    const best = (/** @type {import("./columns.js").Column} */ column, /** @type {Line} */ line) => {
      const row = line.row && told?.rows.indexOf(line.row);
      const noisy = line.row?.noisy && TIMES.includes(column.name);
      return typeof row === "number" && (told?.best[column.known] ?? []).includes(row) && !noisy;
    };
    const sorter = (/** @type {import("./columns.js").Column} */ { name }, /** @type {string} */ scope) =>
      h("th", { scope, "aria-sort": sort === name ? "descending" : null },
        h("button", { type: "button", "data-column": name, "data-tip": t(`compare.column.${name}.help`),
          onclick: () => answers.set({ sort: sort === name ? "" : name }) }, t(`compare.column.${name}`)));
    const cell = (/** @type {import("./columns.js").Column} */ column, /** @type {Line} */ line) =>
      cellFor(column, line, best(column, line), !upright);
    const method = h("th", { scope: "col" }, t("compare.column.method"));
    table.toggleAttribute("data-upright", upright);
    table.replaceChildren(...upright ? [
      h("thead", {}, h("tr", {}, method, ...order.map((line) => nameOf(context, line, "col")))),
      h("tbody", {}, ...columns.map((column) => h("tr", {}, sorter(column, "row"),
        ...order.map((line) => cell(column, line)))),
      ...order.flatMap(({ row, at }) => (row?.note ? [h("tr", {}, h("td", { colspan: order.length + 1,
        class: "lz-compare-noted" }, h("b", { translate: "no" }, LETTERS[at]), " ", say(row.note)))] : []))),
    ] : [
      h("thead", {}, h("tr", {}, method, ...columns.map((column) => sorter(column, "col")))),
      h("tbody", {}, ...order.map((line) => h("tr", { "data-name": line.name, onpointerenter: () => point(line.at),
        onpointerleave: () => point(-1) }, nameOf(context, line, "row"),
      ...columns.map((column) => cell(column, line))))),
    ]);
    if (focused) /** @type {HTMLElement | null} */ (table.querySelector(`[data-column="${focused}"]`))?.focus();
  }

  /** The pane of the row under the pointer. @param {number} at */
  function point(at) {
    const now = scene();
    now?.each((/** @type {import("../../viewer/views.js").View} */ view, /** @type {number} */ pane) =>
      view.section.toggleAttribute("data-pointed", pane === at));
  }

  const resized = new ResizeObserver(() => {
    upright = scroll.clientWidth > 0 && scroll.clientWidth < UPRIGHT;
    show();
    figures.place(element, element.clientHeight - head.offsetHeight - table.offsetHeight);
  });
  resized.observe(scroll);
  const ends = [() => resized.disconnect(),
    answers.subscribe((_, changed) => (changed.size > 1 || !changed.has("hovers")) && show()),
    store.subscribe(show)];
  show();
  return { elements: [element], end: () => ends.forEach((end) => end()) };
}
