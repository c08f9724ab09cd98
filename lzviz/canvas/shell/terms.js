// @ts-check
/** Words explained where they stand: fetched once the page is at rest, so that its first look costs nothing. */
import { getFrom } from "../core/client.js";
import { loadStyles } from "../core/styles.js";
import { ROUTES } from "../schema/routes.js";

/**
 * @typedef {{name: string, what: string, why: string, formula: string, paper: string, labels: readonly string[]}} Term
 * @typedef {{number?: string, link: string, title: string}} Entry  `number`: of the paper's figure
 * @typedef {{terms: Readonly<Record<string, Term>>, along: readonly {paper: string, entries: readonly Entry[]}[]}} Told
 */

/** After the page can be used, milliseconds. */
const LATER = 1200;

/**
 * The terms of the page's language, and what can be read along.
 * @param {import("../core/context.js").Context} context @returns {Promise<Told>}
 */
export async function fetchTerms({ host, root }) {
  return (await getFrom(host, ROUTES.terms.path.replace("{language}", encodeURIComponent(root.lang)))).json();
}

/**
 * @param {import("../core/context.js").Context} context @param {boolean} guided  a visitor is shown around
 * @returns {() => void} takes it away
 */
export function explainTerms(context, guided) {
  const { host } = context;
  if (!host.transport.answers(ROUTES.terms.path)) return () => {};
  /** @type {(() => void)[]} */
  const ends = [];
  let gone = false;
  async function start() {
    const [{ createGlossary }, told] = await Promise.all([import("./glossary.js"), fetchTerms(context),
      host.styled ? null : loadStyles(["style/terms.css"])]);
    if (gone) return;
    ends.push(createGlossary(context, told.terms, guided));
    context.root.dataset.explained = "1";
  }
  // Whoever cannot have them now has them at the next visit: nothing else hangs on them.
  const timer = setTimeout(() => start().catch(() => {}), LATER);
  return () => {
    gone = true;
    clearTimeout(timer);
    ends.forEach((end) => end());
  };
}
