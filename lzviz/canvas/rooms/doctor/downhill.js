// @ts-check
/** The gradient of a loss: arrows of -dL/dgrid at the nodes, or dL/dsaliency as a map of where more would help. */
import { floatsFromBase64 } from "../../core/wire.js";
import { drawArrows } from "../../viewer/layers/arrows.js";

/** @typedef {import("../../viewer/layers.js").Drawn} Drawn */

/**
 * @param {import("./words.js").Diagnosed["downhill"] | undefined} told
 * @param {import("../../viewer/colours.js").Palette} palette
 * @returns {Drawn[]}
 */
export function downhillOf(told, palette) {
  if (!told) return [];
  if (told.arrows) {
    const pairs = Float64Array.from(floatsFromBase64(told.arrows));
    return [{ lines: (pen, p, image) => drawArrows(pen, p, image, pairs) }];
  }
  if (!told.values || !told.size || !told.most) return [];
  const [h, w] = told.size;
  // Downhill: where the loss falls with more saliency lies above the middle of the scale.
  const values = Float32Array.from(floatsFromBase64(told.values), (value) => 127.5 * (1 - value / told.most));
  return [{ heat: { field: { h, w, values }, table: palette.magnification } }];
}
