/**
 * A map of bytes as text that fits in a link: raw deflate (RFC 1951, no header, no checksum), then base64 of the
 * URL-safe alphabet (- and _) without padding. Python reads it with
 * `zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), wbits=-15)`.
 *
 * The size of the map does not stand in the text: it is written beside it, and reading asks for exactly so many bytes.
 */

/** @param {Uint8Array} bytes @returns {Promise<string>} */
export async function encode(bytes) {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @param {string} text @param {number} length bytes the map must have
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {RangeError} the text holds something else; never more than `length` bytes are unpacked
 */
export async function decode(text, length) {
  if (!/^[\w-]*$/.test(text)) throw new RangeError("expected base64url text, got other characters");
  const packed = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (let chunk = await next(reader); chunk; chunk = await next(reader)) {
    if (filled + chunk.length > length) {
      await reader.cancel();
      throw new RangeError(`expected ${length} bytes of a map, got more`);
    }
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled !== length) throw new RangeError(`expected ${length} bytes of a map, got ${filled}`);
  return bytes;
}

/**
 * The next chunk, or null at the end. @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @returns {Promise<Uint8Array | null>}
 */
async function next(reader) {
  try {
    const { done, value } = await reader.read();
    return done ? null : value;
  } catch (error) {
    throw new RangeError("the text of this map is damaged", { cause: error });
  }
}
