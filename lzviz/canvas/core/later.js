// @ts-check
/**
 * Rooms whose modules are fetched when they are first opened.
 *
 * @typedef {import("./rooms.js").RoomHost} RoomHost
 * @typedef {import("./rooms.js").Handed} Handed
 *
 * @typedef {object} Late  such a room, once it is built
 * @property {readonly import("../shell/keys.js").Command[]} [commands]
 * @property {(given: Handed | File | null) => unknown} open  it is shown, perhaps with what was brought to it
 * @property {() => void} dispose
 */

import { trouble } from "./errors.js";
import { loadStyles } from "./styles.js";
import { t } from "./text.js";

/**
 * @param {import("./rooms.js").Known["id"]} id
 * @param {() => Promise<(element: HTMLElement, host: RoomHost, on: () => boolean) => Late | Promise<Late>>} load
 * @param {string} failed  key of the sentence that says what could not be opened
 * @param {readonly string[]} [styles]
 * @returns {(element: HTMLElement, host: RoomHost) => import("./rooms.js").Mounted}
 */
export const mountLater = (id, load, failed, styles = []) => (element, host) => {
  const { context } = host;
  /** @type {Promise<Late> | null} */
  let built = null;
  /** @type {Handed | File | null} what is brought while the room is still being built */
  let brought = null;
  let on = false, gone = false;
  /** @type {import("../shell/keys.js").Command[]} */
  const commands = [];

  async function build() {
    if (!context.host.styled) await loadStyles(styles);
    const late = await (await load())(element, host, () => on);
    commands.push(...late.commands ?? []);
    return late;
  }
  async function open() {
    try {
      const now = await (built ??= build());
      if (gone) return now.dispose();
      const given = brought;
      brought = null;
      await now.open(given);
    } catch (error) {
      built = null;
      element.textContent = trouble(t(failed), error).text;
    }
    context.root.dataset.lzvizReady = "";
  }
  return {
    commands,
    /** @param {Handed | File} given */
    examine(given) {
      brought = given;
      if (on) void open();
      else context.store.set({ room: id }, { history: true });
    },
    show(shown) {
      on = shown;
      if (on) void open();
    },
    dispose() {
      gone = true;
      void built?.then((now) => now.dispose());
    },
  };
};
