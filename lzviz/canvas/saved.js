// @ts-check
/** The canvas as one file: everything that it needs stands in the document. */
import { ownTheme } from "./core/browser.js";
import { overFiles } from "./core/files.js";
import { readMap } from "./core/link.js";
import * as codec from "./engine/codec.js";
import { mount } from "./main.js";

/**
 * @param {HTMLElement} element
 * @param {{given: any, index: import("./core/files.js").Index, link: string, map: string}} data
 */
export async function open(element, { given, index, link, map }) {
  const { location } = window;
  const file = map ? await readMap(map, codec, given.schema.limits.lattice) : null;
  return mount(element, { ...given, file, styled: true, theme: ownTheme(),
    transport: overFiles(index, (address) => fetch(address)),
    address: {
      read: () => location.hash || link,
      write: (/** @type {string} */ hash) => history.replaceState(null, "", hash),
      link: (/** @type {string} */ hash) => location.href.split("#")[0] + hash,
      follow(/** @type {() => void} */ changed) {
        window.addEventListener("hashchange", changed);
        return () => window.removeEventListener("hashchange", changed);
      },
    } });
}
