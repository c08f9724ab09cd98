// @ts-check
/** Questions of a room: busy while they run, told in one line when they fail, dropped when the picture has changed. */
import { stillTold, trouble } from "./errors.js";
import { t } from "./text.js";

/**
 * @param {Pick<import("./context.js").Context, "store" | "live" | "again">} context
 * @param {() => boolean} on  the room is shown
 */
export function createCalls({ store, live, again: later }, on) {
  let running = 0;

  /**
   * @template T
   * @param {string} what that is missing when it fails @param {() => Promise<T>} work
   * @param {(answer: T, ms: number) => Promise<void> | void} take @param {() => void} again
   * @returns {Promise<boolean>} whether it was answered
   */
  return async function ask(what, work, take, again) {
    live.set({ busy: ++running > 0 });
    const [state, { image }] = [store.get(), live.get()];
    const started = performance.now();
    try {
      const answer = await work();
      later.answered(what);
      const passed = live.get().film && live.get().image !== image; // another frame of the film is shown
      if (!on() || passed || state.image !== store.get().image) return true;
      const { error } = live.get();
      await take(answer, performance.now() - started);
      if (live.get().error === error) live.set({ error: stillTold(error, what, state) });
      return true;
    } catch (error) {
      if (on()) later.failed(what, error, () => on() && again());
      if (on()) live.set({ error: { ...trouble(what, error, { press: t("error.askAgain"), run: again }),
        asks: { what, state } } });
      return false;
    } finally {
      live.set({ busy: --running > 0 });
    }
  };
}
