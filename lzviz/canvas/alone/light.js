// @ts-check
/** Kept answers as they were before a folder made them lighter: the other end of `lzviz.site.light`. */
import { decode } from "../core/images.js";
import { base64, doublesToBase64, fromBase64 } from "../core/wire.js";

/**
 * @typedef {(file: string) => Promise<Response>} Read
 * @typedef {(labels: string, truth: string) => Promise<string>} Wrong
 * @typedef {{row: number, deep: number, data: string}} Folded  `row` values of `deep` interleaved kinds
 */

const IGNORE = 255;

/**
 * Whole numbers out of differences to the left and above, folded to be positive, byte by byte.
 * @param {Folded} folded
 */
function unfolded({ row, deep, data }) {
  const planes = fromBase64(data);
  const count = planes.length >> 2;
  const steps = new Int32Array(count);
  for (let k = 0; k < count; k++) {
    const folded = planes[k] | (planes[count + k] << 8) | (planes[2 * count + k] << 16) | (planes[3 * count + k] << 24);
    const [left, up] = [k % row >= deep, k >= row];
    steps[k] = ((folded >>> 1) ^ -(folded & 1)) + (left ? steps[k - deep] : 0) + (up ? steps[k - row] : 0)
      - (left && up ? steps[k - row - deep] : 0);
  }
  return steps;
}

/** Float32 values as base64, out of whole steps. @param {Folded & {step: number}} stepped */
function stepsOf(stepped) {
  const steps = unfolded(stepped);
  const view = new DataView(new ArrayBuffer(4 * steps.length));
  steps.forEach((value, k) => view.setFloat32(4 * k, value * stepped.step, true));
  return base64(new Uint8Array(view.buffer));
}

/** Float64 values as base64, out of the bits of float32 ones in their order. @param {Folded} folded */
function floatsOf(folded) {
  const bits = unfolded(folded).map((value) => value ^ ((value >> 31) & 0x7fffffff));
  return doublesToBase64(new Float32Array(bits.buffer));
}

/** Where labels are wrong, as a file: 0 right, 1 wrong, 255 not labelled. @type {Wrong} */
export async function wrongOf(labels, truth) {
  const [said, real] = await Promise.all([labels, truth].map((text) => decode(new Blob([fromBase64(text)]), Infinity)));
  const { width, height } = said;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const marks = new ImageData(width, height);
  for (let k = 0; k < marks.data.length; k += 4) {
    marks.data.fill(real.data[k] === IGNORE ? IGNORE : Number(real.data[k] !== said.data[k]), k, k + 3);
    marks.data[k + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(marks, 0, 0);
  const file = await new Promise((/** @type {(file: Blob | null) => void} */ done) => { canvas.toBlob(done); });
  return base64(new Uint8Array(await /** @type {Blob} */ (file).arrayBuffer()));
}

/**
 * @param {any} answer @param {Read} read @param {Wrong} [wrong]
 * @returns {Promise<any>}
 */
export async function restored(answer, read, wrong = wrongOf) {
  /** @type {Map<string, Promise<any>>} */
  const files = new Map();
  const shared = (/** @type {string} */ name) => {
    const known = files.get(name) ?? read(name).then((file) => file.json());
    files.set(name, known);
    return known;
  };
  /** @param {any} value @returns {Promise<any>} */
  async function whole(value) {
    if (Array.isArray(value)) return Promise.all(value.map(whole));
    if (value === null || typeof value !== "object") return value;
    if ("stepped" in value) return stepsOf(value.stepped);
    if ("floats" in value) return floatsOf(value.floats);
    if ("shared" in value) return shared(value.shared);
    if ("differs" in value) return wrong(answer.labels, await whole(value.differs));
    const parts = Object.entries(value).map(async ([name, part]) => [name, await whole(part)]);
    return Object.fromEntries(await Promise.all(parts));
  }
  return whole(answer);
}
