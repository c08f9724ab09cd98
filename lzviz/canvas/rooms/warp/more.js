// @ts-check
/** Under More: the options that most visitors leave alone. Closed, it tells their values in one grey line. */
import { choiceOf, numberOf, switchOf } from "../../core/bound.js";
import { disclosure, numberBox, toggle } from "../../kit/controls.js";
import { h } from "../../kit/dom.js";
import { toggleLayer } from "../../viewer/keyboard.js";
import { reasonAgainst } from "../../core/context.js";
import { choiceLabel } from "../../core/schema.js";
import { t } from "../../core/text.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 */

/** @param {import("../../core/schema.js").Field} field @param {HTMLElement} control */
const row = ({ key, label, help }, control) => h("div", { class: "lz-row", "data-control": key, "data-tip": help },
  h("span", {}, label), control);

/** @param {Context} context */
function gridRow(context) {
  const { store, schema } = context;
  const field = schema.field("nodes");
  const set = (/** @type {[number, number]} */ nodes) => store.set({ nodes }, { history: true });
  const rows = numberBox(t("more.rows"), field, (value) => set([value, store.get().nodes[1]]));
  const columns = numberBox(t("more.columns"), field, (value) => set([store.get().nodes[0], value]));
  return {
    element: row(field, h("span", { class: "lz-pair" }, rows.element, " × ", columns.element)),
    refresh() {
      rows.show(store.get().nodes[0]);
      columns.show(store.get().nodes[1]);
      const reason = reasonAgainst(context, "nodes");
      rows.setReason(reason);
      columns.setReason(reason);
    },
  };
}

/** @param {Context} context */
function approximationRow({ store }) {
  const control = toggle(t("more.approximation"), () => toggleLayer(store, "approximation"));
  control.element.setAttribute("data-tip", t("more.approximation.help"));
  return { element: control.element, refresh: () => control.show(store.get().layers.approximation) };
}

/** @param {Context} context @param {"interpolation" | "sourceScale" | "compare"} key */
function choiceRow(context, key) {
  const { label, help } = context.schema.field(key);
  const { element, refresh } = choiceOf(context, key, { history: key !== "compare", reasons: key !== "compare" });
  element.removeAttribute("data-tip");
  const block = h("div", { class: "lz-block", "data-control": key, "data-tip": help }, h("span", {}, label), element);
  return { element: block, refresh };
}

/** @param {Context} context */
function floorRow(context) {
  const { store, schema } = context;
  const field = schema.field("floor");
  const input = h("input", { type: "text", class: "lz-number lz-floor", inputmode: "decimal",
    placeholder: t("more.auto"),
    "aria-label": t("more.floor"),
    onchange: () => store.set({ floor: parseFloor(input.value, field) }, { history: true }) });
  return {
    element: row(field, input),
    refresh() {
      const { floor } = store.get();
      input.value = floor === null ? "" : String(floor);
      input.disabled = reasonAgainst(context, "floor") !== null;
    },
  };
}

/** @param {string} text @param {import("../../core/schema.js").Field} field @returns {number | null} */
export function parseFloor(text, field) {
  const value = parseFloat(text.replace(",", "."));
  return Number.isFinite(value) ? Math.min(field.max ?? 1, Math.max(field.min ?? 0, value)) : null;
}

/**
 * The grey line of the closed part: the grid always, the others as far as they are not ordinary.
 * @param {State} state @param {import("../../core/schema.js").Schema} schema
 */
export function moreSummary(state, schema) {
  const facts = [t("more.nodes", { rows: state.nodes[0], columns: state.nodes[1] })];
  if (state.separable) facts.push(t("more.separable"));
  facts.push(t(state.antiCrop ? "more.antiCrop" : "more.crops"));
  facts.push(t("more.reads", { interpolation: choiceLabel(schema.field("interpolation"), state.interpolation) }));
  if (state.sourceScale !== 1) facts.push(t("more.sourceScale", { scale: state.sourceScale }));
  if (state.contrast !== 1) facts.push(t("more.contrast", { contrast: state.contrast }));
  if (state.floor !== null) facts.push(t("more.floorIs", { floor: state.floor }));
  if (state.compare !== "none") facts.push(t(`more.compare.${state.compare}`));
  return t("more.summary", { facts });
}

/** @param {Context} context @returns {HTMLElement} */
export function createMore(context) {
  const rows = [
    choiceRow(context, "compare"), gridRow(context), approximationRow(context),
    switchOf(context, "separable", { reasons: true }), switchOf(context, "antiCrop", { reasons: true }),
    choiceRow(context, "interpolation"), choiceRow(context, "sourceScale"),
    numberOf(context, "contrast", { reasons: true }), floorRow(context),
  ];
  const part = disclosure(t("more"), rows.map(({ element }) => element));
  const refresh = () => {
    for (const { refresh: each } of rows) each();
    part.summarise(moreSummary(context.store.get(), context.schema));
  };
  context.store.subscribe(refresh);
  refresh();
  return part.element;
}
