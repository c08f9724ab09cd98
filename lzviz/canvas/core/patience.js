// @ts-check
/**
 * A busy server is asked again and again, later and later, each page at its own moment, until it has room. The page is
 * told that Python follows, and sees no error.
 *
 * @typedef {ReturnType<typeof createPatience>} Patience
 */

const LONGEST = 8000;
const GROWTH = 1.6;

/** A name that no other mount has. */
export const pageName = () =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16).padStart(2, "0")).join("");

/** Something newer was asked meanwhile: nothing is to be told. */
export class Superseded extends Error {}

/**
 * Milliseconds before a question is asked again: half to one and a half of what the server said, growing.
 * @param {number} attempt from 0 @param {number} after seconds that the server said @param {number} [chance] in [0, 1)
 */
export const delay = (attempt, after, chance = Math.random()) =>
  Math.min(LONGEST, 1000 * after * GROWTH ** attempt) * (0.5 + chance);

/**
 * Resolves after a while, at once when the signal is given. @param {number} ms @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
const sleep = (ms, signal) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  signal?.addEventListener("abort", () => {
    clearTimeout(timer);
    done();
  });
});

/** @param {Pick<import("./context.js").LiveStore, "set">} live @param {typeof sleep} [pause] */
export function createPatience(live, pause = sleep) {
  let waiting = 0;

  /**
   * The answer to `ask`, which is asked again while the server has no room.
   * @template T @param {() => Promise<T>} ask @param {AbortSignal} [signal]  the answer is wanted no more
   * @returns {Promise<T>}  throws Superseded then
   */
  return async function patiently(ask, signal) {
    let behind = false;
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          return await ask();
        } catch (error) {
          const { after } = /** @type {{after?: number}} */ (error ?? {});
          if (signal?.aborted) throw new Superseded("asked anew meanwhile");
          if (after === undefined) throw error;
          if (!behind) live.set({ follows: ++waiting > 0 });
          behind = true;
          await pause(delay(attempt, after), signal);
          if (signal?.aborted) throw new Superseded("asked anew meanwhile");
        }
      }
    } finally {
      if (behind) live.set({ follows: --waiting > 0 });
    }
  };
}
