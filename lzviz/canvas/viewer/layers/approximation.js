// @ts-check
/** What reading the warp between control nodes costs. */
import { gridError, pulledBack, short } from "../fields.js";
import { t } from "../../core/text.js";

/** @type {import("../layers.js").Layer} */
export const layer = {
  name: "approximation",
  key: 7,
  table: ({ error }) => error,
  draw({ frame, state, palette, back }) {
    if (!frame.attracting || Math.min(...frame.zoomed) < 2) return null;
    const { size, inverse } = back();
    const map = gridError(frame, state.nodes);
    return { heat: { field: pulledBack(size, inverse, map), table: palette.error },
      range: t("layer.approximation.most", { most: short(map.most) }) };
  },
};
