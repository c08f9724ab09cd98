// @ts-check
/** What a teacher takes along: the link to this step, larger type, a sheet to print. */
import { h } from "../../kit/dom.js";
import { t } from "../../core/text.js";

/** @param {import("./learn.js").Room} room */
export function createTeach({ context: { actions, root }, lessons, lesson, print }) {
  const item = (/** @type {string} */ label, /** @type {() => void} */ run) =>
    h("button", { type: "button", class: "lz-link", onclick: run }, label);
  const large = item(t("learn.larger"), () => {
    large.setAttribute("aria-pressed", String(root.toggleAttribute("data-class")));
  });
  large.setAttribute("aria-pressed", String(root.hasAttribute("data-class")));
  return h("details", { class: "lz-teach" }, h("summary", {}, t("learn.teach")), h("div", { class: "lz-teach-list" },
    item(t("learn.link"), actions.share), large,
    item(t("learn.print"), () => print([lesson])),
    item(t("learn.printAll"), () => print(lessons))));
}
