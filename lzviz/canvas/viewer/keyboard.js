// @ts-check
/**
 * The stage's keys, as data for the key sheet, and the two things a table cannot do: holding Space, and working a
 * focused view with arrows and Enter.
 *
 * @typedef {import("../shell/keys.js").Command} Command
 * @typedef {import("../core/context.js").StateStore} StateStore
 * @typedef {import("../core/store.js").State} State
 */

import { belongs } from "../core/active.js";
import { LAYERS, titleOf } from "./layers.js";
import { t } from "../core/text.js";


/** @type {readonly State["compare"][]} */
export const COMPARE = ["none", "uniform", "difference"];

/** @typedef {() => {zoomBy: (view: any, factor: number) => void, fit: () => void, views: {source: any}} | null} Now */

/** Larger, smaller, all of it. @param {Now} viewer @param {string} group @returns {Command[]} */
export function cameraCommands(viewer, group) {
  const zoom = (/** @type {number} */ factor) => () => {
    const now = viewer();
    now?.zoomBy(now.views.source, factor);
  };
  return [{ id: "zoom-in", keys: ["+", "="], label: t("keys.zoomIn"), group, run: zoom(1.5) },
    { id: "zoom-out", keys: ["-"], label: t("keys.zoomOut"), group, run: zoom(1 / 1.5) },
    { id: "fit", keys: ["0"], label: t("keys.fit"), group, run: () => viewer()?.fit() }];
}

/**
 * The keys of views.
 * @param {StateStore} store @param {Now} viewer  that they are about; null before there is one
 * @param {{layers?: readonly string[], compares?: boolean, plain?: boolean}} [has]  the layers that there are; whether
 *   it compares with uniform sampling, and whether Space shows the plain picture
 * @returns {Command[]}
 */
export function stageCommands(store, viewer, { layers = [], compares = false, plain = !compares } = {}) {
  const set = (/** @type {Partial<State>} */ patch) => () => store.set(patch);
  const brush = (/** @type {number} */ factor) => () =>
    set({ brushSize: Math.min(0.5, Math.max(0.01, store.get().brushSize * factor)) })();
  const soften = (/** @type {number} */ by) => () =>
    set({ brushSoftness: Math.min(1, Math.max(0, Math.round(100 * (store.get().brushSoftness + by)) / 100)) })();
  const group = t("keys.views");
  const numbered = LAYERS.filter(({ name, key }) => key < 10 && layers.includes(name));
  const next = () => set({ compare: COMPARE[(COMPARE.indexOf(store.get().compare) + 1) % COMPARE.length] })();
  return [
    { id: "flip", keys: [" "], label: t(plain ? "keys.plain" : "keys.flip"), group },
    ...(compares ? [{ id: "compare", keys: ["c"], label: t("keys.compare"), group, run: next }] : []),
    ...cameraCommands(viewer, group),
    { id: "brush-smaller", keys: ["["], label: t("keys.smaller"), group: t("keys.tools"), run: brush(1 / 1.2) },
    { id: "brush-larger", keys: ["]"], label: t("keys.larger"), group: t("keys.tools"), run: brush(1.2) },
    { id: "brush-harder", keys: ["{"], label: t("keys.harder"), group: t("keys.tools"), run: soften(-0.1) },
    { id: "brush-softer", keys: ["}"], label: t("keys.softer"), group: t("keys.tools"), run: soften(0.1) },
    { id: "cursor", keys: ["Arrows"], label: t("keys.cursor"), group },
    { id: "apply", keys: ["Enter"], label: t("keys.apply"), group },
    ...numbered.map(({ name, key }) => ({ id: `layer-${name}`, keys: [String(key)], group: t("layers"),
      label: t("keys.layer", { layer: titleOf(name) }), run: () => toggleLayer(store, name) })),
  ];
}

/** Switches a layer. @param {StateStore} store @param {string} name */
export function toggleLayer(store, name) {
  const layers = /** @type {State["layers"] & Record<string, boolean>} */ (store.get().layers);
  store.set({ layers: { ...layers, [name]: !layers[name] } });
}

/**
 * One channel on, and back; -1 shows all in colours.
 * @param {StateStore} store @param {"cadChannel" | "learnedChannel"} key @param {string} group
 * @param {() => number | undefined} channels  that there are
 * @returns {Command[]}
 */
export function channelCommands(store, key, group, channels) {
  const step = (/** @type {number} */ by) => () => {
    const most = (channels() ?? 2048) - 1;
    store.set({ [key]: Math.min(most, Math.max(-1, store.get()[key] + by)) }, { history: true });
  };
  return [{ id: "channel-next", keys: ["."], label: t("keys.nextChannel"), group, run: step(1) },
    { id: "channel-back", keys: [","], label: t("keys.channelBefore"), group, run: step(-1) }];
}

/** What Space means something to: it does not to a choice that is made, nor to a slider. */
const CONTROLS = "input:not([type=radio], [type=range]), textarea, select, button, a, summary, dialog, "
  + "[contenteditable]";

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
