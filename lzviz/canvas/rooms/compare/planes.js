// @ts-check
/**
 * The labels that came with a table, decoded: of each method what its network says, or what a perfect one would from
 * the same samples, and where that is wrong; and the true ones.
 *
 * @typedef {import("../../schema/contract.js").Compared} Compared
 * @typedef {import("../pipeline/answer.js").Plane} Plane
 * @typedef {import("../../schema/contract.js").ClassLine} ClassLine
 *
 * @typedef {object} Planes
 * @property {Plane} labels  indices into `lines`
 * @property {Plane | null} error  0 right, 1 wrong, 255 not labelled
 * @property {boolean} perfect
 * @property {readonly ClassLine[]} lines
 */

import { decode } from "../../core/images.js";
import { fromBase64 } from "../../core/wire.js";
import { planeOf } from "../pipeline/answer.js";

/** One after the other, each PNG once. */
export function createPlanes() {
  /** @type {Map<string, Promise<Plane>>} */
  const kept = new Map();
  /** @param {string} png */
  function planeIn(png) {
    const known = kept.get(png);
    if (known) return known;
    const made = decode(new Blob([fromBase64(png)], { type: "image/png" }), Infinity).then(planeOf);
    kept.set(png, made);
    made.catch(() => kept.delete(png));
    return made;
  }

  /** @param {Compared} table @returns {Promise<ReadonlyMap<string, Planes>>} by method */
  return async ({ rows }) => {
    const used = new Set(rows.flatMap(({ labels, error }) => [labels, error]));
    for (const png of [...kept.keys()]) if (!used.has(png)) kept.delete(png);
    /** @type {Map<string, Planes>} */
    const found = new Map();
    for (const { name, labels, error, perfect, lines } of rows) {
      if (!labels) continue;
      const [said, wrong] = await Promise.all([planeIn(labels), error ? planeIn(error) : null]);
      found.set(name, { labels: said, error: wrong, perfect, lines });
    }
    return found;
  };
}
