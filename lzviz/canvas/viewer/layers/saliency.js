// @ts-check
/** Saliency: what was painted, as fine as it was painted, else what the sampler takes. */
import { handOf } from "../../engine/saliency.js";
import { rangeField, short } from "../fields.js";
import { t } from "../../core/text.js";

/**
 * The saliency as a map over the image.
 * @param {import("../layers.js").Shown} shown
 * @returns {(import("../raster.js").Field & {low: number, high: number}) | null}
 */
function saliencyField({ state, frame: { saliency, asks } }) {
  const { paint, strength } = state;
  if (handOf(state.saliency) === "paint" && asks) {
    return paint && { h: paint.h, w: paint.w, values: paint.data, low: 1, high: strength };
  }
  return saliency && rangeField(saliency.data, saliency.h, saliency.w);
}

/** @type {import("../layers.js").Layer} */
export const layer = {
  name: "saliency",
  key: 3,
  over: 11,
  table: ({ saliency }) => saliency,
  draw(shown) {
    const field = saliencyField(shown);
    if (!field) return null;
    const range = handOf(shown.state.saliency) === "paint" ? `1–${short(field.high)}×` : t("layer.saliency.range");
    return { heat: { field, table: shown.palette.saliency }, range };
  },
};
