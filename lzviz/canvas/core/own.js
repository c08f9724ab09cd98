// @ts-check
/**
 * Checkpoints that this tab of the browser has loaded, as the menu shows them; forgotten when it is closed.
 *
 * @typedef {import("../rooms/pipeline/words.js").Checkpoint} Checkpoint
 */

const KEY = "lzviz-own-checkpoints";

/** Whether a line of the storage is one of ours. @param {any} line @returns {line is Checkpoint} */
const isLine = (line) =>
  typeof line?.name === "string" && typeof line.title === "string" && Array.isArray(line.adjusts);

/** @returns {Checkpoint[]} */
export function rememberedCheckpoints() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "[]").filter(isLine);
  } catch {
    return [];
  }
}

/** @param {readonly Checkpoint[]} lines */
export function rememberCheckpoints(lines) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(lines));
  } catch {
    // Without storage they are listed until the page is loaded again.
  }
}

/** What a server lists, and what this visitor has loaded. @param {readonly Checkpoint[]} listed */
export const withOwnCheckpoints = (listed) =>
  [...listed, ...rememberedCheckpoints().filter(({ name }) => listed.every((each) => each.name !== name))];
