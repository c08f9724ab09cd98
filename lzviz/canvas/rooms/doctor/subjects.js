// @ts-check
/** What is looked at, as the server is told it: a file is given to it once, and again when it has forgotten it. */
import { askServer } from "../../core/client.js";
import { doublesToBase64 } from "../../core/wire.js";
import { ROUTES } from "../../schema/routes.js";

/**
 * @typedef {import("./asking.js").Subject} Subject
 * @typedef {import("./asking.js").Chart["beside"]} Beside
 */

/** @param {import("../../core/context.js").Context} context */
export function createSubjects({ host, page, patiently }) {
  /** @type {WeakMap<File, string>} */
  const ids = new WeakMap();
  /** @type {WeakMap<object, number>} */
  const numbers = new WeakMap();
  let count = 0;

  /** The id of a file at the server. @param {File} file */
  async function give(file) {
    const query = new URLSearchParams({ page, name: file.name.slice(-200) });
    const held = await patiently(() => askServer(host, `${ROUTES.addWarp.path}?${query}`, file));
    ids.set(file, held.id);
    return held.id;
  }

  /** @param {object} thing */
  function numberOf(thing) {
    if (!numbers.has(thing)) numbers.set(thing, ++count);
    return numbers.get(thing);
  }

  return {
    /** The part of a question that says what it is about. @param {Subject} subject @returns {Promise<object>} */
    async body({ file, specimen, warp, name, id }) {
      if (id) return { given: id };
      if (file) return { given: ids.get(file) ?? await give(file) };
      if (specimen) return { specimen };
      if (!warp) throw new Error("no subject");
      return { name, nodes: doublesToBase64(warp.warp.nodes), nodesSize: warp.warp.size, zoomed: warp.zoomed };
    },
    /** By which the server holds it, where it does. @param {import("./asking.js").Beside} [part] */
    idOf: (part) => (part instanceof File ? ids.get(part) : part?.id),
    /** The part of a question that says what lies beside it. @param {Beside} beside */
    async beside({ labels, boxes, gradient }) {
      const [a, b, c] = await Promise.all([labels, boxes, gradient].map((part) =>
        (part instanceof File ? ids.get(part) ?? give(part) : part?.id)));
      return { labels: a ?? null, boxed: b ?? null, gradient: c ?? null };
    },
    /**
     * @param {Subject} subject @param {Beside} beside
     * @returns {Promise<boolean>} whether there was anything to give
     */
    giveAgain: async ({ file }, beside) =>
      (await Promise.all([file, ...Object.values(beside)].map((each) => each instanceof File && give(each))))
        .some(Boolean),
    /** Tells subjects apart. @param {Subject} subject */
    key({ file, specimen, warp, id }) {
      const thing = file ?? warp;
      if (!thing) return specimen ?? id;
      return numberOf(thing);
    },
    /** @param {Beside} beside */
    keys: (beside) => Object.entries(beside).map(([part, said]) => [part, said && numberOf(said)]),
  };
}
