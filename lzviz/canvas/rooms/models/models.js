// @ts-check
/** The Models tab: results, one card a checkpoint, and loading one's own. Built when the tab is opened first. */
import { iconButton } from "../../kit/controls.js";
import { h } from "../../kit/dom.js";
import { mark, themeIcon } from "../../kit/icons.js";
import { loadStyles } from "../../core/styles.js";
import { flipTheme } from "../../kit/theme.js";
import { tabStrip } from "../../shell/topbar.js";
import { createCards } from "./cards.js";
import { createOwn } from "./own.js";
import { createResults } from "./results.js";

/**
 * @typedef {object} Host
 * @property {string} base  address that all routes are relative to
 * @property {readonly {title: string, select: () => void}[]} tabs
 *
 * @typedef {object} Room
 * @property {(path: string, options?: RequestInit) => Promise<any>} ask  an answer of the server; throws its sentence
 * @property {(path: string) => string} address
 * @property {string[]} own  names of the checkpoints that this visitor loaded
 * @property {(name: string) => void} open  shows a checkpoint in Explore
 * @property {(name: string) => void} reveal  scrolls to its card
 */

const STYLES = ["style/tokens.css", "style/page.css", "style/models.css"];
const OWN = "lzviz-own-checkpoints";

/** @param {string} base @returns {Room["ask"]} */
const asker = (base) => async (path, options) => {
  const answer = await fetch(new URL(path, base), options).catch(() => null);
  if (!answer) throw new Error("The server does not answer: is it still running? Press again when it is.");
  const said = await answer.json().catch(() => ({ error: `The server answered ${answer.status}; press again.` }));
  if (!answer.ok) throw new Error(said.error);
  return said;
};

/** What this tab of the browser has loaded; forgotten when it is closed. @returns {string[]} */
function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(OWN) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {readonly string[]} names */
function remember(names) {
  try {
    sessionStorage.setItem(OWN, JSON.stringify(names));
  } catch {
    // Without storage they are listed until the page is loaded again.
  }
}

/** The link of the state that Explore shows, with another checkpoint. @param {string} name */
export function linkTo(name) {
  const params = new URLSearchParams(window.location.hash.slice(1));
  params.set("room", "pipeline");
  params.set("checkpoint", name);
  return `#${params}`;
}

/** @param {Host} host */
function topbar({ tabs }) {
  return h("header", { class: "lz-top" },
    h("span", { class: "lz-name" }, mark(), h("b", {}, "lzviz")), tabStrip(tabs, "Models"),
    h("span", { class: "lz-grow" }), iconButton(themeIcon(), "Light or dark", flipTheme, { class: "lz-top-theme" }));
}

/** Calls `fn` when `element` comes back into view. @param {Element} element @param {() => void} fn */
function whenShown(element, fn) {
  let away = false;
  const watch = new IntersectionObserver((entries) => {
    const shown = entries[entries.length - 1].isIntersecting;
    if (shown && away) fn();
    away = !shown;
  });
  watch.observe(element);
}

/** Calls `fn` when the page changes between light and dark. @param {() => void} fn */
function whenThemed(fn) {
  let dark = document.body.classList.contains("dark");
  const watch = new MutationObserver(() => {
    const now = document.body.classList.contains("dark");
    if (now !== dark) fn();
    dark = now;
  });
  watch.observe(document.body, { attributeFilter: ["class"] });
}

/**
 * Builds the tab in `element`, which stays as long as the page does.
 * @param {HTMLElement} element @param {Host} host
 */
export async function mount(element, host) {
  await loadStyles(STYLES);
  const explore = host.tabs.find(({ title }) => title === "Explore");
  const room = /** @type {Room} */ ({
    ask: asker(host.base), address: (path) => new URL(path, host.base).href, own: remembered(),
    open(name) {
      window.location.hash = linkTo(name);
      explore?.select();
    },
    reveal: (name) => cards.reveal(name),
  });
  const cards = createCards(room);
  const results = createResults(room, cards.filter);
  const refresh = () => Promise.all([cards.refresh(), results.refresh()]);
  window.addEventListener("lzviz-checkpoint", (event) => {
    const { name } = /** @type {CustomEvent} */ (event).detail;
    if (!room.own.includes(name)) room.own.push(name);
    remember(room.own);
    void refresh();
  });
  const top = topbar(host);
  element.classList.add("lz-page", "lz-models");
  element.replaceChildren(top, h("main", { class: "lz-models-main" }, results.element, cards.element),
    h("aside", { class: "lz-models-rail" }, results.filters, createOwn(room)));
  await refresh();
  whenShown(top, () => void refresh());
  whenThemed(() => void refresh());
  element.dataset.ready = "1";
}
