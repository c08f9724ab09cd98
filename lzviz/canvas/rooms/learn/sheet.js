// @ts-check
/** A sheet to print, from the lessons themselves: goals and questions, and the answers on a page of their own. */
import { h } from "../../kit/dom.js";
import { t } from "../../core/text.js";
import { prose } from "./prose.js";

/** @typedef {import("./lessons.js").Lesson} Lesson */

/** Nothing on paper can be pressed. @type {import("./prose.js").Ways} */
const NOWHERE = { set: () => {}, lesson: () => {} };
const LETTERS = "ABCDEF";

/** @param {Lesson} lesson */
const heading = ({ number, title }) => h("h2", {}, t("learn.open", { number, title }));

/** @param {Lesson} lesson */
const asked = (lesson) => h("section", {}, heading(lesson), h("p", {}, h("b", {}, t("learn.goal")), ` ${lesson.goal}`),
  h("p", {}, h("b", {}, t("learn.predict")), " ", ...prose(lesson.predict.says, NOWHERE)),
  h("p", { class: "lz-sheet-line" }, t("learn.you")),
  h("p", {}, h("b", {}, t("learn.check")), " ", ...prose(lesson.check.says, NOWHERE)),
  h("ol", { type: "A" }, ...lesson.check.options.map(({ text }) => h("li", {}, ...prose(text, NOWHERE)))));

/** @param {Lesson} lesson */
function answered(lesson) {
  const { options } = lesson.check;
  const right = options.findIndex((option) => option.right);
  return h("section", {}, heading(lesson), h("p", {}, h("b", {}, LETTERS[right]), " ",
    ...prose(options[right].text, NOWHERE), ". ", ...prose(options[right].why, NOWHERE)));
}

/** The sheet as an element. @param {readonly Lesson[]} lessons */
export const sheetOf = (lessons) => h("div", { class: "lz-sheet", "aria-hidden": "true" },
  h("div", { class: "lz-sheet-page" }, h("h1", {}, t("learn.sheet")), ...lessons.map(asked)),
  h("div", { class: "lz-sheet-page lz-sheet-answers" }, h("h1", {}, t("learn.answers")), ...lessons.map(answered)));

/** @param {HTMLElement} root @param {readonly Lesson[]} lessons */
export function printSheet(root, lessons) {
  root.querySelector(".lz-sheet")?.remove();
  const sheet = sheetOf(lessons);
  root.append(sheet);
  window.addEventListener("afterprint", () => sheet.remove(), { once: true });
  window.print();
}
