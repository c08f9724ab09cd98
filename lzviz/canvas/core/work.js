// @ts-check
/**
 * What the page waits for: since when, how long the same took the last time, and a way to stop it. Whoever answers sees
 * that nobody waits any more, and gives up too.
 *
 * @typedef {{seconds: number, usual: number | null}} Working  of the question that has waited longest; usual: seconds
 */
import { Said } from "./errors.js";
import { t } from "./text.js";

/** What is answered sooner is not spoken of, milliseconds. */
const LONG = 1500;
/** Between two looks at what is running. */
const TICK = 500;
/** The answer of who was stopped: nothing is asked again by itself. */
const STOPPED = 499;

/**
 * @param {import("./transport.js").Transport} transport @param {(working: Working | null) => void} tell
 * @param {number} [long] milliseconds @param {number} [tick] milliseconds
 * @returns {import("./transport.js").Transport & {stopWork: () => void}}
 */
export function watchWork(transport, tell, long = LONG, tick = TICK) {
  /** @type {Set<{route: string, started: number, controller: AbortController}>} */
  const running = new Set();
  /** @type {Map<string, number>} seconds by route */
  const usual = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;

  function show() {
    const now = performance.now();
    const [oldest] = [...running].filter(({ started }) => now - started >= long).sort((a, b) => a.started - b.started);
    tell(oldest ? { seconds: (now - oldest.started) / 1000, usual: usual.get(oldest.route) ?? null } : null);
    if (running.size) return;
    clearInterval(ticking);
    ticking = undefined;
  }

  /** @param {string} path @param {RequestInit} [request] */
  async function ask(path, request = {}) {
    const controller = new AbortController();
    const job = { route: path.split("?")[0], started: performance.now(), controller };
    running.add(job);
    ticking ??= setInterval(show, tick);
    const signal = request.signal ? AbortSignal.any([request.signal, controller.signal]) : controller.signal;
    try {
      const answer = await Promise.race([transport.ask(path, { ...request, signal }), stopped(signal)]);
      usual.set(job.route, (performance.now() - job.started) / 1000);
      return answer;
    } finally {
      running.delete(job);
      if (performance.now() - job.started >= long) show();
    }
  }

  function stopWork() {
    for (const { controller } of running) controller.abort(new Said(t("waits.stopped"), STOPPED));
  }

  return { ...transport, ask, stopWork };
}

/**
 * Never resolves: not every way to ask listens to a signal itself.
 * @param {AbortSignal} signal @returns {Promise<never>}
 */
const stopped = (signal) => new Promise((_, reject) =>
  signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
