// @ts-check
/**
 * What a page of the browser gives to a mount: its address, its theme and its language. Only this module knows
 * `location` and the class of the body; a mount without them (one of several on a page) keeps both to itself.
 *
 * @typedef {object} Address
 * @property {() => string} read                              the text from # on, or ""
 * @property {(hash: string, step: boolean) => void} write    `step`: Back returns to what was before
 * @property {(hash: string) => string} link                  the whole address
 * @property {(changed: () => void) => () => void} follow     by hand, Back and Forward
 *
 * @typedef {object} Theme
 * @property {() => boolean} dark
 * @property {(dark: boolean) => void} set
 * @property {(changed: () => void) => () => void} follow
 *
 * @typedef {object} Teaching  what whoever links to the page asks of it
 * @property {readonly string[]} hide  rooms, controls and parts that are left out
 * @property {boolean} large           type for a class
 *
 * @typedef {object} Language
 * @property {() => string | null} asked  the tag that the address asks for
 * @property {(tag: string) => void} choose  the address asks for it from now on, and the page opens in it
 */

import { recall, remember } from "../kit/memory.js";

const KEY = "lzviz-theme";

/** @returns {{address: Address, theme: Theme, language: Language, teaching: Teaching}} */
export function browserPage() {
  const { location } = window;
  const chosen = recall(KEY);
  if (chosen && !new URLSearchParams(location.search).has("__theme")) {
    document.body.classList.toggle("dark", chosen === "dark");
  }
  return {
    address: {
      read: () => location.hash,
      // The <base> of the page would drop the query.
      write(hash, step) {
        const address = location.pathname + location.search + hash;
        if (step) history.pushState(null, "", address);
        else history.replaceState(history.state, "", address);
      },
      link: (hash) => location.origin + location.pathname + location.search + hash,
      follow(changed) {
        const names = /** @type {const} */ (["hashchange", "popstate"]);
        for (const name of names) window.addEventListener(name, changed);
        return () => names.forEach((name) => window.removeEventListener(name, changed));
      },
    },
    teaching: teachingOf(new URLSearchParams(location.search)),
    language: {
      asked: () => new URLSearchParams(location.search).get("lang"),
      choose(tag) {
        const address = new URL(location.href);
        address.searchParams.set("lang", tag);
        location.assign(address);
      },
    },
    theme: {
      dark: () => document.body.classList.contains("dark"),
      set(dark) {
        document.body.classList.toggle("dark", dark);
        remember(KEY, dark ? "dark" : "light");
      },
      follow(changed) {
        const watch = new MutationObserver(changed);
        watch.observe(document.body, { attributes: true, attributeFilter: ["class"] });
        return () => watch.disconnect();
      },
    },
  };
}

/** @param {URLSearchParams} query @returns {Teaching} */
export const teachingOf = (query) => ({ hide: (query.get("hide") ?? "").split(",").filter(Boolean),
  large: query.has("class") && query.get("class") !== "0" });

/** An address of its own. @param {string} [hash] @returns {Address} */
export function ownAddress(hash = "") {
  let now = hash;
  return {
    read: () => now,
    write: (next) => {
      now = next;
    },
    link: (next) => next,
    follow: () => () => {},
  };
}

/** A theme of its own, which begins as the visitor's system has it. @returns {Theme} */
export function ownTheme() {
  let dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  /** @type {Set<() => void>} */
  const followers = new Set();
  return {
    dark: () => dark,
    set(next) {
      dark = next;
      followers.forEach((changed) => changed());
    },
    follow(changed) {
      followers.add(changed);
      return () => followers.delete(changed);
    },
  };
}
