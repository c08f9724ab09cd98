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
