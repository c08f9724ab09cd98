// @ts-check
/**
 * A button with a list under it, as the platform's own (arrows, Home, End, letters), and, where there is much to choose
 * from, a field on top of the list that leaves what has all its words.
 *
 * @typedef {object} Item
 * @property {string} value @property {string} title @property {string} [note] @property {string} [detail]
 * @property {string} [group]  a heading stands where it changes
 * @property {boolean} [data]  the title is a name, which no language translates
 */
import { h, setText, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "../core/text.js";

/**
 * @param {string} label @param {readonly Item[]} items @param {(value: string) => void} onChoose
 * @param {{search?: string}} [more]  `search`: the name of the field; without it there is none
 */
export function listMenu(label, items, onChoose, { search } = {}) {
  const id = uniqueId("list");
  const title = h("span", { class: "lz-menu-title" });
  const note = h("span", { class: "lz-menu-note" });
  const parts = listOf(id, label, items, (at) => { choose(at); close(true); });
  const { options, box } = parts;
  const field = search ? searchField(id, search) : null;
  const panel = h("div", { class: "lz-list", hidden: true }, field, box, field && parts.none);
  const button = h("button", { type: "button", class: "lz-menu", "aria-haspopup": "listbox", "aria-expanded": "false",
    "aria-controls": id, "aria-label": label, onclick: () => (panel.hidden ? open() : close()) },
  title, " ", note, icon("down"));
  const element = h("div", { class: "lz-menu-box" }, button, panel);
  let [selected, active] = [0, 0];

  /** @param {number} at */
  function activate(at) {
    active = at;
    options.forEach((option, index) => option.toggleAttribute("data-active", index === active));
    (field ?? button).setAttribute("aria-activedescendant", `${id}-${active}`);
    options[active]?.scrollIntoView({ block: "nearest" });
  }
  function open() {
    panel.hidden = false;
    if (field) field.value = "";
    parts.leave("");
    placeBelow(panel, button);
    button.setAttribute("aria-expanded", "true");
    activate(selected);
    field?.focus();
  }
  /** @param {boolean} [back]  the button has the focus then */
  function close(back = false) {
    if (back && field) button.focus();
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    (field ?? button).removeAttribute("aria-activedescendant");
  }
  /** @param {number} at */
  function choose(at) {
    if (at !== selected) onChoose(items[at].value);
  }
  field?.addEventListener("input", () => activate(parts.leave(field.value)[0] ?? -1));
  followKeys(element, { items, seen: parts.seen, at: () => (panel.hidden ? selected : active),
    shown: () => !panel.hidden, letters: () => !field || panel.hidden, open, activate, close: () => close(true),
    take: () => items[active] && choose(active) });
  element.addEventListener("focusout", (event) => {
    if (!element.contains(/** @type {Node | null} */ (event.relatedTarget))) close();
  });
  panel.addEventListener("pointerdown", (event) => event.target === field || event.preventDefault());
  return { element, show(/** @type {string} */ value) {
    const found = items.findIndex((item) => item.value === value);
    selected = Math.max(0, found);
    // What is shown and stands in no list, as a model that was forgotten, is called by its name and by no other.
    const shown = value && found < 0 ? undefined : items[selected];
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === selected)));
    setText(title, shown?.title ?? value);
    title.translate = shown !== undefined && !shown.data;
    setText(note, shown?.note ?? "");
    const seen = [shown?.title ?? value, shown?.note ?? ""].filter(Boolean).join(" ");
    button.setAttribute("aria-label", t("control.chosen", { label, value: seen }));
  } };
}

/**
 * The places of the items that have all words of a text, in their title, note, detail or heading.
 * @param {readonly Item[]} items @param {string} text
 */
export function matching(items, text) {
  const words = folded(text).split(/\s+/).filter(Boolean);
  return items.flatMap(({ title, note, detail, group }, at) => {
    const said = folded([title, note, detail, group].join(" "));
    return words.every((word) => said.includes(word)) ? [at] : [];
  });
}

/** Nobody types the multiplication sign, or its spaces. @param {string} text */
const folded = (text) => text.toLowerCase().replace(/\s*×\s*/g, "x");

/** @param {string} id @param {string} label */
const searchField = (id, label) => h("input", { type: "text", class: "lz-search", role: "combobox", "aria-label": label,
  placeholder: label, "aria-controls": id, "aria-expanded": "true", "aria-autocomplete": "list", autocomplete: "off",
  spellcheck: "false" });

/** @param {string} id @param {string} label @param {readonly Item[]} items @param {(at: number) => void} press */
function listOf(id, label, items, press) {
  const options = items.map((item, at) => h("div", {
    role: "option", id: `${id}-${at}`, class: "lz-option", onclick: () => press(at),
  }, h("b", { translate: item.data ? "no" : null }, item.title), " ",
  h("span", { class: "lz-menu-note" }, item.note),
  item.detail && h("small", { translate: item.data ? "no" : null }, item.detail)));
  const heads = items.map(({ group }, at) => (group && group !== items[at - 1]?.group
    ? h("div", { class: "lz-list-head", role: "presentation" }, group) : null));
  const box = h("div", { role: "listbox", id, "aria-label": label },
    ...options.flatMap((option, at) => [heads[at], option].filter((each) => each !== null)));
  const none = h("p", { class: "lz-note", role: "status", hidden: true }, t("menu.nothing"));
  let left = items.map((_, at) => at);
  return { options, box, none, seen: () => left,
    /** Leaves what has all the words. @param {string} text */
    leave(text) {
      left = matching(items, text);
      const groups = new Set(left.map((at) => items[at].group));
      options.forEach((option, at) => { option.hidden = !left.includes(at); });
      heads.forEach((head, at) => head && (head.hidden = !groups.has(items[at].group)));
      none.hidden = left.length > 0;
      return left;
    } };
}

/**
 * @param {HTMLElement} element
 * @param {{items: readonly Item[], seen: () => readonly number[], at: () => number, shown: () => boolean,
 *   letters: () => boolean, open: () => void, activate: (at: number) => void, close: () => void,
 *   take: () => void}} menu
 */
function followKeys(element, { items, seen, at, shown, letters, open, activate, close, take }) {
  element.addEventListener("keydown", (event) => {
    const typing = !letters() && (event.key.length === 1 || event.key === "Home" || event.key === "End");
    const to = typing ? null : listTarget(event.key, at(), seen(), items);
    if (to !== null) {
      event.preventDefault();
      if (shown()) activate(to);
      else open();
    } else if (shown() && (event.key === "Enter" || (event.key === " " && letters()))) {
      event.preventDefault();
      take();
      close();
    } else if (shown() && event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
}

/** Under its button, or above it where there is no room. @param {HTMLElement} list @param {HTMLElement} button */
function placeBelow(list, button) {
  const at = button.getBoundingClientRect();
  const below = at.bottom + 4 + list.offsetHeight < window.innerHeight;
  const top = below ? at.bottom + 4 : Math.max(4, at.top - 4 - list.offsetHeight);
  Object.assign(list.style, { left: `${at.left}px`, width: `${at.width}px`, top: `${top}px` });
}

/**
 * Where a key leads among the items that are seen.
 * @param {string} key @param {number} at @param {readonly number[]} seen @param {readonly Item[]} items
 * @returns {number | null}
 */
function listTarget(key, at, seen, items) {
  const moves = /** @type {Record<string, number | undefined>} */ ({
    ArrowDown: seen.find((each) => each > at) ?? seen.at(-1), Home: seen[0], End: seen.at(-1),
    ArrowUp: seen.findLast((each) => each < at) ?? seen[0],
  });
  if (key in moves) return moves[key] ?? null;
  if (!/^[a-z]$/i.test(key)) return null;
  const begin = seen.filter((each) => items[each].title[0]?.toLowerCase() === key.toLowerCase());
  return begin.find((each) => each > at) ?? begin[0] ?? null;
}
