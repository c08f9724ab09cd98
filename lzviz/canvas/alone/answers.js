// @ts-check
/** What a page without Python answers by itself: maps and grids of the visitor's, the doctor's checks, comparisons. */
import { Said } from "../core/errors.js";
import { t } from "../core/text.js";
import { doublesFromBase64 } from "../core/wire.js";
import { ROUTES } from "../schema/routes.js";
import { readArrays } from "./arrays.js";
import { comparedOf } from "./compared.js";
import { diagnosed, gridOf } from "./doctor.js";
import { mapOf } from "./maps.js";

/** @typedef {{numbers: import("./arrays.js").Numbers, name: string, id: string}} Brought */

/**
 * @param {import("../core/context.js").Catalogue} catalogue @param {{limits: {lattice: number}}} schema
 * @returns {Record<string, import("../core/files.js").Made>} by path
 */
export function compute(catalogue, schema) {
  /** @type {Map<string, Brought>} */
  const brought = new Map();

  /** The first grid of a file. @param {any} said */
  async function addWarp({ name, body }) {
    const arrays = await readArrays(body);
    const numbers = arrays.find(({ shape }) => shape.length >= 3 && shape.includes(2)) ?? arrays[0];
    gridOf(numbers);
    const id = (brought.size + 1).toString(16).padStart(32, "0");
    brought.set(id, { numbers, name, id });
    return { id, name, shape: numbers.shape, dtype: numbers.dtype, use: null };
  }

  /** @param {any} said */
  async function diagnose(said) {
    const { given, nodes, nodesSize, name, labels, boxed, gradient, stride, use } = said;
    if (labels || boxed || gradient || stride || ![null, undefined, "grid"].includes(use)) {
      throw new Said(t("alone.needsPython.doctor"));
    }
    if (nodes) {
      const numbers = { shape: [1, ...nodesSize, 2], dtype: "float64", data: doublesFromBase64(nodes) };
      return diagnosed({ numbers, name, id: "" }, said);
    }
    const known = brought.get(given);
    if (!known) throw new Said(t("alone.needsPython.doctor"));
    return diagnosed(known, said);
  }

  return {
    [ROUTES.addMap.path]: ({ body }) => mapOf(body, schema.limits.lattice),
    [ROUTES.addWarp.path]: addWarp,
    [ROUTES.diagnose.path]: diagnose,
    [ROUTES.compared.path]: (said, ask) => comparedOf(said, ask, catalogue),
  };
}
