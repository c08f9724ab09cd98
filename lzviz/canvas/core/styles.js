// @ts-check
/** Style sheets of the page, each loaded once a document. */
import { h } from "../kit/dom.js";

/**
 * Resolves when all are there (or cannot be had: a page without its colours is still a page).
 * @param {readonly string[]} names  below the folder of the canvas
 * @returns {Promise<unknown>}
 */
export function loadStyles(names) {
  const wanted = names.map((name) => new URL(`../${name}`, import.meta.url).href);
  const missing = wanted.filter((href) => ![...document.styleSheets].some((sheet) => sheet.href === href));
  return Promise.all(missing.map((href) => new Promise((done) => {
    document.head.append(h("link", { rel: "stylesheet", href, onload: done, onerror: done }));
  })));
}
