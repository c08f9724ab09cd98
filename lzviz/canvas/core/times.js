// @ts-check
/** What Python takes for such states: asked for when the page rests after an answer, never beside a stroke. */

/** @typedef {import("./store.js").State} State */

/** The page has rested for so many milliseconds. */
const REST = 1000;
/** What is painted: how long it takes does not hang on it. */
const PAINTED = new Set(["paint", "edgePaint", "boxes", "strength"]);

/**
 * @param {Pick<import("./context.js").Context, "store" | "live" | "rooms">} context
 * @param {import("./rooms.js").Question} question
 * @param {ReadonlySet<string>} ignored  keys of the state that change no answer
 */
export function createTimes({ store, live, rooms }, question, ignored) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** Rises whenever what was measured holds no more; `asking`: the turn that Python was asked in. */
  let turn = 1;
  let asking = 0;

  /** @param {Iterable<string>} keys  of the state */
  const matter = (keys) => [...keys].some((key) => !PAINTED.has(key) && !ignored.has(key));

  async function ask() {
    const { clock } = rooms.of(store.get());
    const { busy, painting, times, image, answer } = live.get();
    const told = times || answer?.milliseconds !== undefined;
    if (!clock || !image || told || asking === turn) return;
    if (busy || painting) return soon();
    const mine = asking = turn;
    try {
      const measured = await question(clock, () => ({ seq: mine }));
      if (mine === turn) live.set({ times: measured });
    } catch {
      asking = 0; // nothing hangs on it: the next stroke asks again
    }
  }

  /** After the next second without another stroke. */
  function soon() {
    clearTimeout(timer);
    if (!live.get().times) timer = setTimeout(() => void ask(), REST);
  }

  function forget() {
    turn += 1;
    live.set({ times: null });
  }
  store.subscribe((_, changed) => (changed.has("room") || matter(changed)) && forget());
  live.subscribe((now, changed) => {
    if (changed.has("image")) forget();
    if ((changed.has("answer") || changed.has("answered")) && now.answer) soon();
  });
}
