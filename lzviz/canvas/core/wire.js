// @ts-check
/** Bytes as text, and where a picture is. */
import { ROUTES } from "../schema/routes.js";

/** @param {string} text base64 @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** Little-endian float32 values of a base64 text. @param {string} text */
export function floatsFromBase64(text) {
  const bytes = fromBase64(text);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length >> 2 }, (_, at) => view.getFloat32(4 * at, true));
}

/** Little-endian float64 values of a base64 text. @param {string} text */
export function doublesFromBase64(text) {
  const bytes = fromBase64(text);
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length >> 3 }, (_, at) => view.getFloat64(8 * at, true));
}

/** Bytes as base64. @param {Uint8Array} bytes */
export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** Little-endian float64 values as base64. @param {ArrayLike<number>} values */
export function doublesToBase64(values) {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (let k = 0; k < values.length; k++) view.setFloat64(8 * k, values[k], true);
  return base64(new Uint8Array(view.buffer));
}

/** The address of a picture. @param {string} id */
export const picturePath = (id) => ROUTES.picture.path.replace("{id}", encodeURIComponent(id));

/** What went wrong, as a part of a sentence. @param {unknown} error */
export const message = (error) => (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
