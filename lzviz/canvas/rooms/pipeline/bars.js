// @ts-check
/** The row below each title: what the view shows, and the one slider that belongs to it. */
import { choices, fromPosition, toPosition } from "../../core/schema.js";
import { segmented } from "../../kit/controls.js";
import { h, setText } from "../../kit/dom.js";
import { knowsTruth, needsTruth, offers, shownViews } from "./answer.js";
import { checkpointOf, snapshotAt } from "./words.js";
import { t } from "../../core/text.js";
import { percent } from "../../kit/format.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {"learnedLeft" | "learnedRight"} Key
 */


/**
 * A short slider with its value behind it.
 * @param {string} label @param {(position: number) => void} choose  0..1000
 */
function shortSlider(label, choose) {
  const range = h("input", { type: "range", min: 0, max: 1000, step: 1, class: "lz-range", "aria-label": label,
    "data-tip": label, oninput: () => choose(Number(range.value)) });
  const value = h("output", { class: "lz-learned-amount" });
  const element = h("span", { class: "lz-learned-slider" }, range, value);
  return { element, show(/** @type {number} */ position, /** @type {string} */ text) {
    if (Number(range.value) !== Math.round(position)) range.value = String(Math.round(position));
    range.style.setProperty("--fill", `${(position / 10).toFixed(1)}%`);
    range.setAttribute("aria-valuetext", text);
    setText(value, text);
  } };
}

/** @param {Context} context @param {Key} key */
function show({ store, schema }, key) {
  const field = schema.field(key);
  const items = choices(field);
  const control = segmented(field.label, items, (value) => store.set({ [key]: value }));
  control.element.classList.add("lz-learned-show");
  control.element.dataset.control = key;
  return { show: control.show,
    element: control.element,
    /** @param {Record<string, boolean>} offered @param {string | null} reason why labels cannot be shown */
    offer(offered, reason) {
      items.forEach(({ value }, at) => {
        /** @type {HTMLElement} */ (control.element.children[at]).hidden = !offered[value];
        if (needsTruth(value)) control.setReason(reason, value);
      });
    } };
}

/**
 * @param {Context} context @param {import("../../core/store.js").Store<import("./asking.js").Answers>} answers
 */
export function createBars(context, answers) {
  const { store, schema, host } = context;
  const [left, right] = [show(context, "learnedLeft"), show(context, "learnedRight")];
  const field = schema.field("learnedOpacity");
  const opacity = shortSlider(t("pipeline.opacity"), (position) =>
    store.set({ learnedOpacity: fromPosition(position / 1000, field) }));
  const least = schema.field("foundScore");
  const score = shortSlider(least.label, (position) =>
    store.set({ foundScore: fromPosition(position / 1000, least) }));
  score.element.dataset.control = "foundScore";
  const moment = shortSlider(t("pipeline.step"), (position) => {
    const steps = answers.get().training?.steps ?? [0];
    const at = Math.round((position / 1000) * (steps.length - 1));
    store.set({ learnedStep: at === steps.length - 1 ? -1 : steps[at] });
  });

  const shown = () => shownViews(answers.get().room, store.get(), checkpointOf(host, store.get())?.snapshots ?? false);

  /** What can be chosen now. @param {Key} key @returns {string[]} */
  function open(key) {
    const { room } = answers.get();
    const offered = offers(room, checkpointOf(host, store.get())?.snapshots ?? false);
    const side = /** @type {Record<string, boolean>} */ (key === "learnedLeft" ? offered.left : offered.right);
    return Object.keys(side).filter((value) => side[value] && (knowsTruth(room) || !needsTruth(value)));
  }

  return {
    shown,
    choices: open,
    left: h("div", { class: "lz-learned-bar" }, left.element, opacity.element, score.element),
    right: h("div", { class: "lz-learned-bar" }, right.element),
    moment: moment.element,
    show() {
      const { room, training } = answers.get();
      const state = store.get();
      const now = shown();
      const offered = offers(room, checkpointOf(host, state)?.snapshots ?? false);
      const reason = room && !knowsTruth(room) ? t(room.found ? "boxes.noTruth" : "truth.none") : null;
      left.offer(offered.left, reason);
      right.offer(offered.right, reason);
      left.show(now.left);
      right.show(now.right);
      const painted = ["labels", "truth"];
      score.element.hidden = !room?.found;
      score.show(1000 * toPosition(state.foundScore, least), t("boxes.from", { score: state.foundScore }));
      opacity.element.hidden = Boolean(room?.found) || (!painted.includes(now.left) && !painted.includes(now.right));
      opacity.show(1000 * toPosition(state.learnedOpacity, field), percent(state.learnedOpacity, 0));
      moment.element.hidden = now.right !== "training" || !training;
      if (!training) return;
      const at = snapshotAt(training.steps, state.learnedStep);
      moment.show((1000 * at) / Math.max(1, training.steps.length - 1), t("pipeline.atStep",
        { step: training.steps[at] }));
    },
  };
}
