// @ts-check
/**
 * What whoever links to the page leaves out of it (`?hide=compare,fwhm,export`), and larger type for a class
 * (`?class=1`). Both stand in the query, not in the state: they go along whatever the visitor does.
 */

/** Parts of the page by the names that a link uses; rooms go by their tabs, controls by the keys of the state. */
const PARTS = Object.freeze({ export: ".lz-export", share: ".lz-share", theme: ".lz-top-theme",
  language: ".lz-top-language", undo: ".lz-top-history", tools: ".lz-tools", dock: ".lz-dock", rail: ".lz-rail",
  layers: ".lz-layers", images: ".lz-images", samplers: ".lz-sampler" });

/** The tab of the room that a link opens stays: one always knows where one is. @param {string} name */
const selectors = (name) => [`[data-tab="${name}"]:not([aria-selected="true"])`,
  `[data-control="${name}"]`, `[data-tool="${name}"].lz-tool`,
  ...(Object.hasOwn(PARTS, name) ? [/** @type {Record<string, string>} */ (PARTS)[name]] : [])];

/**
 * The style that hides what is named, for one mount.
 * @param {readonly string[]} names
 */
export const hiding = (names) => {
  const kept = names.filter((name) => /^[a-zA-Z]+$/.test(name)).flatMap(selectors);
  return kept.length ? `.lz-page :is(${kept.join(", ")}) { display: none !important; }` : "";
};

/**
 * @param {HTMLElement} root @param {import("../core/browser.js").Teaching} teaching
 * @returns {() => void} takes it back
 */
export function teach(root, { hide, large }) {
  root.toggleAttribute("data-class", large);
  const text = hiding(hide);
  if (!text) return () => {};
  const style = document.createElement("style");
  style.textContent = text;
  document.head.append(style);
  return () => style.remove();
}
