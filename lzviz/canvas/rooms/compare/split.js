// @ts-check
/** The line that splits panes: pane A's on its left, their own on its right; one line for all, dragged or by arrows. */
import { t } from "../../core/text.js";
import { h } from "../../kit/dom.js";

const STEP = 0.05;
const MIDDLE = 0.5;

/** @param {number} value */
const inside = (value) => Math.min(1, Math.max(0, value));

/** @typedef {import("../../core/store.js").Store<import("./asking.js").Answers>} Answers */

/** Splits the panes, or makes them whole. @param {Answers} answers */
export const toggleSplit = (answers) =>
  answers.set({ split: answers.get().split === null ? MIDDLE : null, blink: false });

/**
 * @param {Answers} answers @param {readonly HTMLElement[]} frames of the panes
 */
export function createSplit(answers, frames) {
  const set = (/** @type {number} */ split) => answers.set({ split: inside(split) });
  const handles = frames.map((frame) => {
    const drag = (/** @type {PointerEvent} */ event) => {
      const { left, width } = frame.getBoundingClientRect();
      set((event.clientX - left) / width);
    };
    const handle = h("div", { class: "lz-compare-split", role: "slider", tabindex: "0", hidden: true,
      "aria-label": t("compare.split"), "aria-valuemin": 0, "aria-valuemax": 100,
      onpointerdown: (/** @type {PointerEvent} */ event) => {
        event.preventDefault();
        handle.focus();
        handle.setPointerCapture(event.pointerId);
      },
      onpointermove: (/** @type {PointerEvent} */ event) => handle.hasPointerCapture(event.pointerId) && drag(event),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const way = { ArrowLeft: -STEP, ArrowRight: STEP, Home: -1, End: 1 }[event.key];
        if (way === undefined) return;
        event.preventDefault();
        set((answers.get().split ?? MIDDLE) + way);
      } });
    frame.append(handle);
    return handle;
  });
  return {
    /** @param {number | null} split @param {number} count of panes */
    show(split, count) {
      handles.forEach((handle, at) => {
        handle.hidden = split === null || at === 0 || at >= count;
        if (split === null) return;
        handle.style.left = `${(100 * split).toFixed(2)}%`;
        handle.setAttribute("aria-valuenow", String(Math.round(100 * split)));
      });
    },
  };
}
