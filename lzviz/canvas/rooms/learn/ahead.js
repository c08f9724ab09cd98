// @ts-check
/**
 * What Python will be asked for soon is asked for while the reader still reads, so that it has the answer at hand: the
 * other states of a lesson once its first one is shown, the first one of the next lesson after that.
 */
import { askServer, wireState } from "../../core/client.js";
import * as codec from "../../engine/codec.js";
import { ASKED } from "./figures/list.js";
import { stateOf } from "./inner.js";

/** @typedef {import("./lessons.js").Lesson} Lesson */

/** A reader who turns pages looks at none of them, milliseconds. */
const REST = 1200;

/** @param {import("../../core/context.js").Context} context @param {readonly Lesson[]} lessons */
export function createAhead(context, lessons) {
  const { host, rooms, page } = context;
  /** @type {Set<string>} */
  const asked = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let turn = 0;

  /** @param {Lesson} lesson @param {string} name of one of its states */
  async function askFor(lesson, name) {
    const { states, figure } = lesson;
    const link = name === "start" ? states.start : `${states.start}&${states[name]}`;
    const { state, drawn } = await stateOf(context, link);
    if (drawn) return; // Python knows nothing of it
    for (const path of [...rooms.of(state).asks?.(state) ?? [], ...ASKED[figure] ?? []]) {
      if (!host.transport.answers(path)) continue;
      await askServer(host, path, { page, state: await wireState(state, codec) });
    }
  }

  /** @param {readonly [Lesson, string][]} wanted */
  async function run(wanted) {
    const mine = ++turn;
    for (const [lesson, name] of wanted) {
      const key = `${lesson.number} ${name}`;
      if (mine !== turn || asked.has(key)) continue;
      asked.add(key);
      try {
        await askFor(lesson, name);
      } catch {
        asked.delete(key); // nothing hangs on it: whoever comes there asks anew
      }
    }
  }

  return {
    /** A state is shown; what may follow it is asked for. @param {Lesson} lesson @param {string} name */
    after(lesson, name) {
      if (host.transport.kept) return;
      asked.add(`${lesson.number} ${name}`);
      const next = lessons.find(({ number }) => number === lesson.number + 1);
      const others = Object.keys(lesson.states).map((other) => /** @type {[Lesson, string]} */ ([lesson, other]));
      clearTimeout(timer);
      timer = setTimeout(() => void run(next ? [...others, [next, "start"]] : others), REST);
    },
    stop() {
      clearTimeout(timer);
      turn += 1;
    },
  };
}
