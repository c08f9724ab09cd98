// @ts-check
/**
 * Frames that pass while a detector thinks, as in lzviz.measure.streaming: whoever is free takes the newest frame, and
 * each frame is scored with the newest answer that is ready at its time.
 */

/** What is ready with a frame is ready for it, whatever the last bit says: in frames, and in milliseconds. */
const EARLY = 1e-9;

/**
 * The frame after `frame` that is taken by who is free at `ready` ms.
 * @param {number} frame @param {number} ready @param {number} every  ms between frames
 */
export const following = (frame, ready, every) => Math.max(Math.floor(ready / every + EARLY), frame + 1);

/** When the answer to a frame is ready. @param {number} frame @param {number} free  ms @param {number} every
 * @param {number} spent */
export const readyAt = (frame, free, every, spent) => Math.max(free, frame * every) + spent;

/**
 * Of which frame the answer is that is known at the time of each of `count` frames; null: none is ready yet.
 * @param {readonly {frame: number, ready: number}[]} taken  in order @param {number} count @param {number} every
 * @returns {(number | null)[]}
 */
export const known = (taken, count, every) => Array.from({ length: count }, (_, k) =>
  taken.reduce((last, { frame, ready }) => (ready <= k * every + EARLY ? frame : last),
    /** @type {number | null} */ (null)));

/**
 * How many frames have passed by the time of the last answer that is known.
 * @param {readonly {frame: number, ready: number}[]} taken  in order @param {number} every
 */
export function passed(taken, every) {
  const last = taken.at(-1);
  return last ? following(last.frame, last.ready, every) : 0;
}

/**
 * @typedef {object} Moment
 * @property {number} frame     that is shown
 * @property {number | null} of  whose answer is known by then; null: none is
 * @property {number} late      by how many ms
 */

/**
 * What is known at frame `k` of a film that does not wait; null: it waits, or has not come so far.
 * @param {number} count  of its frames @param {{taken: readonly {frame: number, ready: number}[], every: number}} film
 * @param {number} k @returns {Moment | null}
 */
export function momentOf(count, { taken, every }, k) {
  if (!every || k >= Math.min(passed(taken, every), count)) return null;
  const of = known(taken, k + 1, every)[k];
  return { frame: k, of, late: of === null ? 0 : (k - of) * every };
}
