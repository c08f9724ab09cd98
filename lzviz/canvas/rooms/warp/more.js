// @ts-check
/** Under More: the options that most visitors leave alone. Closed, it tells their values in one grey line. */
import { disclosure, numberBox, segmented, slider, toggle } from "../../kit/controls.js";
import { h } from "../../kit/dom.js";
import { reasonAgainst } from "../../core/context.js";
import { choiceLabel, choices } from "../../core/schema.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 */

/** @param {string} label @param {HTMLElement} control @param {string} [tip] */
const row = (label, control, tip) => h("div", { class: "lz-row", "data-tip": tip }, h("span", {}, label), control);

/** @param {Context} context */
function gridRow(context) {
  const { store, schema } = context;
  const field = schema.field("nodes");
  const set = (/** @type {[number, number]} */ nodes) => store.set({ nodes }, { history: true });
  const rows = numberBox("Rows of control nodes", field, (value) => set([value, store.get().nodes[1]]));
  const columns = numberBox("Columns of control nodes", field, (value) => set([store.get().nodes[0], value]));
  return {
    element: row("Control grid", h("span", { class: "lz-pair" }, rows.element, " × ", columns.element), field.help),
    refresh() {
      rows.show(store.get().nodes[0]);
      columns.show(store.get().nodes[1]);
      const reason = reasonAgainst(context, "nodes");
      rows.setReason(reason);
      columns.setReason(reason);
    },
  };
}

/** @param {Context} context @param {"separable" | "antiCrop"} key */
function switchRow(context, key) {
  const { store, schema } = context;
  const field = schema.field(key);
  const control = toggle(field.label, (on) => store.set({ [key]: on }, { history: true }));
  control.element.setAttribute("data-tip", field.help);
  return {
    element: control.element,
    refresh() {
      control.show(store.get()[key]);
      control.setReason(reasonAgainst(context, key));
    },
  };
}

/** @param {Context} context */
function approximationRow({ store }) {
  const control = toggle("Show what the grid costs", (on) =>
    store.set({ layers: { ...store.get().layers, approximation: on } }));
  control.element.setAttribute("data-tip", "How far the bilinear control grid is from the true warp, on the source.");
  return { element: control.element, refresh: () => control.show(store.get().layers.approximation) };
}

/** @param {Context} context @param {"interpolation" | "sourceScale" | "compare"} key */
function choiceRow(context, key) {
  const { store, schema } = context;
  const field = schema.field(key);
  const control = segmented(field.label, choices(field), (value) =>
    store.set({ [key]: value }, { history: key !== "compare" }));
  return {
    element: h("div", { class: "lz-block", "data-tip": field.help }, h("span", {}, field.label), control.element),
    refresh() {
      control.show(store.get()[key]);
      if (key !== "compare") control.setReason(reasonAgainst(context, key));
    },
  };
}

/** @param {Context} context */
function contrastRow(context) {
  const { store, schema } = context;
  const field = schema.field("contrast");
  const control = slider(field, {
    onInput: (contrast) => store.set({ contrast }),
    onDone: (contrast) => store.set({ contrast }, { history: true }),
  });
  control.element.setAttribute("data-tip", field.help);
  return {
    element: control.element,
    refresh() {
      control.show(store.get().contrast);
      control.setReason(reasonAgainst(context, "contrast"));
    },
  };
}

/** @param {Context} context */
function floorRow(context) {
  const { store, schema } = context;
  const field = schema.field("floor");
  const input = h("input", { type: "text", class: "lz-number lz-floor", inputmode: "decimal", placeholder: "auto",
    "aria-label": "Floor: share of the mean, empty for automatic",
    onchange: () => store.set({ floor: parseFloor(input.value, field) }, { history: true }) });
  return {
    element: row("Floor", input, field.help),
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
  const parts = [`${state.nodes[0]} × ${state.nodes[1]} nodes`];
  if (state.separable) parts.push("separable");
  parts.push(state.antiCrop ? "anti-crop" : "crops");
  parts.push(choiceLabel(schema.field("interpolation"), state.interpolation).toLowerCase());
  if (state.sourceScale !== 1) parts.push(`source × ${state.sourceScale}`);
  if (state.contrast !== 1) parts.push(`contrast ${state.contrast}`);
  if (state.floor !== null) parts.push(`floor ${state.floor}`);
  if (state.compare !== "none") parts.push(state.compare === "uniform" ? "beside uniform" : "difference");
  return parts.join(" · ");
}

/** @param {Context} context @returns {HTMLElement} */
export function createMore(context) {
  const rows = [
    choiceRow(context, "compare"), gridRow(context), approximationRow(context), switchRow(context, "separable"),
    switchRow(context, "antiCrop"), choiceRow(context, "interpolation"), choiceRow(context, "sourceScale"),
    contrastRow(context), floorRow(context),
  ];
  const part = disclosure("More", rows.map(({ element }) => element));
  const refresh = () => {
    for (const { refresh: each } of rows) each();
    part.summarise(moreSummary(context.store.get(), context.schema));
  };
  context.store.subscribe(refresh);
  refresh();
  return part.element;
}
