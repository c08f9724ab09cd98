// @ts-check
/** Small helpers to build the page. Text from outside only ever enters through text nodes and attributes. */

/** @typedef {Node | string | number | null | undefined | false} Child */

const SVG = "http://www.w3.org/2000/svg";

/** @param {Element} element @param {Record<string, unknown>} props */
function apply(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2).toLowerCase(), /** @type {EventListener} */ (value));
    } else if (name === "value") {
      /** @type {HTMLInputElement} */ (element).value = String(value);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
}

/** @param {Element} element @param {readonly Child[]} children */
function fill(element, children) {
  for (const child of children) {
    if (child === false || child === null || child === undefined) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * An HTML element: `h("button", {class: "lz-x", onclick: f}, "text", child)`.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [props] attributes; `on…` functions become listeners, `true` an empty attribute
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  apply(element, props);
  fill(element, children);
  return element;
}

/**
 * An SVG element.
 * @param {string} tag @param {Record<string, unknown>} [props] @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, props = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  apply(element, props);
  fill(element, children);
  return element;
}

/**
 * Writes text only when it differs, so that nothing is laid out or announced again.
 * @param {Element} element @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let count = 0;

/** A document-wide unique id. @param {string} stem */
export const uniqueId = (stem) => `lz-${stem}-${++count}`;

/**
 * Calls fn once after the last of a burst of calls.
 * @param {() => void} fn @param {number} wait milliseconds
 */
export function debounce(fn, wait) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const run = () => {
    clearTimeout(timer);
    timer = setTimeout(fn, wait);
  };
  run.cancel = () => clearTimeout(timer);
  return run;
}

/** Scrolls a row until one of its cells is seen, and nothing else. @param {HTMLElement} cell */
export function inSight(cell) {
  const row = cell.parentElement;
  if (!row || row.scrollWidth <= row.clientWidth) return;
  const [place, frame] = [cell.getBoundingClientRect(), row.getBoundingClientRect()];
  row.scrollLeft += Math.max(0, place.right + place.width / 2 - frame.right)
    - Math.max(0, frame.left + place.width / 2 - place.left);
}
