// @ts-check
/** The warp doctor: any grid, flow or map, what is wrong with it, where, and what mends it. Built when it is opened. */
import { trouble } from "../../core/errors.js";
import { t } from "../../core/text.js";
import { ARRAYS } from "./words.js";

/** @typedef {import("../../core/rooms.js").Handed} Handed */

/** @type {import("../../core/rooms.js").Room} */
export const doctor = {
  id: "doctor",
  tab: "doctor",
  whole: true,
  examines: true,
  owns: [],
  accepts: `image/*,.tif,.tiff,${ARRAYS.join(",")}`,
  opens: (name) => ARRAYS.some((suffix) => name.toLowerCase().endsWith(suffix)),
  tools: [],
  files: [],
  status: { browser: null, python: "doctor.python" },
  paintKey: () => null,
  takesBoxes: () => false,
  toolReason: () => t("doctor.noTools"),
  mount(element, host) {
    const { context } = host;
    /** @type {ReturnType<typeof import("./doctor.js").createDoctor> | null} */
    let built = null;
    /** @type {Handed | File | null} what is brought while the room is still being built */
    let brought = null;
    let on = false, gone = false;
    /** @type {import("../../shell/keys.js").Command[]} */
    const commands = [];
    async function open() {
      try {
        built ??= import("./doctor.js").then(({ createDoctor }) => createDoctor(element, host, () => on));
        const now = await built;
        if (gone) return now.dispose();
        commands.splice(0, commands.length, ...now.commands);
        const given = brought;
        brought = null;
        now.open(given);
      } catch (error) {
        built = null;
        element.textContent = trouble(t("doctor.failed"), error).text;
      }
      context.root.dataset.lzvizReady = "";
    }
    /** @param {Handed | File} given */
    function examine(given) {
      brought = given;
      if (on) void open();
      else context.store.set({ room: "doctor" }, { history: true });
    }
    return {
      commands,
      examine,
      show(shown) {
        on = shown;
        if (on) void open();
      },
      dispose() {
        gone = true;
        void built?.then((now) => now.dispose());
      },
    };
  },
};
