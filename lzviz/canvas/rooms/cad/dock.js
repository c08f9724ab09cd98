// @ts-check
/** The dock of content-adaptive downsampling: the cell under the pointer, cost and time, the guarantee. */
import { h, setText } from "../../kit/dom.js";
import { milliseconds, operations, percent, whole } from "../../kit/format.js";
import { createBars } from "./bars.js";
import { boxOf } from "./hover.js";
import { createAccuracy } from "./accuracy.js";
import { line, list, part } from "../../kit/lines.js";
import { isActive } from "./marks.js";
import { strideOf, viewOf } from "./model.js";
import { classAt, shareText } from "./segmentation.js";
import { createTapPicture } from "./taps.js";
import { difference, guarantee } from "./words.js";
import { FORMATS, say, t } from "../../core/text.js";

/**
 * @typedef {import("./asking.js").Answers} Answers
 * @typedef {import("../../core/store.js").Store<Answers>} AnswerStore
 */

const MAPS = /** @type {const} */ (["adaptive", "strided", "dilated"]);

/**
 * What a hovered cell shows in a feature map.
 * @param {import("../../schema/contract.js").Features} features @param {string} name
 * @param {{y: number, x: number}} cell
 */
function featureAt(features, name, { y, x }) {
  const bytes = atob(features.maps[name]);
  const at = 3 * (y * features.grid.w + x);
  const rgb = [0, 1, 2].map((k) => bytes.charCodeAt(at + k));
  if (features.channel === null) return { rgb, text: rgb.join(", ") };
  const [low, high] = [features.range[0][0], features.range[1][0]];
  const value = low + (rgb[0] / 255) * (high - low);
  if (low === high) return { rgb, text: FORMATS.significant(low) };
  const bound = rgb[0] === 255 ? "≥ " : rgb[0] === 0 ? "≤ " : "";
  return { rgb, text: `${bound}${FORMATS.significant(value)}` };
}

/** @param {AnswerStore} answers @param {import("../../core/context.js").Context} context */
function cellPart(answers, context) {
  const picture = createTapPicture(answers, context);
  const lines = { cell: line(t("cad.cell")), level: line(t("cad.level")), block: line(t("cad.block")),
    taps: line(t("cad.taps")),
    owner: line(t("cad.owner")), adaptive: line(t("cad.adaptive")), strided: line(t("cad.strided")),
      dilated: line(t("cad.dilated")) };
  const show = () => {
    const { hover, forest, features } = answers.get();
    picture.show();
    for (const { say } of Object.values(lines)) say("–");
    if (!hover || !forest) return;
    const { grid, image } = forest;
    const { cell, block, taps } = hover;
    const [x0, y0, x1, y1] = boxOf(block, grid.stride, image);
    lines.cell.say(`${cell.x}, ${cell.y}`, t("of", { all: t("size", { width: grid.w, height: grid.h }) }));
    lines.level.say(`${block.level}`, t("cad.ofDepth", { depth: grid.depth, stride: strideOf(grid, block.level) }));
    lines.block.say(t("size", { width: x1 - x0, height: y1 - y0 }), t("cad.pxAt", { x: x0, y: y0 }));
    const outside = taps.filter(({ owner }) => !owner).length;
    lines.taps.say(`${9 - outside}`, t(outside ? "cad.tapsAndZeros" : "cad.tapsRead",
      { zeros: outside, count: 1 << grid.depth }));
    const inactive = taps.filter((tap) => tap.owner && !isActive(tap));
    lines.owner.say(inactive.length ? ownerText(inactive[0]) : t("cad.none"),
      inactive.length > 1 ? ` + ${inactive.length - 1}` : "");
    const labelled = viewOf(context.store.get()) === "segmentation" ? answers.get().segmentation : null;
    for (const name of labelled ? MAPS : []) {
      const found = labelled && classAt(labelled, name, hover.at);
      lines[name].say(found?.name ?? "–", "", found?.colour ?? null);
    }
    if (labelled) return;
    const same = features && features.grid.w === grid.w && features.grid.h === grid.h;
    for (const name of MAPS) {
      if (!same) continue;
      const { rgb, text } = featureAt(features, name, cell);
      lines[name].say(text, "", `rgb(${rgb.join(" ")})`);
    }
  };
  return { show, elements: [part(t("cad.tapsTitle"), "lz-cad-taps", null, picture.element),
    part(t("cad.cellTitle"), "lz-cad-cell", null, list(lines))] };
}

/** @param {import("../../engine/quadtree.js").Tap} tap */
const ownerText = ({ y, x, owner }) => (owner ? `${x},${y} → ${owner.x},${owner.y}` : "");

/** @param {AnswerStore} answers @param {import("../../core/context.js").Context} context */
function costPart(answers, { live }) {
  const work = createBars(t("work"), operations);
  const time = createBars(t("time"), milliseconds);
  const clock = h("p", { class: "lz-note lz-cad-clock" });
  return { element: part(t("cad.cost"), "lz-cad-cost", null, work.element, time.element, clock), show() {
    const { forest } = answers.get();
    const { times } = live.get();
    work.show(forest ? { strided: forest.macs.strided, adaptive: forest.macs.adaptive, dilated: forest.macs.dilated }
      : null);
    time.show(times ? times.milliseconds : null);
    setText(clock, times ? t("facts", { facts: [times.device, say(times.clock)] }) : "");
    clock.title = clock.textContent ?? "";
  } };
}

/**
 * How good the labels are, and how much of them the dilated network says too. @param {AnswerStore} answers
 */
function labelPart(answers) {
  const score = createBars(t("cad.miou"), shareText);
  const agree = createBars(t("cad.agree"), shareText);
  const note = h("p", { class: "lz-note" });
  return { element: part(t("cad.accuracyTitle"), "lz-cad-labels", null, score.element, agree.element, note), show() {
    const said = answers.get().segmentation?.answer;
    score.element.hidden = Boolean(said) && !said?.miou;
    score.show(said?.miou ?? null);
    agree.show(said?.agree ?? null);
    setText(note, said && !said.fits ? t("cad.segmented.foreign") : "");
  } };
}

/** What three numbers are. */
const spread = () => h("small", { class: "lz-cad-spread" }, ` ${t("cad.spread")}`);

/** @param {AnswerStore} answers @param {() => void} askCost @param {import("../../core/context.js").Context} context */
function proofPart(answers, askCost, { store }) {
  const verdict = h("div", { class: "lz-cad-badge" });
  const words = h("span", {});
  const detail = h("small", {});
  verdict.append(h("span", { class: "lz-cad-seal", "aria-hidden": "true" }), h("span", {}, words, detail));
  const lines = { other: line(t("cad.otherReading")), active: line(t("cad.activeRows")), forced: line(t("cad.forced")),
    all: line(t("cad.overAll")), rows: line(t("cad.rows"), spread()), work: line(t("cad.work"), spread()) };
  const button = h("button", { type: "button", class: "lz-link", onclick: askCost,
    "data-tip": t("cad.dependsOn") }, t("cad.measure"));
  lines.all.side.append(button);
  return { element: part(t("cad.guarantee"), "lz-cad-proof", null, verdict, list(lines)), show() {
    const { forest, features, cost, counting } = answers.get();
    const { mode } = store.get();
    const proof = features && guarantee(features.badge, mode);
    verdict.toggleAttribute("data-exact", Boolean(proof?.holds));
    verdict.hidden = !proof;
    lines.other.say("–");
    if (proof) {
      setText(words, proof.words);
      setText(detail, proof.number);
      verdict.title = proof.number;
      if (mode === "fixed") lines.other.say(difference(features.badge.published), t("cad.published"));
      else lines.other.say(difference(features.badge.max), t(features.badge.exact ? "cad.fixedExact" : "cad.fixed"));
    }
    lines.active.say(forest ? percent(forest.active) : "–", forest ? t("cad.countRows", { count: forest.total }) : "");
    lines.forced.say(forest ? whole(forest.forced) : "–", t("cad.cellsUnit"));
    button.hidden = counting;
    lines.all.say(counting ? t("measuring") : "");
    lines.all.element.hidden = Boolean(cost);
    for (const each of [lines.rows, lines.work]) each.element.hidden = !cost;
    if (!cost) return;
    lines.rows.say(rangeOf(cost.active));
    lines.rows.element.title = t("cad.rows.help");
    lines.work.say(rangeOf(cost.share));
    lines.work.element.title = t("cad.work.help");
  } };
}

/** @param {{min: number, mean: number, max: number}} spread */
const rangeOf = ({ min, mean, max }) => t("cad.range", { min: 100 * min, mean: 100 * mean, max: 100 * max });

/** Parts that stand beside some of the views. @param {string} view @param {HTMLElement[]} parts */
function inView(view, parts) {
  for (const each of parts) each.dataset.cadViews = view;
  return parts;
}

/**
 * @param {import("../../core/context.js").Context} context @param {AnswerStore} answers @param {() => void} askCost
 * @returns {{elements: HTMLElement[], end: () => void}}
 */
export function createCadDock(context, answers, askCost) {
  const cell = cellPart(answers, context);
  const cost = costPart(answers, context);
  const proof = proofPart(answers, askCost, context);
  const accuracy = labelPart(answers);
  const show = (/** @type {ReadonlySet<string>} */ changed) => {
    if (["hover", "forest", "features", "segmentation"].some((key) => changed.has(key))) cell.show();
    if (changed.has("forest")) cost.show();
    proof.show();
    accuracy.show();
  };
  answers.subscribe((_, changed) => show(changed));
  const end = context.live.subscribe((_, changed) => changed.has("times") && cost.show());
  show(new Set(["hover", "forest", "features"]));
  return { elements: [...inView("segmentation features", [...cell.elements, cost.element]),
    ...inView("features", [proof.element]), ...inView("segmentation", [accuracy.element]),
    ...inView("keypoints", createAccuracy(answers))], end };
}
