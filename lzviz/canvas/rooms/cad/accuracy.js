// @ts-check
/** The dock of the key points: curves, the same numbers as a table whose rows choose the matches, one match. */
import { h, setText } from "../../kit/dom.js";
import { createCurves, sample, shortName } from "./chart.js";
import { line, list, part } from "./lines.js";
import { operations } from "./words.js";

/** @typedef {import("../../core/store.js").Store<import("./asking.js").Answers>} AnswerStore */

/** Errors whose accuracy stands in the table, pixels. */
const COLUMNS = [1, 3, 10];

/** @param {AnswerStore} answers */
function table(answers) {
  const body = h("tbody");
  const head = h("tr", {}, h("th", { scope: "col" }, "Descriptors"), h("th", { scope: "col" }, "mult.-adds"),
    ...COLUMNS.map((px) => h("th", { scope: "col" }, `≤ ${px} px`)));
  const element = h("table", { class: "lz-coordinates lz-cad-table" }, h("thead", {}, head), body);
  return { element, show() {
    const { keypoints, curve } = answers.get();
    if (!keypoints) return body.replaceChildren();
    const chosen = curve ?? keypoints.curves.length - 1;
    const row = (/** @type {any} */ { macs, mma, ...rest }, /** @type {number} */ at) => {
      const choose = h("button", { type: "button", class: "lz-link", "aria-pressed": String(at === chosen),
        onclick: () => answers.set({ curve: at }) }, shortName(rest));
      const swatch = sample(rest, at, chosen, keypoints.curves.length);
      return h("tr", { "data-chosen": at === chosen }, h("th", { scope: "row" }, swatch, choose),
        h("td", {}, operations(macs)),
        ...COLUMNS.map((px) => h("td", {}, `${Math.round(100 * mma[keypoints.thresholds.indexOf(px)])} %`)));
    };
    body.replaceChildren(...keypoints.curves.map(row));
  } };
}

/** @param {AnswerStore} answers @returns {HTMLElement[]} */
export function createAccuracy(answers) {
  const curves = createCurves();
  const numbers = table(answers);
  const note = h("p", { class: "lz-note" });
  const lines = { from: line("Point"), to: line("Matched at"), truth: line("Should be"), error: line("Error"),
    verdict: line("Match"), points: line("Key points"), weights: line("Weights") };
  const show = () => {
    const { keypoints, match, curve } = answers.get();
    curves.show(keypoints, curve);
    numbers.show();
    const place = (/** @type {readonly number[]} */ [x, y]) => `${x.toFixed(1)}, ${y.toFixed(1)}`;
    for (const { say } of Object.values(lines)) say("–");
    if (!keypoints) return;
    lines.points.say(`${keypoints.points.length}`, ` and ${keypoints.warpedPoints.length}`);
    lines.weights.say(keypoints.weights);
    setText(note, /^random/.test(keypoints.weights)
      ? "Random weights: the curves compare strides, not what a trained network reaches." : "");
    if (!match) return;
    lines.from.say(place(match.from), " px");
    lines.to.say(place(match.to), " px");
    lines.truth.say(place(match.truth), " px");
    lines.error.say(match.error.toFixed(2), " px");
    lines.verdict.say(match.right ? "● right" : "× wrong", ` at ${keypoints.correct} px`);
  };
  answers.subscribe((_, changed) => ["keypoints", "match", "curve"].some((key) => changed.has(key)) && show());
  const axes = "share of matches in %, over pixels of error";
  return [part("Mean matching accuracy", "accuracy", "keypoints", axes, curves.element),
    part("Show the matches of", "networks", "keypoints", null, numbers.element, note),
    part("Match under the pointer", "match", "keypoints", null, list(...Object.values(lines)))];
}
