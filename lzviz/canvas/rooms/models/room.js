// @ts-check
/** All that was trained: results, one card a checkpoint, loading one's own. Fetched when it is first opened. */
import { mountLater } from "../../core/later.js";

/** @type {import("../../core/rooms.js").Declared} */
export const models = {
  id: "models",
  tab: "models",
  whole: true,
  refuses: { "": "models.noTools" },
  mount: mountLater("models", async () => (await import("./models.js")).createModels, "models.failed",
    ["style/models.css"]),
};
