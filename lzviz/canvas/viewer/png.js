// @ts-check
/** A PNG that says in words what it shows: an iTXt chunk named Description before its pixels. */

const SIGNATURE = 8;
const KEY = "Description";

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** @param {Uint8Array} bytes */
export const crc32 = (bytes) => (bytes.reduce((c, byte) => TABLE[(c ^ byte) & 255] ^ (c >>> 8), 0xffffffff)
  ^ 0xffffffff) >>> 0;

/** Length, kind and content, checksum. @param {string} kind @param {Uint8Array} content */
export function chunk(kind, content) {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(kind), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

/** @param {Blob} png @param {string} text @returns {Promise<Blob>} */
export async function described(png, text) {
  const bytes = new Uint8Array(await png.arrayBuffer());
  const header = SIGNATURE + 12 + new DataView(bytes.buffer).getUint32(SIGNATURE);
  const said = chunk("iTXt", new TextEncoder().encode(`${KEY}\0\0\0\0\0${text}`));
  return new Blob([bytes.subarray(0, header), said, bytes.subarray(header)], { type: png.type });
}
