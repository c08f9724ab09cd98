// @ts-check
/**
 * A stroke: a copy of the painted map that follows the pointer, and that enters the store once, at its end.
 *
 * @typedef {import("./brush.js").LiveMap} LiveMap
 * @typedef {import("../core/store.js").State} State
 * @typedef {import("../core/context.js").StateStore} StateStore
 * @typedef {import("../core/context.js").LiveStore} LiveStore
 * @typedef {"paint" | "edgePaint" | "cadPaint"} PaintKey
 */

import { isSigned } from "../core/context.js";
import { openMap, paintSegment } from "./brush.js";

/**
 * @param {StateStore} store @param {LiveStore} live
 * @param {(state: State) => PaintKey | null} paintKey  the map that is painted on
 */
export function createStrokes(store, live, paintKey) {
  /** @type {{key: PaintKey, map: LiveMap, erase: boolean, last: readonly number[], changed: boolean} | null} */
  let stroke = null;

  /** @param {readonly number[]} a @param {readonly number[]} b source pixels, true size */
  function dab(a, b) {
    const image = live.get().image;
    if (!stroke || !image) return false;
    const { brushSize, brushSoftness } = store.get();
    const radius = (brushSize * Math.max(image.width, image.height)) / 2;
    const brush = { radius, softness: brushSoftness, erase: stroke.erase, signed: isSigned(stroke.key) };
    const changed = paintSegment(stroke.map, image, a, b, brush);
    stroke.changed ||= changed;
    stroke.last = b;
    return changed;
  }

  return {
    /** The maps that are shown: the stroke's in place of the stored one. @param {State} state @returns {State} */
    shown: (state) => (stroke ? { ...state, [stroke.key]: stroke.map } : state),
    active: () => stroke !== null,

    /**
     * @param {readonly number[]} at @param {boolean} erase
     * @returns {boolean} whether there is something to paint on
     */
    begin(at, erase) {
      const state = store.get();
      const image = live.get().image;
      const key = paintKey(state);
      if (!key || !image) return false;
      stroke = { key, map: openMap(state[key], image, isSigned(key)), erase, last: at, changed: false };
      live.set({ painting: true });
      dab(at, at);
      return true;
    },

    /** @param {readonly number[]} to @param {readonly number[]} [from] where it differs from the last point */
    extend: (to, from) => (stroke ? dab(from ?? stroke.last, to) : false),

    /** @param {boolean} keep */
    end(keep) {
      if (!stroke) return;
      const { key, map, changed } = stroke;
      stroke = null;
      if (keep && changed) store.set({ [key]: Object.freeze({ ...map }) }, { history: true });
      live.set({ painting: false });
    },
  };
}
