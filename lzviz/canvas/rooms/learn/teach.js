// @ts-check
/** What a teacher takes along: the link to this step, larger type, a sheet to print. */
import { h } from "../../kit/dom.js";
import { t } from "../../core/text.js";
import { printSheet } from "./sheet.js";

/**
 * @param {import("../../core/context.js").Context} context @param {readonly import("./lessons.js").Lesson[]} lessons
 * @param {import("./lessons.js").Lesson} lesson
 */
export function createTeach({ actions, root }, lessons, lesson) {
  const item = (/** @type {string} */ label, /** @type {() => void} */ run) =>
    h("button", { type: "button", class: "lz-link", onclick: run }, label);
  const large = item(t("learn.larger"), () => {
    large.setAttribute("aria-pressed", String(root.toggleAttribute("data-class")));
  });
  large.setAttribute("aria-pressed", String(root.hasAttribute("data-class")));
  return h("details", { class: "lz-teach" }, h("summary", {}, t("learn.teach")), h("div", { class: "lz-teach-list" },
    item(t("learn.link"), actions.share), large,
    item(t("learn.print"), () => printSheet(root, [lesson])),
    item(t("learn.printAll"), () => printSheet(root, lessons))));
}
