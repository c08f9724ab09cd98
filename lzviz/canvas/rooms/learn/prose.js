// @ts-check
/** Paragraphs and formulas of a lesson as elements: numbers are live, symbols know their names, states are buttons. */
import { h, setText, uniqueId } from "../../kit/dom.js";
import { FORMATS, t } from "../../core/text.js";
import { valueOf } from "./expression.js";

/**
 * @typedef {import("./lessons.js").Part} Part
 * @typedef {{set: (state: string) => void, lesson: (number: number) => void}} Ways  where parts of a text lead
 */

const MATHML = "http://www.w3.org/1998/Math/MathML";

/** @param {import("./lessons.js").Formula | string} tree @returns {Node} */
export function math(tree) {
  if (typeof tree === "string") return document.createTextNode(tree);
  const [tag, attributes, ...children] = tree;
  const element = document.createElementNS(MATHML, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.map(math));
  return element;
}

/** A number as it is written; a dash before it is known. @param {number} value @param {string} format */
export const said = (value, format) => (Number.isFinite(value) ? FORMATS[format](value) : "–");

/** @param {readonly Part[]} parts @param {Ways} ways @returns {Node[]} */
export const prose = (parts, ways) => parts.map((part) => nodeOf(part, ways));

/**
 * A button that breaks over lines as its words do, which an element of that name never does.
 * @param {() => void} run @param {object} props @param {readonly Node[]} children
 */
const pressed = (run, props, children) => h("span", { ...props, class: "lz-link lz-set", role: "button", tabindex: "0",
  onclick: run, onkeydown: (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    run();
  } }, ...children);

/** @param {Part} part @param {Ways} ways @returns {Node} */
function nodeOf(part, ways) {
  if (typeof part === "string") return document.createTextNode(part);
  if (part.math) return math(part.math);
  if (part.number) {
    return h("data", { class: "lz-live", "data-number": part.number, "data-format": part.format, "data-at": part.at },
      "–");
  }
  if (part.symbol) {
    return h("span", { class: "lz-symbol", tabindex: "0", role: "note", "data-symbol": part.symbol },
      ...prose(part.text, ways));
  }
  if (part.set) return pressed(() => ways.set(part.set), { "data-set": part.set }, prose(part.text, ways));
  if (part.lesson) return pressed(() => ways.lesson(Number(part.lesson)), {}, prose(part.text, ways));
  if (part.code) return h("code", { translate: "no" }, part.code);
  return part.strong ? h("strong", {}, ...prose(part.strong, ways)) : h("em", {}, ...prose(part.em, ways));
}

/** @param {readonly import("./lessons.js").Block[]} blocks @param {Ways} ways @returns {HTMLElement[]} */
export const body = (blocks, ways) => blocks.flatMap((block) => {
  if ("p" in block) return [h("p", {}, ...prose(block.p, ways))];
  const id = uniqueId("formula");
  const formula = h("div", { class: "lz-formula", "aria-describedby": block.says ? id : null }, math(block.formula));
  return block.says ? [formula, h("p", { class: "lz-formula-says", id }, ...prose(block.says, ways))] : [formula];
});

/**
 * A place whose number is not there yet: an empty box, which moves while the number is computed.
 * @param {HTMLElement} place @param {"open" | "coming"} blank
 */
function leave(place, blank) {
  if (place.dataset.blank === blank) return;
  place.dataset.blank = blank;
  place.replaceChildren(h("span", { class: "lz-hidden" }, t(blank === "coming" ? "learn.coming" : "learn.open.blank")));
}

/**
 * Writes the numbers of now into a text, and those of earlier states.
 * @param {HTMLElement} root @param {import("./expression.js").Numbers} numbers
 * @param {ReadonlyMap<string, import("./expression.js").Numbers>} kept  by the names of states
 * @param {string | null} coming  the state that is computed just now
 */
export function writeNumbers(root, numbers, kept, coming) {
  for (const place of /** @type {NodeListOf<HTMLDataElement>} */ (root.querySelectorAll("data.lz-live"))) {
    const { at, number = "" } = place.dataset;
    const value = valueOf(number, at ? kept.get(at) ?? {} : numbers);
    const known = Number.isFinite(value);
    place.value = known ? String(value) : "";
    if (!known && (at ? at === coming : coming !== null)) leave(place, "coming");
    else if (at && !kept.has(at)) leave(place, "open");
    else {
      delete place.dataset.blank;
      setText(place, said(value, place.dataset.format ?? "plain"));
    }
  }
}
