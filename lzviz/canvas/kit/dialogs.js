// @ts-check
/**
 * Panels over the page: the key sheet, Share, Export, the camera. Each is a <dialog>: the browser keeps the
 * focus in.
 */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "../core/text.js";

/**
 * A panel with a title and a way out. It is taken from the page when it closes; focus returns to where it was.
 * @param {HTMLElement} root @param {string} title @param {readonly Node[]} children
 * @param {{name?: string, onClose?: () => void}} [options]
 */
export function openPanel(root, title, children, { name = "", onClose } = {}) {
  root.querySelectorAll("dialog").forEach((other) => other.close());
  const close = h("button", { type: "button", class: "lz-button lz-icon-button", "aria-label": t("panel.close"),
    onclick: () => panel.close() }, icon("close"));
  const panel = h("dialog", { class: `lz-panel ${name}`, "aria-label": title },
    h("div", { class: "lz-panel-body" }, h("div", { class: "lz-panel-head" }, h("h2", {}, title), close), ...children));
  panel.addEventListener("click", (event) => event.target === panel && panel.close());
  panel.addEventListener("keydown", (event) => event.stopPropagation());
  panel.addEventListener("close", () => {
    panel.remove();
    onClose?.();
  });
  root.append(panel);
  panel.showModal();
  return panel;
}

/** @typedef {{id: string, keys: readonly string[], label: string, group: string, run?: () => void}} Command */

/** @param {HTMLElement} root @param {readonly Command[]} commands */
export function showKeys(root, commands) {
  const groups = [...new Set(commands.map(({ group }) => group))];
  const sections = groups.map((group) => h("section", {}, h("h3", {}, group), h("dl", { class: "lz-keys" },
    ...commands.filter((command) => command.group === group && command.keys.length).map(({ keys, label }) =>
      h("div", {}, h("dt", {}, ...keys.slice(0, 2).map((key) => h("kbd", { translate: "no" }, keyName(key)))), h("dd",
        {}, label))))));
  openPanel(root, t("panel.keys"), [h("div", { class: "lz-keys-groups" }, ...sections)], { name: "lz-panel-wide" });
}

/** Keys that are not called as the event calls them. @type {Readonly<Record<string, () => string>>} */
const NAMES = {
  ArrowLeft: () => "←", ArrowRight: () => "→", ArrowUp: () => "↑", ArrowDown: () => "↓", " ": () => t("key.space"),
  Escape: () => t("key.escape"), Delete: () => t("key.delete"), Enter: () => t("key.enter"),
  Arrows: () => t("key.arrows"),
};

const MAC = globalThis.navigator?.platform?.startsWith("Mac") ?? false;

/**
 * A key as it stands on the keyboard: "Mod+Shift+z" -> "Ctrl ⇧ Z".
 * @param {string} key @returns {string}
 */
export function keyName(key) {
  if (NAMES[key]) return NAMES[key]();
  if (!/.\+./.test(key)) return /^[a-z]$/.test(key) ? key.toUpperCase() : key;
  const signs = /** @type {Record<string, string>} */ ({ Mod: MAC ? "⌘" : "Ctrl", Shift: "⇧" });
  return key.split("+").map((part) => signs[part] ?? keyName(part)).join(" ");
}

/**
 * The link, selected, for browsers that refuse to copy.
 * @param {HTMLElement} root @param {string} link @param {readonly string[]} notes
 */
export function showLink(root, link, notes) {
  const field = h("input", { type: "text", class: "lz-link-field", readonly: true, value: link,
    "aria-label": t("share.link") });
  const say = h("p", { class: "lz-note" }, t("share.refused"));
  openPanel(root, t("share"), [say, field, ...notes.map((note) => h("p", { class: "lz-note" }, note))]);
  field.focus();
  field.select();
}

/**
 * What a room can write: name, its formats, the key of its title (and with `.note` that of its note). A rule stands
 * where views end and data begin.
 * @typedef {readonly (readonly [what: string, formats: readonly string[], words: string] | null)[]} Files
 */

/**
 * @param {HTMLElement} root @param {Files} files
 * @param {(what: string, format: string) => Promise<void>} save
 * @param {(what: string) => string | null} reason why a file is not to be had, or null
 */
export function showExport(root, files, save, reason) {
  const button = (/** @type {string} */ what, /** @type {string} */ title, /** @type {string} */ format) => {
    const why = reason(what);
    const made = h("button", { type: "button", class: "lz-button lz-file", "aria-disabled": why ? "true" : null,
      "data-reason": why, "data-off": why ? true : null, "aria-label": t("export.as", { what: title,
        format: format.toUpperCase() }),
      onclick: async () => {
        if (why) return;
        made.toggleAttribute("data-busy", true);
        await save(what, format);
        made.toggleAttribute("data-busy", false);
      } }, h("span", { translate: "no" }, format.toUpperCase()));
    return made;
  };
  const row = (/** @type {string} */ title, /** @type {string} */ note, /** @type {Node[]} */ buttons) =>
    h("div", { class: "lz-file-row" }, h("span", {}, h("b", {}, title), h("small", {}, note)), ...buttons);
  const blocked = [...new Set(files.map((file) => file && reason(file[0])).filter((why) => why !== null))];
  openPanel(root, t("export"), [
    ...files.map((file) => (file ? row(t(file[2]), t(`${file[2]}.note`),
      file[1].map((format) => button(file[0], t(file[2]), format))) : h("hr"))),
    ...blocked.map((why) => h("p", { class: "lz-note" }, why)),
  ]);
}

/** Saves a blob as a file. @param {Blob} blob @param {string} name */
export function saveFile(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
