// @ts-check
/**
 * What a visitor reads of an error: one place. Its headline is in the language of the page, and so is what Python
 * refused, whose words came along; what another program said stands beneath, in English, and is marked as such.
 */
import { knows, say, t } from "./text.js";

/** An error whose message is in the language of the page. `status`: 0 where a question had no answer at all. */
export class Said extends Error {
  /** @param {string} text @param {number} [status] */
  constructor(text, status) {
    super(text);
    this.status = status;
  }
}

/**
 * An answer that was no. `own`: its message is in the language of the page. `status` is the HTTP status; `after`:
 * seconds after which a busy server wants to be asked again; `missing`: what it has to be given again.
 */
export class ServerError extends Error {
  /** @param {string} text @param {number} status @param {{after?: number, missing?: string, own?: boolean}} [more] */
  constructor(text, status, { after, missing, own = false } = {}) {
    super(text);
    this.status = status;
    this.after = after;
    this.missing = missing;
    this.own = own;
  }
}

/**
 * What an answer that was no says.
 * @param {{error?: string, says?: import("./text.js").Text, missing?: string} | null} said
 * @param {{status: number, after?: number}} how
 */
export function refusalOf(said, { status, after }) {
  const missing = said?.missing;
  if (said?.says && knows(said.says)) return new ServerError(say(said.says), status, { after, missing, own: true });
  return new ServerError(said?.error ?? t("error.status", { status }), status, { after, missing });
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
  if (error instanceof ServerError && error.own) {
    return { text: t("sentences.last", { start: t("error.failed", { what }), next: error.message }), ...remedy };
  }
  return { text: t("error.failed", { what }), detail: `${why}.`, ...remedy };
}
