// @ts-check
/**
 * A page without Python: questions that were answered beforehand are answered from files, a few are computed here, and
 * every other one says what it needs.
 *
 * @typedef {object} Kept  one answer
 * @property {Record<string, unknown>} when  what the question says, by dotted names; what is left out may be anything
 * @property {string} file
 * @property {Record<string, string>} [headers]
 *
 * @typedef {object} Index
 * @property {readonly string[]} routes  of which there are answers
 * @property {Record<string, readonly Kept[]>} kept  by path
 *
 * @typedef {(address: string, request?: RequestInit) => Promise<Response>} Ask
 * @typedef {(said: any, ask: Ask) => Promise<object>} Made  an answer that is computed in the browser; `said.body`: the
 *   bytes of a question that brings some
 */
import { Said } from "./errors.js";
import { t } from "./text.js";

/** What a question says at a dotted name. @param {any} said @param {string} name */
const at = (said, name) => name.split(".").reduce((value, part) => value?.[part], said) ?? null;

/**
 * @param {Index} index @param {(file: string) => Promise<Response>} read
 * @param {Record<string, Made>} [made] by path
 * @returns {import("./transport.js").Transport}
 */
export function overFiles(index, read, made = {}) {
  const routes = new Set([...index.routes, ...Object.keys(made)]);

  /** @param {string} path @param {any} said */
  const keptOf = (path, said) => index.kept[path]?.find(({ when }) =>
    Object.entries(when).every(([name, value]) => JSON.stringify(at(said, name)) === JSON.stringify(value)));

  /** @param {string} address */
  function parts(address) {
    const cut = address.indexOf("?");
    const [path, query] = cut < 0 ? [address, ""] : [address.slice(0, cut), address.slice(cut + 1)];
    return { path, query: Object.fromEntries(new URLSearchParams(query)) };
  }

  /** @param {string} address @param {RequestInit} [request] @returns {Promise<Response>} */
  async function ask(address, { body } = {}) {
    const { path, query } = parts(address);
    const isJson = body instanceof Blob && body.type === "application/json";
    const said = { ...query, ...(isJson ? JSON.parse(await body.text()) : { body }) };
    const kept = keptOf(path, said);
    if (kept) {
      const answer = await read(kept.file);
      return kept.headers ? new Response(await answer.blob(), { headers: kept.headers }) : answer;
    }
    if (path in made) return Response.json({ ok: true, ...await made[path](said, ask) });
    throw new Said(t("files.needsPython"));
  }

  return {
    ask,
    kept: true,
    answers: (route, said) => (said ? route in made || keptOf(route, said) !== undefined : routes.has(route)),
    async address(address) {
      return URL.createObjectURL(await (await ask(address)).blob());
    },
  };
}
