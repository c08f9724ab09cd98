// @ts-check
/**
 * How questions reach who answers them. The page asks one promise and never which one it has: a server over HTTP, the
 * kernel of a notebook over a widget's messages, or files that were answered beforehand.
 *
 * @typedef {object} Transport
 * @property {(path: string, request?: RequestInit) => Promise<Response>} ask  rejects when nobody answers at all
 * @property {(path: string) => Promise<string>} address  what an image or a link of the page takes
 * @property {(route: string, said?: object) => boolean} answers  whether a route is answered here, or this question
 *   itself; false: by Python alone
 * @property {() => void} [stopWork]  nobody waits any more for what was asked
 * @property {boolean} [kept]  answers were made beforehand, and so were the times they tell
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

/** What may be asked once: as a server says it. */
const REPLACED = { ok: false, error: "A newer question of this page has taken the place of this one." };

/** Whether only the newest of its kind matters. @param {RequestInit} request @param {ArrayBuffer[]} buffers */
const isSequenced = ({ body }, buffers) =>
  body instanceof Blob && body.type === "application/json" && "seq" in JSON.parse(new TextDecoder().decode(buffers[0]));

/**
 * The kernel behind a widget: a question is a message `{ask, method, path}` with its body as a buffer, and the message
 * `{answer, status, headers}` comes back with another. The kernel answers one after the other; meanwhile a sequenced
 * question waits here, where a newer one takes its place.
 * @param {Model} model @param {string} page  a name that no other page has @returns {Transport & {stop: () => void}}
 */
export function overWidget(model, page) {
  /** @typedef {{kind: string, send: () => void, answer: (answer: Response) => void}} Asked */
  /** @type {Asked[]} */
  const line = [];
  /** @type {Map<string, (answer: Response) => void>} */
  const sent = new Map();
  let count = 0;

  function next() {
    if (sent.size === 0) line.shift()?.send();
  }

  /** @param {any} said @param {DataView[]} [buffers] */
  function take(said, buffers) {
    const answer = sent.get(said?.answer);
    if (!answer) return;
    sent.delete(said.answer);
    const { buffer, byteOffset, byteLength } = buffers?.[0] ?? new DataView(new ArrayBuffer(0));
    const bytes = new Uint8Array(/** @type {ArrayBuffer} */ (buffer), byteOffset, byteLength);
    answer(new Response(bytes, { status: said.status, headers: said.headers }));
    next();
  }
  model.on("msg:custom", take);

  /** @param {string} path @param {RequestInit} [request] @returns {Promise<Response>} */
  async function ask(path, request = {}) {
    const { method = "GET", body, signal } = request;
    const id = `${page}-${++count}`;
    const buffers = body ? [await new Response(body).arrayBuffer()] : [];
    const kind = isSequenced(request, buffers) ? path : id;
    const older = line.findIndex((each) => each.kind === kind);
    if (older >= 0) line.splice(older, 1)[0].answer(Response.json(REPLACED, { status: 409 }));
    return new Promise((answer, fail) => {
      const asked = { kind, answer, send() {
        sent.set(id, answer);
        model.send({ ask: id, method, path }, undefined, buffers);
      } };
      line.push(asked);
      signal?.addEventListener("abort", () => {
        if (line.includes(asked)) line.splice(line.indexOf(asked), 1);
        sent.delete(id);
        fail(signal.reason);
        next();
      });
      next();
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
