// @ts-check
/** The menu of models in the rail: none, or a trained pipeline, which then takes the room of the samplers. */
import { listMenu } from "../../kit/controls.js";
import { h, setText } from "../../kit/dom.js";
import { checkpointOf, menuItems, summary } from "./words.js";
import { t } from "../../core/text.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("./words.js").Checkpoint} Checkpoint
 */

const PIPELINE = "pipeline";

/**
 * The state after another model is chosen. What another pipeline was told stays only where this one can be told.
 * @param {State} state @param {Checkpoint | null} checkpoint  null: none
 * @param {State["room"]} room that was shown before
 * @returns {Partial<State>}
 */
export function modelPatch(state, checkpoint, room) {
  if (!checkpoint) return { room };
  const told = checkpoint.adjusts.includes(state.learnedFrom);
  return { room: PIPELINE, checkpoint: checkpoint.name, learnedFrom: told ? state.learnedFrom : "network" };
}

/** @param {Context} context @returns {HTMLElement | null} null: this page has no models */
export function createModelMenu({ host, store, schema, rooms }) {
  const { checkpoints } = host.catalogue;
  if (!checkpoints?.length || host.static) return null;
  let before = schema.field("room").default;
  const menu = listMenu(t("model"), menuItems(checkpoints), (name) => {
    const checkpoint = checkpoints.find((each) => each.name === name) ?? null;
    store.set(modelPatch(store.get(), checkpoint, before), { history: true });
  });
  const note = h("p", { class: "lz-note" });
  const refresh = () => {
    const state = store.get();
    const on = state.room === PIPELINE;
    if (!on && !rooms.of(state).whole) before = state.room;
    const checkpoint = on ? checkpointOf(host, state) : null;
    menu.show(on ? checkpoint?.name ?? state.checkpoint : "");
    setText(note, checkpoint ? summary(checkpoint) : "");
    note.hidden = !checkpoint;
  };
  store.subscribe((_, changed) => (changed.has("room") || changed.has("checkpoint")) && refresh());
  refresh();
  return h("section", { class: "lz-section lz-model", "aria-label": t("model") }, h("div", { class: "lz-head" },
    t("model")),
    menu.element, note);
}
