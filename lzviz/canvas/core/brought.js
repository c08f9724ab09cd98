// @ts-check
/**
 * What the visitor brought, and the server has to be given again: it lets go of the oldest, it was started anew, or
 * another process of it answers, which never saw it. Its refusal says what is missing.
 *
 * @typedef {"picture" | "truth" | "checkpoint" | "warp"} Kind
 * @typedef {() => Promise<boolean>} Give   whether there was anything to give
 * @typedef {ReturnType<typeof createBrought>} Brought
 */

/** How often one question may find the same thing missing. */
const ROUNDS = 5;

export function createBrought() {
  /** @type {Partial<Record<string, Give>>} */
  const givers = {};
  return {
    /** @param {Kind} kind @param {Give} give */
    giver(kind, give) {
      givers[kind] = give;
    },
    /** @param {Kind} kind @returns {Promise<boolean>} */
    give: async (kind) => Boolean(await givers[kind]?.()),
    /**
     * The answer to `ask`, which is asked again after each gift that it lacked.
     * @template T @param {() => Promise<T>} ask
     * @param {Partial<Record<string, Give>>} [own]  in the place of the others
     * @returns {Promise<T>}
     */
    async answered(ask, own = {}) {
      /** @type {Record<string, number>} */
      const rounds = {};
      for (;;) {
        try {
          return await ask();
        } catch (error) {
          const kind = /** @type {any} */ (error)?.missing ?? "";
          const give = own[kind] ?? givers[kind];
          rounds[kind] = (rounds[kind] ?? 0) + 1;
          if (!give || rounds[kind] > ROUNDS) throw error;
          // Where several processes answer in turn, each gift reaches another one: one more every time.
          for (let n = 0; n < rounds[kind]; n++) if (!(await give())) throw error;
        }
      }
    },
  };
}
