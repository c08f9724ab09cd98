// @ts-check
/** The menu of models in the rail: none, or a trained pipeline, which then takes the room of the samplers. */
import { listMenu } from "../../kit/menu.js";
import { h, setText } from "../../kit/dom.js";
import { createTaskMenu } from "./tasks.js";
import { checkpointOf, finds, fits, menuItems, summary } from "./words.js";
import { t } from "../../core/text.js";
import { ROUTES } from "../../schema/routes.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("./words.js").Checkpoint} Checkpoint
 */

const PIPELINE = "pipeline";
/** Tasks that find boxes, which stand in both views. */
const BOXES = /** @type {const} */ ("labels");

/**
 * The state after another model is chosen. What another pipeline was told stays only where this one can be told.
 * @param {State} state @param {Checkpoint | null} checkpoint  null: none
 * @param {State["room"]} room that was shown before
 * @returns {Partial<State>}
 */
export function modelPatch(state, checkpoint, room) {
  if (!checkpoint) return { room };
  const told = checkpoint.adjusts.includes(state.learnedFrom);
  const boxes = finds(checkpoint) && state.learnedRight === "image" ? { learnedRight: BOXES,
    layers: { ...state.layers, points: false } } : {};
  return { room: PIPELINE, checkpoint: checkpoint.name, learnedFrom: told ? state.learnedFrom : "network", ...boxes };
}

/** @param {Context} context @returns {HTMLElement | null} null: this page has no models */
export function createModelMenu(context) {
  const { host, store, schema, rooms } = context;
  const known = () => host.catalogue.checkpoints ?? [];
  if (!known().length || !host.transport.answers(ROUTES.pipeline.path)) return null;
  let before = schema.field("room").default;
  const patch = (/** @type {string} */ name) => modelPatch(store.get(), known().find((each) => each.name === name)
    ?? null, before);
  const choose = (/** @type {string} */ name) => store.set(patch(name), { history: true });
  const tasks = createTaskMenu(context, patch);
  const [box, note] = [h("div", {}), h("p", { class: "lz-note" })];
  /** Those that learned from pictures such as this one stand first. @type {ReturnType<typeof listMenu> | null} */
  let menu = null;
  let listed = "";
  const list = () => {
    const items = menuItems(known(), (each) => fits(host, store.get(), each));
    const text = items.map(({ value, group }) => `${value} ${group}`).join();
    if (menu && text === listed) return menu;
    listed = text;
    menu = listMenu(t("model"), items, choose, { search: t("model.search") });
    box.replaceChildren(menu.element);
    return menu;
  };
  const refresh = () => {
    const state = store.get();
    const on = state.room === PIPELINE;
    if (!on && !rooms.of(state).whole) before = state.room;
    const checkpoint = on ? checkpointOf(host, state) : null;
    tasks.refresh();
    list().show(on ? checkpoint?.name ?? state.checkpoint : "");
    setText(note, checkpoint ? summary(checkpoint, fits(host, state, checkpoint)) : "");
    note.hidden = !checkpoint;
    section.hidden = rooms.of(state).hidesModels === true;
  };
  const section = h("section", { class: "lz-section lz-model", "aria-label": t("model") },
    h("div", { class: "lz-head" }, t("task")), tasks.element,
    h("div", { class: "lz-head" }, t("model")), box, note);
  const shows = ["room", "checkpoint", "image", "panel", "cadView"];
  store.subscribe((_, changed) => shows.some((key) => changed.has(key)) && refresh());
  refresh();
  return section;
}
