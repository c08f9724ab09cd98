// @ts-check
/**
 * The dock of a detector: its boxes as a table that is the legend of their verdicts, the box that is pointed at, and
 * how good they are by size. Fetched with the first answer that has boxes.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("./asking.js").AnswerStore} AnswerStore
 * @typedef {import("./found.js").Found} Found
 * @typedef {import("./found.js").Which} Which
 */

import { fixed, operations, percent } from "../../kit/format.js";
import { h, setText, svg } from "../../kit/dom.js";
import { line, list, part } from "../../kit/lines.js";
import { COLOURS, GLYPHS } from "../../viewer/layers/own/boxes.js";
import { checkpointOf } from "./words.js";
import { LOOKS } from "./found.js";
import { FORMATS, registered, say, t } from "../../core/text.js";

const SIZES = /** @type {const} */ (["small", "medium", "large"]);
const METRICS = { small: "AP_S", medium: "AP_M", large: "AP_L" };

/** A badge as on the picture. @param {string} look */
const badge = (look) => svg("svg", { viewBox: "0 0 1 1", class: "lz-found-badge", "data-look": look,
  "aria-hidden": "true" }, svg("rect", { width: 1, height: 1, fill: COLOURS[/** @type {"right"} */ (look)] }),
...GLYPHS[look].map(([x1, y1, x2, y2]) => svg("line", { x1, y1, x2, y2 })));

/** Ways of being false. */
const FALSE = /** @type {const} */ (["false", "twice", "class"]);
/** The way in which a box is false, in a word; "": it is not. @param {string | null | undefined} verdict */
const falseKind = (verdict) => (FALSE.some((kind) => kind === verdict) ? t(`boxes.false.${verdict}`) : "");

/** What became of a box, in a word or two. @param {string} verdict */
const verdictName = (verdict) => (falseKind(verdict)
  ? t("boxes.false", { verdict: t("boxes.verdict.false"), kind: falseKind(verdict) }) : t(`boxes.verdict.${verdict}`));

/** @param {number | null} times */
const magnified = (times) => (times === null ? "–" : t("boxes.times", { times }));

/** @param {Context} context @param {AnswerStore} answers */
function tablePart({ store }, answers) {
  const body = h("tbody");
  const legend = h("ul", { class: "lz-found-legend", "aria-label": t("boxes.legend") });
  const heads = ["class", "score", "magnified", "overlap"].map((name) => h("th", { scope: "col",
    "data-tip": t(`boxes.head.${name}.help`) }, t(`boxes.head.${name}`)));
  const side = h("span", {});
  const table = h("table", { class: "lz-coordinates lz-learned-classes lz-found-table" },
    h("thead", {}, h("tr", {}, ...heads)), body);
  const late = h("p", { class: "lz-found-late", hidden: true });
  // Where the screen is narrow, the list is folded until it is wanted.
  const more = h("button", { type: "button", class: "lz-link lz-found-more", "aria-expanded": "false", onclick() {
    const open = element.toggleAttribute("data-open");
    more.setAttribute("aria-expanded", String(open));
    setText(more, t(open ? "boxes.fewer" : "boxes.all"));
  } }, t("boxes.all"));
  const element = part(t("boxes"), "lz-learned-legend lz-found-boxes", side, late, legend,
    h("div", { class: "lz-learned-scroll" }, table), more);
  /** @type {Found | null} */
  let shown = null;
  /** @type {{which: Which, row: HTMLElement}[]} */
  let rows = [];

  /** @param {Found} found @param {Which} which */
  function rowOf(found, which) {
    const box = found.box(which);
    const told = which.of === "found" ? found.boxes[which.row] : null;
    const look = told ? told.verdict && LOOKS[told.verdict] : "missed";
    const { name, colour } = found.classes[box.class];
    const point = (/** @type {Which | null} */ row) => () => answers.set({ row });
    const sign = look && look !== "plain" ? badge(look)
      : h("span", { class: "lz-colour", "aria-hidden": "true", style: `background:${colour}` });
    const verdict = told?.verdict ?? (which.of === "true" ? "missed" : null);
    const button = h("button", { type: "button", class: "lz-learned-class", onfocus: point(which), onblur: point(null),
      "aria-label": t("facts", { facts: [name, ...(verdict ? [verdictName(verdict)] : [])] }) }, sign,
    h("span", { translate: "no" }, name), falseKind(verdict) && h("small", {}, falseKind(verdict)));
    return h("tr", { onpointerenter: point(which), onpointerleave: point(null),
      title: verdict && verdictName(verdict) }, h("th", { scope: "row" }, button),
    h("td", {}, told ? fixed(told.score, 2) : "–"),
      h("td", {}, magnified(box.magnification)),
      h("td", { class: "lz-learned-truth" }, told?.overlap ? fixed(told.overlap, 2) : "–"));
  }

  /** @param {Found} found */
  function fill(found) {
    const which = [...found.boxes.map((_, row) => /** @type {Which} */ ({ of: "found", row })),
      ...(found.true ?? []).map((_, row) => /** @type {Which} */ ({ of: "true", row }))];
    rows = which.map((each) => ({ which: each, row: rowOf(found, each) }));
    body.replaceChildren(...rows.map(({ row }) => row));
    table.toggleAttribute("data-truth", found.true !== null);
    legend.hidden = found.true === null;
  }

  return { element, show() {
    const { room } = answers.get();
    const found = room?.found ?? null;
    if (!found) return;
    if (found !== shown) fill(found);
    late.hidden = !room?.late;
    setText(late, room?.late ? say(room.answer.sentence) : "");
    shown = found;
    const { foundScore } = store.get();
    const missed = new Set(found.missed(foundScore));
    const { box, row } = answers.get();
    const here = row ?? box;
    for (const { which, row: line } of rows) {
      line.hidden = which.of === "found" ? found.boxes[which.row].score < foundScore : !missed.has(which.row);
      line.toggleAttribute("data-chosen", which.of === here?.of && which.row === here?.row);
    }
    setText(side, t("boxes.count", { count: found.shown(foundScore).length }));
    const kinds = FALSE.flatMap((kind) => {
      const count = found.shown(foundScore).filter(({ verdict }) => verdict === kind).length;
      return count ? [t("boxes.false.of", { count, kind: t(`boxes.false.${kind}`) })] : [];
    });
    legend.replaceChildren(...Object.entries(found.tally(foundScore)).map(([look, count]) => h("li", {}, badge(look),
      h("span", {}, t(`boxes.verdict.${look}`)), h("b", {}, String(count)),
      look === "false" && count ? h("small", {}, t("facts", { facts: kinds })) : null)));
  } };
}

/** @param {AnswerStore} answers */
function boxPart(answers) {
  const names = /** @type {const} */ (["class", "score", "verdict", "overlap", "magnified", "source", "zoomed", "level",
    "distance", "apart"]);
  const lines = /** @type {Record<typeof names[number], import("../../kit/lines.js").Line>} */ (
    Object.fromEntries(names.map((name) => [name, line(t(`boxes.line.${name}`))])));
  const element = part(t("boxes.pointed"), "lz-learned-place", null, list(lines));
  const side = (/** @type {readonly number[]} */ [x0, y0, x1, y1]) => `${fixed(x1 - x0, 0)} × ${fixed(y1 - y0, 0)}`;
  return { element, show() {
    const { room, box: pointed, row } = answers.get();
    const found = room?.found ?? null;
    const which = row ?? pointed;
    const solid = found?.answer.camera ? found : null;
    for (const key of /** @type {const} */ (["verdict", "overlap"])) lines[key].element.hidden = !found?.true;
    for (const key of /** @type {const} */ (["distance", "apart"])) lines[key].element.hidden = !solid;
    for (const { say } of Object.values(lines)) say("–");
    if (!found || !which) return;
    const box = found.box(which);
    const { name, colour } = found.classes[box.class];
    lines.class.say(name, which.of === "true" ? t("boxes.isTrue") : "", colour);
    lines.magnified.say(magnified(box.magnification));
    lines.source.say(side(box.box));
    if (!room?.late || which.of === "found") lines.zoomed.say(side(box.zoomed));
    if (box.solid) lines.distance.say(fixed(box.solid.centre[2], 1), t("unit.m"));
    if (which.of === "true") {
      return lines.verdict.say(found.true?.[which.row].ignored ? t("boxes.verdict.ignored") : "–");
    }
    const told = found.boxes[which.row];
    lines.score.say(fixed(told.score, 2));
    lines.level.say(room?.answer.features?.[told.level]?.title ?? String(told.level));
    if (told.verdict) lines.verdict.say(verdictName(told.verdict));
    if (told.overlap) lines.overlap.say(fixed(told.overlap, 2));
    if (told.solid?.apart) lines.apart.say(fixed(told.solid.apart, 1), t("unit.m"));
  } };
}

/** @param {Context} context @param {AnswerStore} answers */
function sizesPart({ host, store }, answers) {
  const scores = h("dl", {});
  const bars = h("tbody");
  const rest = { weights: line(t("cad.weights")), work: line(t("work")) };
  const table = h("table", { class: "lz-coordinates lz-found-sizes" }, h("thead", {}, h("tr", {},
    ...["size", "ap", "found"].map((name) => h("th", { scope: "col", "data-tip": t(`boxes.sizes.${name}.help`) },
      t(`boxes.sizes.${name}`))))), bars);
  const note = h("p", { class: "lz-note" });
  const element = part(t("score"), "lz-learned-scores lz-found-scores", null, scores, table, note, list(rest));
  /** A metric in its unit: shares are the rule. @param {string} name @param {number} value */
  const measured = (name, value) => (name === "ATE" ? t("boxes.metres", { metres: fixed(value, 2) })
    : name === "AOE" ? t("boxes.radians", { radians: fixed(value, 2) }) : percent(value));
  return { element, show() {
    const { room } = answers.get();
    const found = room?.found ?? null;
    if (!room || !found) return;
    const { foundScore } = store.get();
    const value = (/** @type {string} */ name) => found.answer.scores.find((each) => each.name === name)?.value ?? null;
    const bySize = Object.values(METRICS);
    scores.replaceChildren(...found.answer.scores.filter(({ name }) => !bySize.includes(name)).map((score) => {
      const made = line(registered(`metric.${score.name}`, score.name));
      made.say(score.value === null ? "–" : measured(score.name, score.value));
      return made.element;
    }));
    table.hidden = !found.true;
    setText(note, found.true ? "" : t("boxes.noTruth"));
    note.hidden = Boolean(found.true);
    const missed = new Set(found.missed(foundScore));
    bars.replaceChildren(...SIZES.map((size) => {
      const rows = (found.true ?? []).flatMap((box, row) => (box.size === size && !box.ignored ? [row] : []));
      const right = rows.filter((row) => !missed.has(row)).length;
      const ap = value(METRICS[size]);
      const bar = (/** @type {number} */ share) => h("span", { class: "lz-learned-track", "aria-hidden": "true" },
        h("i", { style: `width:${(100 * share).toFixed(1)}%` }));
      return h("tr", { "data-size": size }, h("th", { scope: "row" }, t(`boxes.size.${size}`)),
        h("td", { class: "lz-learned-iou" }, ap === null ? "–" : FORMATS.percent1(ap), bar(ap ?? 0)),
        h("td", { class: "lz-learned-iou" }, t("boxes.of", { right, count: rows.length }),
          bar(rows.length ? right / rows.length : 0)));
    }));
    rest.weights.say(operations(checkpointOf(host, store.get())?.parameters ?? 0));
    rest.work.say(room.answer.total?.macs ? operations(room.answer.total.macs) : "–");
  } };
}

/**
 * Parts of the dock: the boxes, the one that is pointed at, and scores.
 * @param {Context} context @param {AnswerStore} answers
 * @returns {{boxes: HTMLElement, box: HTMLElement, scores: HTMLElement, show: () => void}}
 */
export function createFoundDock(context, answers) {
  const parts = [tablePart(context, answers), boxPart(answers), sizesPart(context, answers)];
  const [boxes, box, scores] = parts.map(({ element }) => element);
  return { boxes, box, scores, show: () => parts.forEach(({ show }) => show()) };
}
