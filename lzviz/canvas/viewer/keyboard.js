// @ts-check
/**
 * The stage's keys, as data for the key sheet, and the two things a table cannot do: holding Space, and working a
 * focused
 * view with arrows and Enter.
 *
 * @typedef {import("../shell/keys.js").Command} Command
 * @typedef {import("../core/context.js").StateStore} StateStore
 * @typedef {import("../core/store.js").State} State
 */

import { belongs } from "../core/active.js";
import { LAYERS } from "./legend.js";
import { t } from "../core/text.js";


/** @type {readonly State["compare"][]} */
export const COMPARE = ["none", "uniform", "difference"];

/**
 * @param {StateStore} store
 * @param {{zoom: (factor: number) => void, fit: () => void}} camera
 * @returns {Command[]}
 */
export function stageCommands(store, camera) {
  const brush = (/** @type {number} */ factor) => () =>
    store.set({ brushSize: Math.min(0.5, Math.max(0.01, store.get().brushSize * factor)) });
  const soften = (/** @type {number} */ by) => () =>
    store.set({ brushSoftness: Math.min(1, Math.max(0, Math.round(100 * (store.get().brushSoftness + by)) / 100)) });
  const group = t("keys.views");
  const layers = LAYERS.slice(0, 9).map((name, at) => ({
    id: `layer-${name}`, keys: [String(at + 1)], label: t("keys.layer", { layer: t(`layer.${name}`) }),
    group: t("layers"),
    run: () => store.set({ layers: { ...store.get().layers, [name]: !store.get().layers[name] } }),
  }));
  return [
    { id: "flip", keys: [" "], label: t("keys.flip"), group },
    { id: "compare", keys: ["c"], label: t("keys.compare"), group,
      run: () => store.set({ compare: COMPARE[(COMPARE.indexOf(store.get().compare) + 1) % COMPARE.length] }) },
    { id: "zoom-in", keys: ["+", "="], label: t("keys.zoomIn"), group, run: () => camera.zoom(1.5) },
    { id: "zoom-out", keys: ["-"], label: t("keys.zoomOut"), group, run: () => camera.zoom(1 / 1.5) },
    { id: "fit", keys: ["0"], label: t("keys.fit"), group, run: camera.fit },
    { id: "brush-smaller", keys: ["["], label: t("keys.smaller"), group: t("keys.tools"), run: brush(1 / 1.2) },
    { id: "brush-larger", keys: ["]"], label: t("keys.larger"), group: t("keys.tools"), run: brush(1.2) },
    { id: "brush-harder", keys: ["{"], label: t("keys.harder"), group: t("keys.tools"), run: soften(-0.1) },
    { id: "brush-softer", keys: ["}"], label: t("keys.softer"), group: t("keys.tools"), run: soften(0.1) },
    { id: "cursor", keys: ["Arrows"], label: t("keys.cursor"), group },
    { id: "apply", keys: ["Enter"], label: t("keys.apply"), group },
    ...layers,
  ];
}

const CONTROLS = "input, textarea, select, button, a, summary, dialog, [contenteditable]";

/** Whether a key press is meant for a control or a text. @param {EventTarget | null} target */
const isControl = (target) =>
  target instanceof HTMLElement && target.closest(CONTROLS) !== null;

/**
 * Space held = uniform. Ends with the key, with the window's focus, and with the page's sight.
 * @param {HTMLElement} root @param {(on: boolean) => void} flip
 * @returns {() => void} stop listening
 */
export function listenForFlip(root, flip) {
  let held = false;
  const set = (/** @type {boolean} */ on) => {
    if (held !== on) flip(on);
    held = on;
  };
  /** @param {KeyboardEvent} event */
  const down = (event) => {
    if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!belongs(root, event) || isControl(event.target)) return;
    event.preventDefault();
    set(true);
  };
  /** @param {KeyboardEvent} event */
  const up = (event) => event.key === " " && set(false);
  const off = () => set(false);
  window.addEventListener("keydown", down);
  window.addEventListener("keyup", up);
  window.addEventListener("blur", off);
  return () => {
    window.removeEventListener("keydown", down);
    window.removeEventListener("keyup", up);
    window.removeEventListener("blur", off);
  };
}

/** @type {Readonly<Record<string, readonly [number, number]>>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Arrows and Enter on a focused view.
 * @param {HTMLElement} element
 * @param {{move: (dx: number, dy: number, fine: boolean) => void, use: (erase: boolean) => void, cancel: () => void}}
 * act
 * @returns {() => void} stop listening
 */
export function listenForCursor(element, act) {
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const arrow = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey) return;
    if (arrow) act.move(arrow[0], arrow[1], event.shiftKey);
    else if (event.key === "Enter") act.use(event.altKey);
    else if (event.key === "Escape") act.cancel();
    else return;
    event.preventDefault();
  };
  element.addEventListener("keydown", press);
  return () => element.removeEventListener("keydown", press);
}
