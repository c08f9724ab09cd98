// @ts-check
/** Magnification against uniform sampling, at every place of the source. */
import { magnificationField, short } from "../fields.js";

/** @type {import("../layers.js").Layer} */
export const layer = {
  name: "jacobian",
  key: 5,
  table: ({ magnification }) => magnification,
  draw({ frame, palette, back }) {
    const { size, inverse } = back();
    const field = magnificationField(frame.warp, size, inverse);
    return { heat: { field, table: palette.magnification },
      range: field.high > 0 ? `${short(field.low)}–${short(field.high)}×` : "" };
  },
};
