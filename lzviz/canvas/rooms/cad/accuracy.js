// @ts-check
/** The dock of the key points: curves, the same numbers as a table whose rows choose the matches, one match. */
import { h, setText } from "../../kit/dom.js";
import { createCurves, sample, shortName } from "./chart.js";
import { line, list, part } from "../../kit/lines.js";
import { isRandom } from "./words.js";
import { fixed, operations, pair, percent, whole } from "../../kit/format.js";
import { say, t } from "../../core/text.js";

/** @typedef {import("../../core/store.js").Store<import("./asking.js").Answers>} AnswerStore */

/** Errors whose accuracy stands in the table, pixels. */
const COLUMNS = [1, 3, 10];

/** @param {AnswerStore} answers */
function table(answers) {
  const body = h("tbody");
  const head = h("tr", {}, h("th", { scope: "col" }, t("cad.descriptors")), h("th", { scope: "col" }, t("work.short")),
    ...COLUMNS.map((px) => h("th", { scope: "col" }, t("cad.within", { count: px }))));
  const element = h("table", { class: "lz-coordinates lz-cad-table" }, h("thead", {}, head), body);
  return { element, show() {
    const { keypoints, curve: pressed } = answers.get();
    if (!keypoints) return body.replaceChildren();
    const chosen = pressed ?? keypoints.curves.length - 1;
    const row = (/** @type {import("./chart.js").Curve} */ curve, /** @type {number} */ at) => {
      const choose = h("button", { type: "button", class: "lz-link", "aria-pressed": String(at === chosen),
        onclick: () => answers.set({ curve: at }) }, shortName(curve));
      const swatch = sample(curve, at, chosen, keypoints.curves.length);
      return h("tr", { "data-chosen": at === chosen }, h("th", { scope: "row" }, swatch, choose),
        h("td", {}, operations(curve.macs)),
        ...COLUMNS.map((px) => h("td", {}, percent(curve.mma[keypoints.thresholds.indexOf(px)], 0))));
    };
    body.replaceChildren(...keypoints.curves.map(row));
  } };
}

/** @param {AnswerStore} answers @returns {HTMLElement[]} */
export function createAccuracy(answers) {
  const curves = createCurves();
  const numbers = table(answers);
  const note = h("p", { class: "lz-note" });
  const lines = { from: line(t("cad.point")), to: line(t("cad.matchedAt")), truth: line(t("cad.shouldBe")),
    error: line(t("cad.error")),
    verdict: line(t("cad.match")), points: line(t("cad.keypoints")), weights: line(t("cad.weights")) };
  const show = () => {
    const { keypoints, match, curve } = answers.get();
    curves.show(keypoints, curve);
    numbers.show();
    const place = (/** @type {readonly number[]} */ [x, y]) => pair([x, y], 1);
    for (const each of Object.values(lines)) each.say("–");
    if (!keypoints) return;
    lines.points.say(whole(keypoints.points.length), t("cad.andPoints", { count: keypoints.warpedPoints.length }));
    lines.weights.say(say(keypoints.weights));
    setText(note, isRandom(keypoints.weights)
      ? t("cad.random") : "");
    if (!match) return;
    const px = t("unit.px");
    lines.from.say(place(match.from), px);
    lines.to.say(place(match.to), px);
    lines.truth.say(place(match.truth), px);
    lines.error.say(fixed(match.error, 2), px);
    lines.verdict.say(t(match.right ? "cad.right" : "cad.wrong"), t("cad.at", { count: keypoints.correct }));
  };
  answers.subscribe((_, changed) => ["keypoints", "match", "curve"].some((key) => changed.has(key)) && show());
  const axes = t("cad.axes");
  const scroll = h("div", { class: "lz-cad-scroll", tabindex: 0, role: "region", "aria-label": t("cad.showMatches") },
    numbers.element, note);
  return [part(t("cad.accuracy"), "lz-cad-accuracy", axes, curves.element),
    part(t("cad.showMatches"), "lz-cad-networks", null, scroll),
    part(t("cad.matchHere"), "lz-cad-match", null, list(lines))];
}
