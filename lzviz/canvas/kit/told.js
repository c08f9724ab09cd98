// @ts-check
/** A sentence on the page: what a program said is English in every language, and is marked as such. */
import { ServerError } from "../core/errors.js";
import { englishIn } from "../core/text.js";
import { h } from "./dom.js";

/** @param {string} text */
const english = (text) => h("span", { lang: "en", translate: "no" }, text);

/** @param {string} line as it was made @returns {(Node | string)[]} */
export const told = (line) => englishIn(line).map((part, at) => (at % 2 ? english(part) : part));

/** What went wrong, as a line of its own. @param {unknown} error @returns {(Node | string)[]} */
export function toldError(error) {
  const { message } = /** @type {Error} */ (error);
  return error instanceof ServerError && !error.own ? [english(message)] : told(message);
}
