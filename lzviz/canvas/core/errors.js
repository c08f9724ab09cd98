// @ts-check
/**
 * What a visitor reads of an error: one place. Its headline is in the language of the page; what a program said of it
 * stands beneath, in English, and is marked as such.
 */
import { t } from "./text.js";

/** An error whose message is in the language of the page. `status`: 0 where a question had no answer at all. */
export class Said extends Error {
  /** @param {string} text @param {number} [status] */
  constructor(text, status) {
    super(text);
    this.status = status;
  }
}

/**
 * What is still told of an error after an answer. One to the same question takes it away, and so does any about another
 * state; what else was asked about this state says nothing of what failed.
 * @param {import("./context.js").Trouble | null} error @param {string} what was answered
 * @param {import("./store.js").State} state  that it was asked about
 */
export const stillTold = (error, what, state) =>
  (error?.asks && (error.asks.what === what || error.asks.state !== state) ? null : error);

/**
 * The line of an error.
 * @param {string} what went wrong, as a headline without its full stop @param {unknown} error
 * @param {{press?: string, run?: () => void}} [remedy]
 * @returns {import("./context.js").Trouble}
 */
export function trouble(what, error, remedy = {}) {
  const why = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
  if (error instanceof Said) return { text: t("error.because", { what, why }), ...remedy };
  return { text: t("error.failed", { what }), detail: `${why}.`, ...remedy };
}
