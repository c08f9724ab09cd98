// @ts-check
/**
 * Named states: kept in the browser, and as one file of JSON.
 *
 * @typedef {{name: string, link: string}} Bookmark  link: from # on, as the address writes a state
 */
import { recall, remember } from "../kit/memory.js";
import { createStore } from "./store.js";

const KEY = "lzviz-bookmarks";
/** So many are kept. */
export const MOST = 200;
const LONGEST = { name: 80, link: 1 << 16 };

/** What of a value is bookmarks; null: it is no file of them. @param {any} told @returns {Bookmark[] | null} */
export function bookmarksOf(told) {
  if (told?.lzviz !== "bookmarks" || !Array.isArray(told.bookmarks)) return null;
  return told.bookmarks.flatMap((/** @type {any} */ each) => {
    const [name, link] = [each?.name, each?.link];
    const fine = typeof name === "string" && name.trim() && typeof link === "string" && link.startsWith("#")
      && link.length <= LONGEST.link;
    return fine ? [{ name: name.trim().slice(0, LONGEST.name), link }] : [];
  });
}

/** @param {string} text @returns {Bookmark[] | null} */
export function readBookmarks(text) {
  try {
    return bookmarksOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** @param {readonly Bookmark[]} bookmarks */
export const writeBookmarks = (bookmarks) =>
  `${JSON.stringify({ lzviz: "bookmarks", version: 1, bookmarks }, null, 1)}\n`;

/** The bookmarks of this browser. */
export function createBookmarks() {
  const store = createStore({ list: /** @type {readonly Bookmark[]} */ (readBookmarks(recall(KEY) ?? "") ?? []) });
  /** @param {readonly Bookmark[]} list */
  function set(list) {
    store.set({ list });
    remember(KEY, writeBookmarks(list));
  }
  return {
    list: () => store.get().list,
    follow: (/** @type {() => void} */ changed) => store.subscribe(changed),
    /** A name that stands there already gets the new state. @param {Bookmark} added @returns {boolean} false: full */
    keep(added) {
      const others = store.get().list.filter(({ name }) => name !== added.name);
      if (others.length >= MOST) return false;
      set([...others, added]);
      return true;
    },
    /**
     * Those of a file beside one's own, which all stay: another state of a name that is there gets a name beside it.
     * @param {readonly Bookmark[]} added @returns {number} how many of them are there now
     */
    add(added) {
      const list = [...store.get().list];
      const links = new Map(list.map(({ name, link }) => [name, link]));
      let taken = 0;
      for (const { name, link } of added) {
        let free = name;
        for (let n = 2; links.has(free) && links.get(free) !== link; n++) free = `${name} ${n}`;
        if (!links.has(free)) {
          if (list.length >= MOST) continue;
          list.push({ name: free, link });
          links.set(free, link);
        }
        taken++;
      }
      set(list);
      return taken;
    },
    /** @param {string} name */
    remove: (name) => set(store.get().list.filter((each) => each.name !== name)),
  };
}
