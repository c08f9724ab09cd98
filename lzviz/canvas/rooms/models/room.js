// @ts-check
/** All that was trained: results, one card a checkpoint, loading one's own. Fetched when it is first opened. */

import { t } from "../../core/text.js";
import { trouble } from "../../core/errors.js";

/** @type {import("../../core/rooms.js").Room} */
export const models = {
  id: "models",
  tab: "models",
  whole: true,
  owns: [],
  accepts: "",
  tools: [],
  files: [],
  status: { browser: null, python: "" },
  paintKey: () => null,
  takesBoxes: () => false,
  toolReason: () => t("models.noTools"),
  mount(element, { context }) {
    /** @type {Promise<import("./models.js").Models> | null} */
    let built = null;
    let gone = false;
    async function open() {
      try {
        built ??= import("./models.js").then(({ createModels }) => createModels(element, context));
        const now = await built;
        if (gone) now.dispose();
        else await now.refresh();
      } catch (error) {
        built = null;
        element.textContent = trouble(t("models.failed"), error).text;
      }
      context.root.dataset.lzvizReady = "";
    }
    return {
      commands: [],
      show: (on) => void (on && open()),
      dispose() {
        gone = true;
        void built?.then((now) => now.dispose());
      },
    };
  },
};
