// @ts-check
/**
 * Arrays out of files, without Python: .npy, and the first array of an .npz that fits.
 *
 * @typedef {{shape: number[], dtype: string, data: Float64Array}} Numbers
 */
import { Said } from "../core/errors.js";
import { t } from "../core/text.js";

const MOST = 1 << 24;

/** @type {Readonly<Record<string, [string, number, (view: DataView, at: number) => number]>>} by numpy's letter */
const KINDS = {
  f4: ["float32", 4, (view, at) => view.getFloat32(at, true)],
  f8: ["float64", 8, (view, at) => view.getFloat64(at, true)],
  i1: ["int8", 1, (view, at) => view.getInt8(at)],
  i2: ["int16", 2, (view, at) => view.getInt16(at, true)],
  i4: ["int32", 4, (view, at) => view.getInt32(at, true)],
  i8: ["int64", 8, (view, at) => Number(view.getBigInt64(at, true))],
  u1: ["uint8", 1, (view, at) => view.getUint8(at)],
  u2: ["uint16", 2, (view, at) => view.getUint16(at, true)],
  u4: ["uint32", 4, (view, at) => view.getUint32(at, true)],
  b1: ["bool", 1, (view, at) => view.getUint8(at)],
};

const refusal = () => new Said(t("alone.noArray"));

/** @param {Uint8Array} bytes of an .npy @returns {Numbers} */
export function readNpy(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(1, 6));
  if (bytes.length < 12 || bytes[0] !== 0x93 || magic !== "NUMPY") throw refusal();
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const head = new TextDecoder("latin1").decode(bytes.subarray(start, end));
  const kind = KINDS[/'descr':\s*'[<|=](\w\d)'/.exec(head)?.[1] ?? ""];
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(head)?.[1] ?? "").split(",").filter((part) => part.trim()).map(Number);
  const count = shape.reduce((a, b) => a * b, 1);
  if (!kind || /'fortran_order':\s*True/.test(head) || !(count > 0 && count <= MOST)
    || end + count * kind[1] > bytes.length) throw refusal();
  const data = Float64Array.from({ length: count }, (_, k) => kind[2](view, end + k * kind[1]));
  return { shape, dtype: kind[0], data };
}

/** The files of a zip, unpacked when they are asked for. @param {Uint8Array} bytes */
function* entries(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let tail = bytes.length - 22;
  while (tail >= 0 && view.getUint32(tail, true) !== 0x06054b50) tail -= 1;
  if (tail < 0) throw refusal();
  let at = view.getUint32(tail + 16, true);
  for (let k = view.getUint16(tail + 10, true); k > 0 && at + 46 <= tail; k--) {
    const [packed, name, extra, comment] = [view.getUint32(at + 20, true), view.getUint16(at + 28, true),
      view.getUint16(at + 30, true), view.getUint16(at + 32, true)];
    const local = view.getUint32(at + 42, true);
    const body = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    yield { stored: view.getUint16(at + 10, true) === 0, body: bytes.subarray(body, body + packed) };
    at += 46 + name + extra + comment;
  }
}

/** @param {Uint8Array} bytes */
async function inflate(bytes) {
  const stream = new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]).stream();
  return new Uint8Array(await new Response(stream.pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer());
}

/** Every array of a file. @param {Blob} blob @returns {Promise<Numbers[]>} */
export async function readArrays(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  if (bytes[0] === 0x93) return [readNpy(bytes)];
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) throw refusal();
  try {
    const found = [];
    for (const { stored, body } of entries(bytes)) found.push(readNpy(stored ? body : await inflate(body)));
    if (found.length) return found;
  } catch {
    throw refusal();
  }
  throw refusal();
}
