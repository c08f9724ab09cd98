// @ts-check
/** Kept answers as they were before a folder made them lighter: the other end of `lzviz.site.light`. */
import { base64, fromBase64 } from "../core/wire.js";

/** @typedef {(file: string) => Promise<Response>} Read */

/**
 * Float32 values as base64, out of whole steps: differences to the left and above, folded to be positive, byte by byte.
 * @param {{step: number, row: number, deep: number, data: string}} stepped  `row` values of `deep` interleaved kinds
 */
function unfolded({ step, row, deep, data }) {
  const planes = fromBase64(data);
  const count = planes.length >> 2;
  const steps = new Int32Array(count);
  const view = new DataView(new ArrayBuffer(4 * count));
  for (let k = 0; k < count; k++) {
    const folded = planes[k] | (planes[count + k] << 8) | (planes[2 * count + k] << 16) | (planes[3 * count + k] << 24);
    const [left, up] = [k % row >= deep, k >= row];
    steps[k] = ((folded >>> 1) ^ -(folded & 1)) + (left ? steps[k - deep] : 0) + (up ? steps[k - row] : 0)
      - (left && up ? steps[k - row - deep] : 0);
    view.setFloat32(4 * k, steps[k] * step, true);
  }
  return base64(new Uint8Array(view.buffer));
}

/** @param {any} value  of an answer @param {Read} read @returns {Promise<any>} */
export async function restored(value, read) {
  if (Array.isArray(value)) return Promise.all(value.map((each) => restored(each, read)));
  if (value === null || typeof value !== "object") return value;
  if ("stepped" in value) return unfolded(value.stepped);
  if ("shared" in value) return (await read(value.shared)).json();
  const parts = Object.entries(value).map(async ([name, part]) => [name, await restored(part, read)]);
  return Object.fromEntries(await Promise.all(parts));
}
