// @ts-check
/** How files come onto the page: the file dialog, paste, drop. */
import { PICTURES } from "../core/rooms.js";
import { belongs } from "../core/active.js";
import { h } from "../kit/dom.js";
import { t } from "../core/text.js";

/**
 * @typedef {import("../core/context.js").Context} Context
 * @typedef {{open: (files: File[]) => unknown, openMap: (blob: Blob, title: string) => unknown}} Takers
 */

/** Maps and labels are arrays as well as pictures. */
export const ARRAYS = `${PICTURES},.npy,.npz,.safetensors`;

/**
 * Opens the file dialog.
 * @param {(file: File, files: File[]) => void} take @param {string} [accept] @param {boolean} [multiple]
 */
export function chooseFile(take, accept = PICTURES, multiple = false) {
  const input = h("input", { type: "file", accept, multiple, class: "lz-hidden", tabindex: -1 });
  input.addEventListener("change", () => input.files?.[0] && take(input.files[0], [...input.files]));
  input.addEventListener("cancel", () => input.remove());
  input.addEventListener("change", () => input.remove());
  document.body.append(input);
  input.click();
}

/**
 * What is dropped on an element goes to `take`, and not to the room.
 * @param {HTMLElement} element @param {(file: File) => void} take
 */
export function takeDrops(element, take) {
  element.addEventListener("drop", (event) => {
    const file = firstFile(event.dataTransfer);
    if (!file || event.defaultPrevented) return;
    event.preventDefault();
    take(file);
  });
  return element;
}

/** The first file of a paste or a drop. @param {DataTransfer | null} data */
const firstFile = (data) => [...(data?.files ?? [])][0] ?? null;

/** The files of a drop, those of a folder too. @param {DataTransfer | null} data @returns {Promise<File[]>} */
async function filesOf(data) {
  const files = [...(data?.files ?? [])];
  const entries = [...(data?.items ?? [])].map((item) => item.webkitGetAsEntry?.());
  const folder = /** @type {any} */ (entries.find((entry) => entry?.isDirectory));
  if (!folder) return files;
  const reader = folder.createReader();
  const inside = [];
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) break;
    inside.push(...some.filter((/** @type {any} */ entry) => entry.isFile));
  }
  return Promise.all(inside.map((/** @type {any} */ entry) => new Promise((done, fail) => entry.file(done, fail))));
}

/**
 * Listens for pasted and dropped files that are meant for this mount.
 * @param {Context} context @param {Takers} takers @param {(room: string, file: File) => void} handOver
 * @param {(file: File) => Promise<boolean>} bookmarks  whether it was a file of these
 * @returns {() => void} stops listening
 */
export function listenForFiles(context, takers, handOver, bookmarks) {
  const { root, live, rooms, store } = context;
  const veil = h("div", { class: "lz-drop", hidden: true }, h("span", {}, t("intake.drop")));
  root.append(veil);
  const takes = (/** @type {Event} */ event) => belongs(root, event) && rooms.of(store.get()).accepts !== "";
  /** @param {DragEvent} event */
  const over = (event) => {
    if (!takes(event) || !event.dataTransfer?.types.includes("Files")) {
      veil.hidden = true;
      return;
    }
    event.preventDefault();
    veil.hidden = false;
  };
  /** @param {DragEvent} event */
  const leave = (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  };
  /** @param {File[]} files */
  const take = async (files) => {
    const [file = null] = files;
    if (file?.name.toLowerCase().endsWith(".json") && await bookmarks(file)) return;
    const room = file && rooms.opening(file.name, context);
    if (room) handOver(room.id, file);
    else if (!file) live.set({ error: { text: t("intake.noPicture") } });
    else void takers.open(files);
  };
  /** @param {DragEvent} event */
  const drop = (event) => {
    const taken = event.defaultPrevented;
    const here = takes(event) && !veil.hidden;
    veil.hidden = true;
    if (!here || taken) return;
    event.preventDefault();
    void filesOf(event.dataTransfer).then(take);
  };
  /** @param {ClipboardEvent} event */
  const paste = (event) => {
    const file = firstFile(event.clipboardData);
    if (takes(event) && file) void take([file]);
  };
  const listeners = /** @type {const} */ ([["dragover", over], ["dragleave", leave], ["drop", drop], ["paste", paste]]);
  for (const [name, fn] of listeners) window.addEventListener(name, /** @type {EventListener} */ (fn));
  return () => {
    for (const [name, fn] of listeners) window.removeEventListener(name, /** @type {EventListener} */ (fn));
  };
}
