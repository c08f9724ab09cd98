// @ts-check
/** The bar on top: name, tabs, undo and redo, theme, keys, Export, Share. */
import { iconButton, setReason } from "../kit/controls.js";
import { h } from "../kit/dom.js";
import { icon, mark, themeIcon } from "../kit/icons.js";

/** @typedef {import("../core/context.js").Context} Context */

const EXPLORE = [{ title: "Explore", select() {} }];

/**
 * The tabs of the application, the open one marked.
 * @param {readonly {title: string, select: () => void}[]} tabs @param {string} open title of the open one
 */
export function tabStrip(tabs, open) {
  return h("nav", { class: "lz-tabs", "aria-label": "Rooms" }, ...tabs.map(({ title, select }) => (title === open
    ? h("span", { class: "lz-tab", "data-title": title, "aria-current": "page" }, title)
    : h("button", { type: "button", class: "lz-tab", "data-title": title, onclick: select }, title))));
}

/** @param {Context} context @returns {HTMLElement} */
export function createTopbar(context) {
  const { actions, store, host: { tabs = EXPLORE } } = context;
  const undo = iconButton("undo", "Undo", actions.undo, { key: "Z" });
  const redo = iconButton("redo", "Redo", actions.redo, { key: "Shift+Z" });
  const exporter = h("button", { type: "button", class: "lz-button lz-export", "aria-haspopup": "dialog",
    "data-tip": "Images, grid, saliency, Python", "data-key": "X", onclick: actions.showExport },
  "Export", icon("download"));
  const share = h("button", { type: "button", class: "lz-button lz-share", "data-key": "L",
    "data-tip": "Copy a link to exactly this state", onclick: actions.share }, "Share");

  const refresh = () => {
    setReason(undo, store.canUndo() ? null : "Nothing to undo");
    setReason(redo, store.canRedo() ? null : "Nothing to redo");
  };
  store.subscribe(refresh);
  context.live.subscribe((_, changed) => changed.has("painting") && refresh());
  refresh();

  return h("header", { class: "lz-top" },
    h("span", { class: "lz-name" }, mark(), h("b", {}, "lzviz")), tabStrip(tabs, "Explore"),
    h("span", { class: "lz-grow" }),
    h("span", { class: "lz-top-history" }, undo, redo), h("span", { class: "lz-rule" }),
    iconButton(themeIcon(), "Light or dark", actions.theme, { key: "D", class: "lz-top-theme" }),
    iconButton("help", "All keys", actions.keys, { key: "?", class: "lz-top-keys" }), exporter, share);
}
