// @ts-check
/** The menu of tasks: what a network is for. Each says itself in a sentence and opens where it is shown. */
import { listMenu } from "../../kit/menu.js";
import { checkpointOf, fits } from "./words.js";
import { t } from "../../core/text.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("./words.js").Checkpoint} Checkpoint
 * @typedef {import("../../core/context.js").Context["host"]} Host
 */

const TASKS = /** @type {const} */ (["classification", "keypoints", "segmentation", "detection", "mono3d"]);
/** Tasks that are shown in a room of other things. @type {Readonly<Record<string, Partial<State>>>} */
const ELSEWHERE = { classification: { room: "warp", panel: "recognition" },
  keypoints: { room: "cad", cadView: "keypoints" } };

/** What is shown now is for. @param {Host} host @param {State} state */
export function taskOf(host, state) {
  if (state.room === "pipeline") return checkpointOf(host, state)?.task ?? "";
  const there = Object.entries(ELSEWHERE).find(([, patch]) =>
    Object.entries(patch).every(([key, value]) => state[/** @type {keyof State} */ (key)] === value));
  return there?.[0] ?? "";
}

/**
 * The state in which a task is shown: a picture of the visitor stays; one of the gallery makes room for one that comes
 * with true boxes, where boxes are found.
 * @param {Host} host @param {State} state @param {string} task @param {(name: string) => Partial<State>} choose
 * @returns {Partial<State> | null} null: no model is for it
 */
export function taskPatch(host, state, task, choose) {
  if (ELSEWHERE[task]) return ELSEWHERE[task];
  const { checkpoints = [], pictures = [] } = host.catalogue;
  const known = checkpoints.filter((each) => each.task === task && each.trained);
  if (!known.length) return null;
  const boxed = task === "detection" || task === "mono3d";
  const shown = pictures.find(({ id }) => id === state.image);
  const other = boxed && shown && !shown.boxed ? pictures.find((each) => each.boxed) : null;
  const image = other?.id ?? state.image;
  const own = pictures.find(({ id }) => id === image)?.checkpoint;
  const best = known.find(({ name }) => name === own)
    ?? known.find((each) => fits(host, { image }, each)) ?? known[0];
  const views = /** @type {Partial<State>} */ (boxed ? { learnedLeft: "labels",
    learnedRight: task === "mono3d" ? "space" : "labels", layers: { ...state.layers, points: false } } : {});
  return { ...choose(best.name), image, ...views };
}

/** @param {Context} context @param {(name: string) => Partial<State>} choose  the state of a checkpoint */
export function createTaskMenu({ host, store }, choose) {
  const items = [{ value: "", title: t("task.none") }, ...TASKS.filter((task) => taskPatch(host, store.get(), task,
    choose)).map((task) => ({ value: task, title: t(`task.${task}`), detail: t(`task.${task}.says`) }))];
  const menu = listMenu(t("task"), items, (task) => {
    const patch = task ? taskPatch(host, store.get(), task, choose) : choose("");
    if (patch) store.set(patch, { history: true });
  });
  return { element: menu.element, refresh: () => menu.show(taskOf(host, store.get())) };
}
