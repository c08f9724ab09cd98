// @ts-check
/**
 * How questions reach who answers them. The page asks one promise and never which one it has: a server over HTTP, the
 * kernel of a notebook over a widget's messages, or files that were answered beforehand.
 *
 * @typedef {object} Transport
 * @property {(path: string, request?: RequestInit) => Promise<Response>} ask  rejects when nobody answers at all
 * @property {(path: string) => Promise<string>} address  what an image or a link of the page takes
 * @property {(path: string) => boolean} answers  whether questions of a route are answered here; false: by Python alone
 */

/** A server. @param {string} base  the address that all routes are relative to @returns {Transport} */
export const overHttp = (base) => ({
  ask: (path, request) => fetch(new URL(path, base), request),
  address: async (path) => new URL(path, base).href,
  answers: () => true,
});

/**
 * The model of a widget.
 * @typedef {object} Model
 * @property {(said: object, callbacks?: undefined, buffers?: ArrayBuffer[]) => void} send
 * @property {(event: string, take: (said: any, buffers?: DataView[]) => void) => void} on
 * @property {(event: string, take: (said: any, buffers?: DataView[]) => void) => void} off
 */

/**
 * The kernel behind a widget: a question is a message `{ask, method, path}` with its body as a buffer, and the message
 * `{answer, status, headers}` comes back with another.
 * @param {Model} model @param {string} page  a name that no other page has @returns {Transport & {stop: () => void}}
 */
export function overWidget(model, page) {
  /** @type {Map<string, (answer: Response) => void>} */
  const waiting = new Map();
  let count = 0;

  /** @param {any} said @param {DataView[]} [buffers] */
  function take(said, buffers) {
    const answer = waiting.get(said?.answer);
    if (!answer) return;
    waiting.delete(said.answer);
    const { buffer, byteOffset, byteLength } = buffers?.[0] ?? new DataView(new ArrayBuffer(0));
    const bytes = new Uint8Array(/** @type {ArrayBuffer} */ (buffer), byteOffset, byteLength);
    answer(new Response(bytes, { status: said.status, headers: said.headers }));
  }
  model.on("msg:custom", take);

  /** @param {string} path @param {RequestInit} [request] @returns {Promise<Response>} */
  async function ask(path, { method = "GET", body, signal } = {}) {
    const id = `${page}-${++count}`;
    const buffers = body ? [await new Response(body).arrayBuffer()] : [];
    return new Promise((answer, fail) => {
      waiting.set(id, answer);
      signal?.addEventListener("abort", () => {
        waiting.delete(id);
        fail(signal.reason);
      });
      model.send({ ask: id, method, path }, undefined, buffers);
    });
  }
  return {
    ask,
    address: async (path) => dataUrl(await (await ask(path)).blob()),
    answers: () => true,
    stop: () => model.off("msg:custom", take),
  };
}

/** The bytes in an address: a page inside another may load no others. @param {Blob} blob @returns {Promise<string>} */
export const dataUrl = (blob) => new Promise((done, fail) => {
  const reader = new FileReader();
  reader.onload = () => done(String(reader.result));
  reader.onerror = () => fail(reader.error);
  reader.readAsDataURL(blob);
});
