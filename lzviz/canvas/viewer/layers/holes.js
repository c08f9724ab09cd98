// @ts-check
/** Holes: what of the source no zoomed pixel covers, cropped away or torn open. */
import { svg } from "../../kit/dom.js";
import { t } from "../../core/text.js";
import { pack, parseColour } from "../colours.js";

const TABLE = Uint32Array.from({ length: 256 }, (_, k) => (k < 128 ? 0 : pack(parseColour("#a0003c"), 0.55)));

/**
 * @param {import("../../engine/coords.js").Size} size of the field
 * @param {import("../../engine/inverse.js").Inverse} inverse at that lattice
 */
export function holesLayer([h, w], { valid }) {
  const values = Float32Array.from({ length: h * w }, (_, k) => (valid[k] ? 0 : 255));
  const share = values.reduce((sum, value) => sum + value, 0) / 255 / (h * w);
  return { field: { h, w, values }, table: TABLE, range: t("layer.holes.share", { share }) };
}

/** @type {import("../layers.js").Layer} */
export const layer = {
  name: "holes",
  key: 10,
  swatch: () => [svg("rect", { x: 1, y: 1, width: 14, height: 10, "stroke-dasharray": "2 2",
    class: "lz-swatch-line" })],
  draw({ back }) {
    const { size, inverse } = back();
    const { field, table, range } = holesLayer(size, inverse);
    return { heat: { field, table }, range };
  },
};
