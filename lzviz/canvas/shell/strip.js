// @ts-check
/** The strip of bookmarks below the bar: named states, one press each; kept here, or in a file. */
import { createBookmarks, MOST, readBookmarks, writeBookmarks } from "../core/bookmarks.js";
import { missingFromLink, stateOfLink } from "../core/address.js";
import { writeLink } from "../core/link.js";
import { registered, t } from "../core/text.js";
import { iconButton } from "../kit/controls.js";
import { saveFile } from "../kit/dialogs.js";
import { h, setText } from "../kit/dom.js";
import { icon } from "../kit/icons.js";
import { chooseFile } from "./intake.js";

/** @typedef {import("../core/context.js").Context} Context */

/** @param {string} name @param {() => void} open @param {() => void} remove */
const chip = (name, open, remove) => h("span", { class: "lz-chip-kept", role: "listitem" },
  h("button", { type: "button", class: "lz-strip-open", translate: "no", onclick: open }, name),
  h("button", { type: "button", class: "lz-strip-drop", "aria-label": t("bookmarks.remove", { name }),
    onclick: remove },
  icon("close")));

/** What a state is called that nobody named. @param {Context} context */
function called({ store, rooms, host }) {
  const state = store.get();
  const picture = host.catalogue.pictures.find(({ id }) => id === state.image)?.title ?? t("image.own");
  return `${picture} · ${registered(`tab.${rooms.of(state).tab}`, rooms.of(state).tab)}`;
}

/**
 * @param {Context} context @param {import("../core/link.js").Codec} codec
 */
export function createStrip(context, codec) {
  const { store, schema, live } = context;
  const kept = createBookmarks();
  const row = h("div", { class: "lz-strip-row", role: "list" });
  const empty = h("span", { class: "lz-note" }, t("bookmarks.none"));
  const name = h("input", { type: "text", class: "lz-strip-name", maxlength: 80, "aria-label": t("bookmarks.name") });
  const element = h("section", { class: "lz-strip", "aria-label": t("bookmarks"), hidden: true },
    h("form", { class: "lz-strip-keep", onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      void keep();
    } }, name, h("button", { type: "submit", class: "lz-link" }, t("bookmarks.keep"))),
    empty, row, h("span", { class: "lz-grow" }),
    h("button", { type: "button", class: "lz-link", onclick: () => chooseFile(take, ".json,application/json") },
      t("bookmarks.open")),
    h("button", { type: "button", class: "lz-link lz-strip-save", onclick: () => saveFile(new Blob(
      [writeBookmarks(kept.list())], { type: "application/json" }), "lzviz-bookmarks.json") }, t("bookmarks.save")));
  /** @param {KeyboardEvent} event */
  function leave(event) {
    if (event.key !== "Escape" || event.defaultPrevented || element.hidden) return;
    event.stopPropagation();
    show(false);
    button.focus();
  }
  const button = iconButton("bookmark", t("bookmarks"), () => show(element.hidden), { class: "lz-top-bookmarks" });
  button.setAttribute("aria-expanded", "false");
  for (const each of [element, button]) each.addEventListener("keydown", leave);

  /** @param {boolean} on */
  function show(on) {
    element.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
    if (on) name.placeholder = called(context);
  }

  async function keep() {
    const state = store.get();
    const names = new Set(kept.list().map((each) => each.name));
    let free = called(context);
    for (let n = 2; names.has(free); n++) free = `${called(context)} ${n}`;
    const link = `#${await writeLink(state, schema, codec)}`;
    if (!kept.keep({ name: name.value.trim() || free, link })) {
      live.set({ error: { text: t("bookmarks.full", { most: MOST }) } });
      return;
    }
    name.value = "";
    const notes = missingFromLink(state);
    if (notes.length) live.set({ notice: notes.join(" ") });
  }

  /** @param {string} link */
  async function open(link) {
    const { state, notice, aside } = await stateOfLink(context, codec, link);
    store.set(state, { history: true });
    live.set({ notice, error: null, ...(aside && { aside }) });
  }

  /** @param {string} text @param {boolean} first  its first state is shown: a page was opened on them */
  function adopt(text, first) {
    const found = readBookmarks(text);
    if (!found) return false;
    const taken = kept.add(found);
    show(true);
    if (taken < found.length) live.set({ notice: t("bookmarks.taken", { taken, count: found.length, most: MOST }) });
    if (first && found.length) void open(found[0].link);
    return true;
  }

  /** A file of bookmarks; false: it is none. @param {Blob} file */
  async function openFile(file) {
    return file.size < 1 << 24 && adopt(await file.text(), false);
  }
  /** @param {File} file */
  async function take(file) {
    if (!await openFile(file)) live.set({ error: { text: t("bookmarks.noFile", { name: file.name }) } });
  }

  function draw() {
    row.replaceChildren(...kept.list().map(({ name: each, link }) =>
      chip(each, () => void open(link), () => kept.remove(each))));
    empty.hidden = kept.list().length > 0;
    const count = kept.list().length;
    setText(button.querySelector("sup") ?? button.appendChild(h("sup", {})), String(count || ""));
    button.setAttribute("aria-label", count ? t("bookmarks.counted", { count }) : t("bookmarks"));
  }
  const stop = kept.follow(draw);
  const unname = store.subscribe((_, changed) => {
    if (!element.hidden && (changed.has("image") || changed.has("room"))) name.placeholder = called(context);
  });
  draw();
  return { element, button, openFile, adopt, stop: () => [stop, unname].forEach((end) => end()) };
}
