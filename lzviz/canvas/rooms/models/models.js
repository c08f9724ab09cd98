// @ts-check
/** The room of the models: results, one card a checkpoint, and loading one's own. */
import { h } from "../../kit/dom.js";
import { loadStyles } from "../../core/styles.js";
import { createCards } from "./cards.js";
import { createOwn } from "./own.js";
import { createResults } from "./results.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {Awaited<ReturnType<typeof createModels>>} Models
 *
 * @typedef {object} Room
 * @property {(path: string, options?: RequestInit) => Promise<any>} ask  an answer of the server; throws its sentence
 * @property {(path: string) => string} address
 * @property {string[]} own  names of the checkpoints that this visitor loaded
 * @property {(name: string) => void} open  shows a checkpoint in Explore
 * @property {(checkpoint: {name: string}) => void} add  one more was loaded by the visitor
 * @property {(name: string) => void} reveal  scrolls to its card
 * @property {() => "dark" | "light"} theme
 * @property {() => string} live  the checkpoint that Explore shows, or ""
 */

const STYLES = ["style/models.css"];
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

/**
 * Builds the room in `element`.
 * @param {HTMLElement} element @param {Context} context
 */
export async function createModels(element, { host, store }) {
  if (!host.styled) await loadStyles(STYLES);
  const own = remembered();
  const room = /** @type {Room} */ ({
    ask: asker(host.base), address: (path) => new URL(path, host.base).href, own,
    open: (name) => store.set({ room: "pipeline", checkpoint: name }, { history: true }),
    add({ name }) {
      if (!own.includes(name)) own.push(name);
      remember(own);
      void refresh();
    },
    reveal: (name) => cards.reveal(name),
    theme: () => (host.theme.dark() ? "dark" : "light"),
    live: () => store.get().checkpoint,
  });
  const cards = createCards(room);
  const results = createResults(room, cards.filter);
  const refresh = () => Promise.all([cards.refresh(), results.refresh()]);
  element.classList.add("lz-models");
  element.replaceChildren(h("div", { class: "lz-models-main" }, results.element, cards.element),
    h("aside", { class: "lz-models-rail", "aria-label": "Filters and own checkpoints" }, results.filters,
      createOwn(room)));
  const unfollow = host.theme.follow(() => void (element.hidden || refresh()));
  return {
    async refresh() {
      await refresh();
      element.dataset.ready = "";
    },
    dispose() {
      unfollow();
      results.dispose();
      element.replaceChildren();
    },
  };
}
