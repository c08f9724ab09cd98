// @ts-check
/**
 * Questions to Python. The newest wins: it takes the place of an older one that waits at the server, and an answer to a
 * state that is no longer shown is dropped. The page never waits for any of it.
 */
import { inMotion } from "./context.js";
import { createFinder } from "./found.js";
import { createTimes } from "./times.js";
import { untracked } from "./schema.js";
import { writeMap } from "./link.js";
import { ROUTES } from "../schema/routes.js";
import { UNHELD } from "./pictures.js";
import { t } from "./text.js";
import { refusalOf, Said, stillTold, trouble } from "./errors.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./context.js").Host} Host
 * @typedef {import("./store.js").State} State
 * @typedef {import("../schema/contract.js").Asked} Asked
 */

/**
 * What comes back from a path of ROUTES, perhaps with a query, by the contract; from any other string: anything.
 * @template {string} P
 * @typedef {string extends P ? any : {[N in keyof Asked]:
 *   P extends (typeof ROUTES)[N]["path"] | `${(typeof ROUTES)[N]["path"]}?${string}` ? Asked[N]["answer"] : never
 * }[keyof Asked]} Answer
 */

const PATIENCE = 60_000;

/**
 * An answer that was a yes; throws a ServerError.
 * @param {Host} host @param {string} path @param {RequestInit} [request]
 */
export async function getFrom(host, path, request) {
  let answer;
  try {
    answer = await host.transport.ask(path, { signal: AbortSignal.timeout(PATIENCE), ...request });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw error instanceof Said ? error : new Said(t(late ? "error.late" : "error.unreached"), 0);
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  const after = answer.status === 503 ? Number(answer.headers.get("retry-after")) || undefined : undefined;
  throw refusalOf(said, { status: answer.status, after });
}

/**
 * POST to a route of ours; bytes travel as a Blob (typed arrays are ten times slower in Chromium).
 * @param {Host} host @param {string} path @param {Blob | object} body
 */
function post(host, path, body) {
  const blob = body instanceof Blob ? body : new Blob([JSON.stringify(body)], { type: "application/json" });
  return getFrom(host, path, { method: "POST", body: blob });
}

/**
 * The JSON answer of a route; throws a ServerError.
 * @template {string} P
 * @param {Host} host @param {P} path @param {Blob | object} body @returns {Promise<Answer<P>>}
 */
export async function askServer(host, path, body) {
  const answer = await (await post(host, path, body)).json().catch(() => null);
  if (!answer?.ok) throw answer?.error ? refusalOf(answer, { status: 200 }) : new Said(t("error.empty"));
  return answer;
}

/** The file that a route answers with. @param {Host} host @param {string} path @param {object} body */
export async function askFile(host, path, body) {
  const answer = await post(host, path, body);
  const name = /filename="?([\w.-]+)"?/.exec(answer.headers.get("content-disposition") ?? "")?.[1];
  return { blob: await answer.blob(), name };
}

/**
 * The state as JSON: maps as in the link.
 * @param {State} state @param {import("./link.js").Codec} codec
 */
export async function wireState(state, codec) {
  const maps = [state.paint, state.edgePaint, state.cadPaint].map((map) => map && writeMap(map, codec));
  const [paint, edgePaint, cadPaint] = await Promise.all(maps);
  return { ...state, paint, edgePaint, cadPaint };
}

/** @param {Context} context @param {import("./link.js").Codec} codec */
export function createPython(context, codec) {
  const { store, live, host, schema, rooms, page, patiently, brought, again } = context;
  const ignored = new Set(untracked(schema));
  let running = 0;
  let seq = 0;
  let latest = new AbortController();

  /** A frame that passed in a film is given to Python once it is asked about. */
  async function held() {
    const { image } = live.get();
    if (image?.id === UNHELD && host.transport.answers(ROUTES.addPicture.path)) await brought.give("picture");
  }

  /** What is asked, with everything it depends on. */
  async function body() {
    const state = store.get();
    await held();
    const { image, file } = live.get();
    const map = file && (await writeMap(file, codec));
    return { page, state: await wireState(state, codec), image: image?.id, file: map };
  }

  /** @template T @param {() => Promise<T>} ask @param {AbortSignal} [signal] */
  const asked = (ask, signal) => patiently(() => brought.answered(ask), signal);

  /**
   * Any other question about the state of now; `more` is made anew each time that it is asked.
   * @type {import("./rooms.js").Question}
   */
  const question = (path, more) => asked(async () => askServer(host, path, { ...(await body()), ...(await more()) }));

  createTimes(context, question, ignored);

  /** The state of now where it asks the same, or the one that was asked about. @param {State} state */
  function asking(state) {
    const now = store.get();
    const keys = /** @type {(keyof State)[]} */ (Object.keys(now));
    return keys.every((key) => ignored.has(key) || Object.is(now[key], state[key])) ? now : state;
  }

  /** Asks about the state of now, at once: the server lets go of an older question of this page that still waits. */
  async function ask() {
    const route = rooms.of(store.get()).check;
    if (!route || !host.transport.answers(route) || !live.get().image) return;
    latest.abort();
    latest = new AbortController();
    const [mine, { signal }] = [++seq, latest];
    let state = store.get();
    live.set({ busy: ++running > 0 });
    try {
      const answer = await asked(async () => {
        state = store.get();
        const said = await body();
        return host.transport.answers(route, said) ? askServer(host, route, { seq: mine, ...said }) : null;
      }, signal);
      again.answered("check");
      const { error } = live.get();
      if (!signal.aborted && !answer) live.set({ answer: null, answered: null });
      else if (!signal.aborted) live.set({ answer, answered: asking(state), error: stillTold(error, "check", state) });
    } catch (error) {
      if (!signal.aborted) again.failed("check", error, () => void ask());
      if (!signal.aborted) live.set({ answer: null, answered: null, error: unchecked(error, state, () => void ask()) });
    } finally {
      live.set({ busy: --running > 0 });
    }
  }

  createFinder(context, (found) => asked(async () => {
    await held();
    return askServer(host, ROUTES.saliency.path, found());
  }));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** After a pause, and never in the middle of a stroke. */
  function soon() {
    clearTimeout(timer);
    timer = setTimeout(() => (inMotion(live.get()) ? soon() : void ask()), 120);
  }

  let before = store.get();
  store.subscribe((state, changed) => {
    if ([...changed].some((key) => !ignored.has(key))) soon();
    // An answer is about every state that asks the same.
    else if (live.get().answered === before) live.set({ answered: state });
    before = state;
  });
  live.subscribe((_, changed) => {
    if (changed.has("image") || changed.has("file")) soon();
  });
  return {
    ask: () => void ask(),
    question,
    /** @param {string} what @param {string} format @param {string | null} truth  what is said to be true */
    download: (what, format, truth) => asked(async () => {
      const before = live.get().film?.before;
      return askFile(host, ROUTES.export.path, { ...(await body()), what, format, ...(before && { before }),
        ...(truth !== null && { truth }) });
    }),
  };
}

/** The views go on without Python. @param {unknown} error @param {State} state @param {() => void} run */
const unchecked = (error, state, run) => ({
  ...trouble(t("error.unchecked"), error, { press: t("error.askAgain"), run }), asks: { what: "check", state } });
