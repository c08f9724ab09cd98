// @ts-check
/** Density: samples in each place against uniform sampling. */
import { densityField, fieldSize, short } from "../fields.js";

/** Four samples a cell: fewer, and the map would show the lattice. @param {readonly [number, number]} zoomed */
function densitySize(zoomed) {
  const [h, w] = fieldSize(zoomed);
  return /** @type {[number, number]} */ ([Math.max(2, h >> 1), Math.max(2, w >> 1)]);
}

/** @type {import("../layers.js").Layer} */
export const layer = {
  name: "density",
  key: 4,
  table: ({ density }) => density,
  draw({ frame, palette }) {
    const field = densityField(frame.grid, frame.zoomed, densitySize(frame.zoomed));
    return { heat: { field, table: palette.density }, range: `0–${short(field.high)}×` };
  },
};
