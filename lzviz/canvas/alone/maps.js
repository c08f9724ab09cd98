// @ts-check
/** A saliency map of the visitor's, without Python: its grey values, or an array's numbers, on the lattice of maps. */
import { Said } from "../core/errors.js";
import { decode } from "../core/images.js";
import { t } from "../core/text.js";
import { base64 } from "../core/wire.js";
import { resizeMask } from "../engine/saliency.js";
import { readArrays } from "./arrays.js";

/** @param {Blob} body @returns {Promise<{size: [number, number], values: Float64Array}>} in [0, 1] */
async function read(body) {
  const first = new Uint8Array(await body.slice(0, 2).arrayBuffer());
  if (first[0] !== 0x93 && (first[0] !== 0x50 || first[1] !== 0x4b)) {
    const { width, height, data } = await decode(body);
    const values = Float64Array.from({ length: width * height }, (_, k) =>
      (0.299 * data[4 * k] + 0.587 * data[4 * k + 1] + 0.114 * data[4 * k + 2]) / 255);
    return { size: [height, width], values };
  }
  const [{ shape, dtype, data }] = await readArrays(body);
  const sides = shape.filter((n) => n !== 1);
  if (sides.length !== 2 || data.some((value) => !(value >= 0 && value < Infinity))) throw new Said(t("alone.noMap"));
  const most = dtype === "uint8" ? 255 : data.reduce((a, b) => Math.max(a, b), 1);
  return { size: [sides[0], sides[1]], values: data.map((value) => value / most) };
}

/**
 * As the server answers a map.
 * @param {Blob} body @param {number} side  most cells
 */
export async function mapOf(body, side) {
  const { size, values } = await read(body);
  const long = Math.max(...size);
  const [h, w] = size.map((n) => (n === long ? side : Math.max(2, Math.floor(side * n / long + 0.5))));
  const fitted = resizeMask(values, size, [h, w]);
  return { h, w, data: base64(Uint8Array.from(fitted, (value) => Math.min(255, Math.floor(value * 255 + 0.5)))) };
}
