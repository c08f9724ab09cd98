// @ts-check
/** A sheet to print, from the lessons themselves: goals and questions, and the answers on a page of their own. */
import { h } from "../../kit/dom.js";
import { t } from "../../core/text.js";
import { valueOf } from "./expression.js";
import { prose, said, writeNumbers } from "./prose.js";

/**
 * @typedef {import("./lessons.js").Lesson} Lesson
 * @typedef {ReadonlyMap<string, import("./expression.js").Numbers>} Kept  by the names of states
 */

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

/** @param {Lesson} lesson @param {Kept} kept */
function answered(lesson, kept) {
  const { options } = lesson.check;
  const { truth, format, unit } = lesson.predict;
  const right = options.findIndex((option) => option.right);
  const value = said(valueOf(truth, kept.get("reveal") ?? {}), format);
  return h("section", {}, heading(lesson),
    h("p", {}, h("b", {}, t("learn.truth")), ` ${value}${unit ? ` ${unit}` : ""}`),
    h("p", {}, h("b", {}, LETTERS[right]), " ", ...prose(options[right].text, NOWHERE), ". ",
      ...prose(options[right].why, NOWHERE)));
}

/** A part with the numbers of its lesson. @param {HTMLElement} part @param {Kept} kept */
function filled(part, kept) {
  writeNumbers(part, kept.get("start") ?? {}, kept, null);
  return part;
}

/**
 * The sheet as an element.
 * @param {readonly Lesson[]} lessons @param {readonly Kept[]} numbers  what was computed of each
 */
export const sheetOf = (lessons, numbers) => h("div", { class: "lz-sheet", "aria-hidden": "true" },
  h("div", { class: "lz-sheet-page" }, h("h1", {}, t(lessons.length > 1 ? "learn.sheet" : "learn.sheet.one")),
    ...lessons.map((lesson, at) => filled(asked(lesson), numbers[at]))),
  h("div", { class: "lz-sheet-page lz-sheet-answers" }, h("h1", {}, t("learn.answers")),
    ...lessons.map((lesson, at) => filled(answered(lesson, numbers[at]), numbers[at]))));

/** Whether every number that the sheet says of a lesson is known. @param {Lesson} lesson @param {Kept} kept */
export const isWhole = (lesson, kept) => Number.isFinite(valueOf(lesson.predict.truth, kept.get("reveal") ?? {}))
  && [...sheetOf([lesson], [kept]).querySelectorAll("data")].every(({ value }) => value);

/** @param {HTMLElement} root @param {readonly Lesson[]} lessons @param {readonly Kept[]} numbers */
export function printSheet(root, lessons, numbers) {
  root.querySelector(".lz-sheet")?.remove();
  const sheet = sheetOf(lessons, numbers);
  root.append(sheet);
  window.addEventListener("afterprint", () => sheet.remove(), { once: true });
  window.print();
}
