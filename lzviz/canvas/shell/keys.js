// @ts-check
/** Keys: one table of commands, and one listener that runs them. The key sheet is drawn from the same table. */
import { belongs } from "../core/active.js";
import { TOOLS } from "./tools.js";
import { t } from "../core/text.js";

/**
 * @typedef {import("../core/context.js").Context} Context
 *
 * @typedef {object} Command
 * @property {string} id
 * @property {readonly string[]} keys  `event.key`; "Mod+z" for Ctrl or ⌘; "Shift+z"
 * @property {string} label
 * @property {string} group
 * @property {boolean} [everywhere]     also in a room without views
 * @property {(() => void)} [run]      absent where another listener does it and the sheet only tells
 */

/** @param {Context} context @returns {Command[]} */
export function pageCommands({ actions, store, rooms }) {
  const tools = TOOLS.map(({ tool, key }) => ({
    id: `tool-${tool}`, keys: [key.toLowerCase()], label: t(`state.tool.${tool}`), group: t("keys.tools"),
    run: () => { if (!rooms.of(store.get()).toolReason(tool, store.get())) store.set({ tool }); },
  }));
  return [
    ...tools,
    { id: "clear", keys: ["Delete"], label: t("keys.clear"), group: t("keys.tools"), run: actions.clear },
    { id: "undo", keys: ["z", "Mod+z"], label: t("keys.undo"), group: t("keys.page"), run: actions.undo },
    { id: "redo", keys: ["Shift+z", "Mod+Shift+z", "Mod+y"], label: t("keys.redo"), group: t("keys.page"),
      run: actions.redo },
    { id: "open", keys: ["o"], label: t("keys.open"), group: t("keys.page"), run: actions.openFile },
    { id: "export", keys: ["x"], label: t("export"), group: t("keys.page"), run: actions.showExport },
    { id: "share", keys: ["l"], label: t("keys.share"), group: t("keys.page"), run: actions.share, everywhere: true },
    { id: "theme", keys: ["d"], label: t("keys.theme"), group: t("keys.page"), run: actions.theme, everywhere: true },
    { id: "examine", keys: ["i"], label: t("keys.examine"), group: t("keys.page"), run: actions.examine,
      everywhere: true },
    { id: "keys", keys: ["?"], label: t("keys.all"), group: t("keys.page"), run: actions.keys, everywhere: true },
  ];
}

/**
 * The key of an event as the table writes it. A shifted sign ("?") stands for itself.
 * @param {KeyboardEvent} event
 */
export function keyOf(event) {
  const mod = event.ctrlKey || event.metaKey ? "Mod+" : "";
  const letter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  const shift = event.shiftKey && (letter || event.key.length > 1) ? "Shift+" : "";
  return mod + shift + (letter ? event.key.toLowerCase() : event.key);
}

/** Whether the key belongs to what has the focus. @param {EventTarget | null} target @param {string} key */
function isTyping(target, key) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  if (target.type === "range" || target.type === "radio") return /^(Arrow|Page|Home|End)/.test(key);
  return target.type !== "checkbox";
}

/**
 * @param {HTMLElement} root @param {() => readonly Command[]} commands
 * @returns {() => void} stops listening
 */
export function listenForKeys(root, commands) {
  /** @param {KeyboardEvent} event */
  function press(event) {
    if (event.defaultPrevented || event.altKey || !belongs(root, event)) return;
    const key = keyOf(event);
    if (isTyping(event.target, key)) return;
    const command = commands().find(({ keys, run }) => run && keys.includes(key));
    if (!command) return;
    event.preventDefault();
    command.run?.();
  }
  window.addEventListener("keydown", press);
  return () => window.removeEventListener("keydown", press);
}
