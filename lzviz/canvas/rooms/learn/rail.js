// @ts-check
/** The rail of the lessons: a cell each, a dot where one is done, and the book of what is read along. */
import { h, inSight, svg } from "../../kit/dom.js";
import { t } from "../../core/text.js";

/**
 * @param {readonly import("./lessons.js").Lesson[]} lessons
 * @param {ReturnType<typeof import("./lessons.js").createProgress>} progress @param {(number: number) => void} go
 * @param {() => void} book
 */
export function createLessonRail(lessons, progress, go, book) {
  const cells = lessons.map((lesson) => h("button", { type: "button", class: "lz-lesson-cell", lang: lesson.language,
    "data-tip": lesson.title, onclick: () => go(lesson.number) }, h("span", { "aria-hidden": "true" },
    String(lesson.number))));
  const open = svg("svg", { viewBox: "0 0 20 20", class: "lz-icon", "aria-hidden": "true" },
    svg("path", { d: "M10 5.6C8.4 4.4 6.2 4 3.5 4v11c2.7 0 4.9.4 6.5 1.6V5.6z" }),
    svg("path", { d: "M10 5.6C11.6 4.4 13.8 4 16.5 4v11c-2.7 0-4.9.4-6.5 1.6" }),
  );
  const element = h("nav", { class: "lz-lesson-rail", "aria-label": t("learn.lessons") }, ...cells, h("hr"),
    h("button", { type: "button", class: "lz-button lz-icon-button lz-book", "aria-label": t("learn.book"),
      "data-tip": t("learn.book"), onclick: book }, open));
  return {
    element,
    /** @param {import("./lessons.js").Lesson} now */
    show(now) {
      lessons.forEach((lesson, at) => {
        const cell = cells[at];
        const done = progress.has(lesson);
        cell.toggleAttribute("data-done", done);
        if (lesson === now) {
          cell.setAttribute("aria-current", "page");
          requestAnimationFrame(() => inSight(cell));
        } else cell.removeAttribute("aria-current");
        const name = t("learn.open", { number: lesson.number, title: lesson.title });
        cell.setAttribute("aria-label", done ? `${name}, ${t("learn.done")}` : name);
      });
    },
  };
}
