// @ts-check
/** Aliasing: samples further apart than the taps that read them reach; what lies between is never read. */
import { pulledBack } from "../fields.js";
import { t } from "../../core/text.js";

/**
 * @typedef {import("../frame.js").Frame} Frame
 * @typedef {import("../../engine/coords.js").Size} Size
 */

/** Source pixels along an axis that a reading takes in. @type {Readonly<Record<string, number>>} */
const TAPS = { nearest: 1, bilinear: 2, antialias: Infinity };

/**
 * How many times the distance to the next sample, the longer of right and below, is what the taps reach.
 * @param {Pick<Frame, "grid" | "zoomed" | "source">} frame @param {string} interpolation
 * @returns {{size: Size, times: Float64Array, most: number}} at each sample of the zoomed lattice
 */
export function spacing({ grid, zoomed: [h, w], source: [height, width] }, interpolation) {
  const taps = TAPS[interpolation] ?? TAPS.bilinear;
  const times = new Float64Array(h * w);
  let most = 0;
  for (let i = 0, k = 0; i < h; i++) {
    for (let j = 0; j < w; j++, k++) {
      const right = k + (j < w - 1 ? 1 : -1), below = k + (i < h - 1 ? w : -w);
      const apart = (/** @type {number} */ other) => Math.hypot(
        ((grid[2 * other] - grid[2 * k]) / 2) * (width - 1),
        ((grid[2 * other + 1] - grid[2 * k + 1]) / 2) * (height - 1));
      times[k] = Math.max(w > 1 ? apart(right) : 0, h > 1 ? apart(below) : 0) / taps;
      most = Math.max(most, times[k]);
    }
  }
  return { size: [h, w], times, most };
}

/**
 * On the source: nothing where the taps reach, more with each doubling beyond.
 * @param {Frame} frame @param {string} interpolation @param {Size} size of the field
 * @param {import("../../engine/inverse.js").Inverse} inverse at that lattice
 */
export function aliasingLayer(frame, interpolation, size, inverse) {
  const { size: lattice, times, most } = spacing(frame, interpolation);
  const error = times.map((value) => Math.max(0, Math.log2(value)));
  const field = pulledBack(size, inverse, { size: lattice, error, most: Math.max(0, Math.log2(most)) });
  return { field, range: most > 1 ? t("layer.aliasing.most", { most }) : t("layer.aliasing.none") };
}

/** @type {import("../layers.js").Layer} */
export const layer = {
  name: "aliasing",
  key: 9,
  table: ({ error }) => error,
  draw({ frame, state, palette, back }) {
    if (Math.min(...frame.zoomed) < 2) return null;
    const { size, inverse } = back();
    const { field, range } = aliasingLayer(frame, state.interpolation, size, inverse);
    return { heat: { field, table: palette.error }, range };
  },
};
