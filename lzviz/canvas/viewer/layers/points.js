// @ts-check
/** Sampling points: where the zoomed image reads the source. */
import { svg } from "../../kit/dom.js";
import { t } from "../../core/text.js";
import { pointStride } from "../raster.js";

/** CSS pixels between drawn samples, on average: closer, and they would only cover the picture. */
const SPACING = 6;

/**
 * Samples as dots, as many as there is room for.
 * @param {Float64Array} grid (h, w, 2) normalised @param {import("../../engine/coords.js").Size} size (h, w)
 * @param {import("../layers.js").Extent} shown CSS pixels of the picture @param {number} [spacing] 0: every one
 * @returns {import("../layers.js").Drawn}
 */
export function dotsOf(grid, [h, w], { width, height }, spacing = SPACING) {
  const stride = spacing ? pointStride(h, w, width, height, spacing) : 1;
  return { dots: { grid, h, w, stride }, range: stride > 1 ? t("layer.points.some", { count: stride * stride }) : "" };
}

/** @type {import("../layers.js").Layer} */
export const layer = {
  name: "points",
  key: 1,
  swatch: () => [svg("circle", { cx: 8, cy: 6, r: 2.6, class: "lz-swatch-dot" })],
  draw: ({ frame, size, every }) => dotsOf(frame.grid, frame.zoomed, size, every ? 0 : SPACING),
};
