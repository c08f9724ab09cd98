// @ts-check
/** The text of one lesson: idea, prediction, what it means, question, and the way on. */
import { h } from "../../kit/dom.js";
import { t } from "../../core/text.js";
import { createCheck } from "./check.js";
import { minutesOf } from "./lessons.js";
import { createPredict } from "./predict.js";
import { body } from "./prose.js";
import { createTeach } from "./teach.js";

/** @typedef {import("./lessons.js").Lesson} Lesson */

/** @param {import("./learn.js").Room} room */
export function createPage(room) {
  const { lesson, lessons } = room;
  const go = (/** @type {number} */ number) => room.go(number);
  const ways = { set: (/** @type {string} */ state) => void room.set(state), lesson: go };
  const predict = createPredict(lesson.predict, ways, { onGuess: () => room.refresh(), onReveal: () => room.reveal(),
    onAgain: () => room.again() });
  const check = createCheck(lesson.check, ways, (right, why) => room.answered(right, why));
  const title = h("h2", { tabindex: "-1" }, lesson.title);
  const after = h("div", { class: "lz-after", hidden: true }, ...body(lesson.after, ways), check.element);
  const near = (/** @type {number} */ by) => lessons.find(({ number }) => number === lesson.number + by);
  const way = (/** @type {Lesson | undefined} */ other, /** @type {boolean} */ on) => other
    ? h("button", { type: "button", class: "lz-button lz-turn", "aria-label": t(on ? "learn.next" : "learn.before",
      { title: other.title }), onclick: () => go(other.number) }, h("kbd", { "aria-hidden": "true" }, on ? "→" : "←"),
    h("span", {}, other.title)) : h("span", { class: "lz-note" }, on ? t("learn.finish") : "");
  const element = h("article", { class: "lz-lesson", "data-lesson": lesson.name },
    h("header", { class: "lz-lesson-head" },
      h("span", {}, t("learn.count", { number: lesson.number, count: lessons.length })),
      h("span", {}, t("learn.minutes", { count: minutesOf(lesson) })), createTeach(room)),
    title, h("div", { class: "lz-before" }, ...body(lesson.before, ways)), predict.element, after,
    h("footer", { class: "lz-turns" }, way(near(-1), false), way(near(1), true)));
  return {
    element,
    predict,
    focus: () => title.focus(),
    /** @param {import("../../core/store.js").State["lessonStep"]} step */
    show(step) {
      predict.reveal(step !== "start");
      after.hidden = step === "start";
      if (step === "check" && !element.contains(document.activeElement)) check.element.focus();
    },
  };
}
