// @ts-check
/** The question of a lesson: each answer is explained, and nobody is told which one was chosen. */
import { h } from "../../kit/dom.js";
import { icon } from "../../kit/icons.js";
import { t } from "../../core/text.js";
import { prose } from "./prose.js";

/**
 * @param {import("./lessons.js").Lesson["check"]} check @param {import("./prose.js").Ways} ways
 * @param {(right: boolean, text: string) => void} onAnswer
 */
export function createCheck({ says, options }, ways, onAnswer) {
  const why = h("p", { class: "lz-why", hidden: true });
  const buttons = options.map((option) => {
    const button = h("button", { type: "button", class: "lz-button lz-answer", "aria-pressed": "false",
      onclick: () => answer(option, button) }, h("span", { class: "lz-answer-mark", "aria-hidden": "true" }),
    ...prose(option.text, ways));
    return button;
  });

  /** @param {import("./lessons.js").Option} option @param {HTMLElement} button */
  function answer(option, button) {
    for (const each of buttons) {
      each.setAttribute("aria-pressed", String(each === button));
      each.removeAttribute("data-right");
      each.querySelector(".lz-answer-mark")?.replaceChildren();
    }
    button.setAttribute("data-right", String(option.right));
    button.querySelector(".lz-answer-mark")?.replaceChildren(icon(option.right ? "check" : "close"));
    why.hidden = false;
    why.replaceChildren(h("b", { "data-right": String(option.right) }, t(option.right ? "learn.right" : "learn.wrong")),
      " ", ...prose(option.why, ways));
    onAnswer(option.right, why.textContent ?? "");
  }
  return { element: h("section", { class: "lz-check", "aria-label": t("learn.check"), tabindex: "-1" },
    h("h3", {}, t("learn.check")), h("p", { class: "lz-question" }, ...prose(says, ways)),
    h("div", { class: "lz-answers" }, ...buttons), why) };
}
