// @ts-check
/** The column of tools: what the pointer does on the source, and the brush. */
import { iconButton, isOff, setReason } from "../kit/controls.js";
import { h, setText, uniqueId } from "../kit/dom.js";
import { icon } from "../kit/icons.js";
import { fromPosition, toPosition } from "../core/schema.js";
import { t } from "../core/text.js";

/**
 * @typedef {import("../core/context.js").Context} Context
 * @typedef {import("../core/store.js").State} State
 */

/** @type {readonly {tool: State["tool"], key: string}[]} */
export const TOOLS = [
  { tool: "pick", key: "V" },
  { tool: "paint", key: "B" },
  { tool: "erase", key: "E" },
  { tool: "box", key: "R" },
  { tool: "pan", key: "H" },
];

/** @param {State} state @param {import("../core/rooms.js").Room} room */
function clearReason(state, room) {
  const key = room.paintKey(state);
  if (key) return state[key] ? null : t("tools.nothingPainted");
  if (room.takesBoxes(state)) return state.boxes.length ? null : t("tools.noBox");
  return t("tools.nothingByHand");
}

/** @param {Context} context @param {"brushSize" | "brushSoftness"} key @param {(value: number) => string} print */
function brushRange({ store, schema }, key, print) {
  const field = schema.field(key);
  const id = uniqueId(key);
  const value = h("output", { for: id, class: "lz-brush-value" });
  const range = h("input", { type: "range", id, min: 0, max: 100, step: 1, class: "lz-range lz-upright",
    "aria-label": field.label, "data-tip": field.label, "data-key": key === "brushSize" ? "[ ]" : "{ }",
    oninput: () => store.set({ [key]: fromPosition(Number(range.value) / 100, field) }) });
  const show = () => {
    const now = store.get()[key];
    const position = 100 * toPosition(now, field);
    if (Number(range.value) !== Math.round(position)) range.value = String(Math.round(position));
    range.style.setProperty("--fill", `${position.toFixed(1)}%`);
    range.setAttribute("aria-valuetext", print(now));
    setText(value, print(now));
  };
  return { element: h("span", { class: `lz-brush lz-${key}` }, value, range), show };
}

/** @param {Context} context @returns {HTMLElement} */
export function createTools(context) {
  const { store, live, actions, rooms } = context;
  const buttons = TOOLS.map(({ tool, key }) => {
    const label = t(`state.tool.${tool}`);
    const button = h("button", { type: "button", class: "lz-button lz-icon-button lz-tool", "aria-label": label,
      "data-tip": label, "data-key": key, "aria-keyshortcuts": key, "data-tool": tool,
      onclick: () => isOff(button) || store.set({ tool }) }, icon(tool));
    return button;
  });
  const pixels = (/** @type {number} */ share) => {
    const image = live.get().image;
    return String(Math.max(1, Math.round(share * (image ? Math.max(image.width, image.height) : 1000))));
  };
  const size = brushRange(context, "brushSize", pixels);
  const soft = brushRange(context, "brushSoftness", (value) => `${Math.round(100 * value)}`);
  const undo = iconButton("undo", t("keys.undo"), actions.undo, { class: "lz-tool lz-phone-only" });
  const clear = iconButton("trash", t("tools.clear"), actions.clear, { key: "Delete", class: "lz-tool" });

  const doctor = iconButton("doctor", t("keys.examine"), actions.examine, { key: "I", class: "lz-tool" });
  const refresh = () => {
    const state = store.get();
    const room = rooms.of(state);
    buttons.forEach((button, at) => {
      button.setAttribute("aria-pressed", String(TOOLS[at].tool === state.tool));
      setReason(button, room.toolReason(TOOLS[at].tool, state));
    });
    size.show();
    soft.show();
    setReason(clear, clearReason(state, room));
    setReason(undo, store.canUndo() ? null : t("tools.nothingToUndo"));
  };
  store.subscribe(refresh);
  live.subscribe((_, changed) => changed.has("image") && refresh());
  refresh();
  return h("div", { class: "lz-tools", role: "toolbar", "aria-label": t("keys.tools"), "aria-orientation": "vertical" },
    ...buttons, h("hr"), size.element, h("small", { class: "lz-brush-unit" }, t("unit.px")), soft.element,
    h("small", { class: "lz-brush-unit" }, t("tools.soft")), h("hr"), undo, clear, doctor);
}
