// @ts-check
/** Lessons that drive the page's own pictures. Fetched when it is first opened. */
import { mountLater } from "../../core/later.js";

/** @type {import("../../core/rooms.js").Declared} */
export const learn = {
  id: "learn",
  tab: "learn",
  whole: true,
  owns: ["lesson", "lessonStep"],
  refuses: { "": "learn.noTools" },
  mount: mountLater("learn", async () => (await import("./learn.js")).createLearn, "learn.failed",
    ["style/learn.css", "style/terms.css"]),
};
