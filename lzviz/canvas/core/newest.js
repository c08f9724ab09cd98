// @ts-check
/** Questions whose newest wins. */

/**
 * Runs the newest call after the one in flight; those between are dropped.
 * @param {() => Promise<void>} call
 */
export function newestOnly(call) {
  let wanted = false;
  let running = false;
  return {
    waiting: () => wanted,
    async run() {
      wanted = true;
      if (running) return;
      running = true;
      while (wanted) {
        wanted = false;
        await call();
      }
      running = false;
    },
  };
}
