// @ts-check
/** The bar on top: name, tabs, undo and redo, theme, keys, Export, Share. */
import { iconButton, setReason } from "../kit/controls.js";
import { h, inSight } from "../kit/dom.js";
import { icon, mark, themeIcon } from "../kit/icons.js";
import { nameOfLanguage } from "../core/language.js";
import { registered, t } from "../core/text.js";

/** @typedef {import("../core/context.js").Context} Context */

/** The tabs of the rooms; one that stands for several leads to what was shown of them last. @param {Context} context */
function createTabs({ rooms, store }) {
  const last = new Map(rooms.tabs.map((tab) => [tab, rooms.below(tab)[0].id]));
  const title = (/** @type {string} */ tab) => registered(`tab.${tab}`, tab);
  const tabs = rooms.tabs.map((tab) => h("button", { type: "button", class: "lz-tab", role: "tab",
    "data-tab": tab, "data-title": title(tab), onclick: () => store.set({ room: last.get(tab) }) }, title(tab)));
  /** @param {KeyboardEvent} event */
  function walk(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = tabs[(tabs.findIndex((tab) => tab.tabIndex === 0) + by + tabs.length) % tabs.length];
    next.click();
    next.focus();
  }
  const show = () => {
    const { id, tab: open } = rooms.of(store.get());
    last.set(open, id);
    for (const tab of tabs) {
      if (tab.dataset.tab === open) requestAnimationFrame(() => inSight(tab));
      tab.setAttribute("aria-selected", String(tab.dataset.tab === open));
      tab.tabIndex = tab.dataset.tab === open ? 0 : -1;
    }
  };
  const list = h("div", { class: "lz-tabs", role: "tablist", "aria-label": t("topbar.rooms"), onkeydown: walk },
    ...tabs);
  /** Where there is not room for all, the open one is in sight; the page itself stays where it is. */
  const reveal = () => {
    const open = tabs.find((tab) => tab.tabIndex === 0);
    if (!open || list.scrollWidth <= list.clientWidth) return;
    list.scrollLeft = open.offsetLeft - list.offsetLeft - (list.clientWidth - open.offsetWidth) / 2;
  };
  new ResizeObserver(reveal).observe(list);
  store.subscribe((_, changed) => {
    if (!changed.has("room")) return;
    show();
    reveal();
  });
  show();
  return list;
}

/** The menu of the languages, each by its own name; none where there is nothing to choose. @param {Context} context */
function createLanguages({ host: { language, catalogue }, root }) {
  const tags = catalogue.languages ?? [];
  if (!language || tags.length < 2) return null;
  const names = root.lang === "pseudo" ? [...tags, root.lang] : tags;
  const menu = h("select", { "aria-label": t("topbar.language"), onchange: () => language.choose(menu.value) },
    ...names.map((tag) => h("option", { value: tag, lang: tag, translate: "no" }, nameOfLanguage(tag))));
  menu.value = root.lang;
  return h("span", { class: "lz-button lz-icon-button lz-top-language", "data-tip": t("topbar.language") },
    icon("language"), menu);
}

/** @param {Context} context @param {HTMLElement} bookmarks  their button @returns {HTMLElement} */
export function createTopbar(context, bookmarks) {
  const { actions, store } = context;
  const undo = iconButton("undo", t("keys.undo"), actions.undo, { key: "Z" });
  const redo = iconButton("redo", t("keys.redo"), actions.redo, { key: "Shift+Z" });
  const exporter = h("button", { type: "button", class: "lz-button lz-export", "aria-haspopup": "dialog",
    "data-tip": t("topbar.export"), "data-key": "X", onclick: actions.showExport },
  t("export"), icon("download"));
  const share = h("button", { type: "button", class: "lz-button lz-share", "data-key": "L",
    "data-tip": t("topbar.share"), onclick: actions.share }, t("share"));

  const refresh = () => {
    setReason(undo, store.canUndo() ? null : t("tools.nothingToUndo"));
    setReason(redo, store.canRedo() ? null : t("topbar.nothingToRedo"));
  };
  store.subscribe(refresh);
  context.live.subscribe((_, changed) => changed.has("painting") && refresh());
  refresh();

  return h("header", { class: "lz-top" },
    h("span", { class: "lz-name" }, mark(), h("h1", { translate: "no" }, "lzviz")), createTabs(context),
    h("span", { class: "lz-grow" }),
    h("span", { class: "lz-top-history" }, undo, redo), h("span", { class: "lz-rule" }),
    createLanguages(context), bookmarks,
    iconButton(themeIcon(), t("keys.theme"), actions.theme, { key: "D", class: "lz-top-theme" }),
    iconButton("help", t("keys.all"), actions.keys, { key: "?", class: "lz-top-keys" }), exporter, share);
}
