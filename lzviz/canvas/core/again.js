// @ts-check
/**
 * Asks again by itself what nobody answered: the server is being started anew, is busy, or the browser was offline.
 * Later and later, at most every `LONGEST` ms, and at once when the browser is back online.
 *
 * @typedef {ReturnType<typeof createAgain>} Again
 */

const FIRST = 1000;
const LONGEST = 15_000;
/** Answers of a server, or of a proxy before it, that will be others in a while; 0: there was none at all. */
const AWAY = new Set([0, 502, 503, 504]);

/** @param {unknown} error */
export const isAway = (error) => AWAY.has(/** @type {any} */ (error)?.status);

/** @param {Pick<Window, "addEventListener" | "removeEventListener">} [page] */
export function createAgain(page = window) {
  /** @type {Map<string, () => void>} */
  const waiting = new Map();
  let pause = FIRST;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function now() {
    clearTimeout(timer);
    timer = undefined;
    const calls = [...waiting.values()];
    waiting.clear();
    for (const call of calls) call();
  }
  page.addEventListener("online", now);
  return {
    /** `what` was not answered: `run` is called in a while, unless it is answered before. @param {string} what
     * @param {unknown} error @param {() => void} run @returns {boolean} whether it will be asked again */
    failed(what, error, run) {
      if (!isAway(error)) {
        waiting.delete(what);
        return false;
      }
      waiting.set(what, run);
      if (timer === undefined) {
        timer = setTimeout(now, pause);
        pause = Math.min(LONGEST, 2 * pause);
      }
      return true;
    },
    /** @param {string} what */
    answered(what) {
      waiting.delete(what);
      pause = FIRST;
    },
    stop() {
      clearTimeout(timer);
      waiting.clear();
      page.removeEventListener("online", now);
    },
  };
}
