// @ts-check
/** Predict, then reveal: the reader commits to a number by moving something, and then sees what is computed. */
import { h, setText, uniqueId } from "../../kit/dom.js";
import { t } from "../../core/text.js";
import { prose, said } from "./prose.js";

/** Rows of earlier predictions that stay in sight. */
const KEPT = 3;

/**
 * @param {import("./lessons.js").Predict} predict @param {import("./prose.js").Ways} ways
 * @param {{onGuess: (guess: number) => void, onReveal: () => void, onAgain: () => void}} on
 */
export function createPredict(predict, ways, on) {
  const { low, high, step, start, format, unit } = predict;
  const id = uniqueId("guess");
  const digits = String(step).split(".")[1]?.length ?? 0;
  const amount = (/** @type {number} */ value) => `${said(value, format)}${unit ? ` ${unit}` : ""}`;
  let guess = start;
  let open = false;
  /** Whoever came by a link to the answer, or came again, has predicted nothing. */
  let predicted = false;
  /** @type {{label: string, guess: number, truth: number}[]} */
  let rows = [];
  const question = h("p", { class: "lz-question", id }, ...prose(predict.says, ways));
  const you = h("output", { class: "lz-guess" });
  const range = h("input", { type: "range", class: "lz-range", min: low, max: high, step, "aria-labelledby": id,
    oninput: () => choose(Number(range.value)), onkeydown: press });
  const wait = h("p", { class: "lz-predict-wait", hidden: true }, h("progress", { "aria-hidden": "true" }),
    t("learn.coming"));
  const table = h("table", { class: "lz-attempts", hidden: true });
  const button = h("button", { type: "button", class: "lz-button lz-reveal", onclick: () => (open ? on.onAgain()
    : reveal()) });
  const element = h("section", { class: "lz-predict", "aria-label": t("learn.predict") },
    h("h3", {}, t("learn.predict")), question,
    h("div", { class: "lz-predict-row" }, h("label", { class: "lz-you" }, t("learn.you"), you), range, button),
    wait, table);

  function reveal() {
    predicted = true;
    on.onReveal();
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (event.key === "Enter" && !open) reveal();
    else if (event.shiftKey && /^Arrow(Left|Right|Up|Down)$/.test(event.key)) {
      const sign = event.key === "ArrowRight" || event.key === "ArrowUp" ? 1 : -1;
      choose(guess + 10 * step * sign);
    } else return;
    event.preventDefault();
  }

  /** @param {number} value */
  function choose(value) {
    if (open) return;
    guess = Number(Math.min(high, Math.max(low, low + Math.round((value - low) / step) * step)).toFixed(digits));
    show();
    on.onGuess(guess);
  }

  function show() {
    range.value = String(guess);
    range.style.setProperty("--fill", `${(100 * (guess - low)) / (high - low)}%`);
    range.setAttribute("aria-valuetext", amount(guess));
    setText(you, open && !predicted ? "–" : amount(guess));
    range.disabled = open;
    setText(button, t(open ? "learn.again" : "learn.reveal"));
    button.classList.toggle("lz-reveal", !open);
    table.hidden = rows.length === 0;
    if (rows.length) table.replaceChildren(head(), h("tbody", {}, ...rows.map(row)));
  }

  const named = () => rows.some(({ label }) => label !== "");
  const head = () => h("thead", {}, h("tr", {}, named() && h("th", { scope: "col" }, t("learn.which")),
    h("th", { scope: "col" }, h("i", { class: "lz-ring", "aria-hidden": "true" }), t("learn.you")),
    h("th", { scope: "col" }, h("i", { class: "lz-dot", "aria-hidden": "true" }), t("learn.truth")),
    h("th", { scope: "col" }, t("learn.off"))));
  /** @param {{label: string, guess: number, truth: number}} line */
  const row = (line) => h("tr", {}, named() && h("th", { scope: "row" }, line.label),
    ...[line.guess, line.truth, Math.abs(line.guess - line.truth)].map((value) => h("td", {}, amount(value))));
  show();
  return {
    element,
    choose,
    guess: () => guess,
    /** @param {boolean} revealed */
    reveal(revealed) {
      open = revealed;
      if (!open) predicted = false;
      show();
    },
    /** Whether what was computed is still awaited. @param {boolean} on */
    wait(on) {
      wait.hidden = !on;
    },
    /** What was computed for the guess. @param {number} truth @param {string} label  which prediction this was */
    judge(truth, label) {
      rows = [...rows, { label, guess, truth }].slice(-KEPT);
      show();
      return t("learn.revealed", { truth: amount(truth), guess: amount(guess), off: amount(Math.abs(guess - truth)) });
    },
  };
}
