// @ts-check
/** The dock of content-adaptive downsampling: the cell under the pointer, cost and time, the guarantee. */
import { h, setText } from "../../kit/dom.js";
import { percent, whole } from "../../kit/format.js";
import { createBars } from "./bars.js";
import { boxOf } from "./hover.js";
import { createAccuracy } from "./accuracy.js";
import { line, list, part } from "./lines.js";
import { isActive } from "./marks.js";
import { strideOf } from "./model.js";
import { createTapPicture } from "./taps.js";
import { difference, guarantee, operations } from "./words.js";

/**
 * @typedef {import("./asking.js").Answers} Answers
 * @typedef {import("../../core/store.js").Store<Answers>} AnswerStore
 */

const MAPS = /** @type {const} */ (["adaptive", "strided", "dilated"]);

/**
 * What a hovered cell shows in a feature map.
 * @param {any} features @param {string} name @param {{y: number, x: number}} cell
 */
function featureAt(features, name, { y, x }) {
  const bytes = atob(features.maps[name]);
  const at = 3 * (y * features.grid.w + x);
  const rgb = [0, 1, 2].map((k) => bytes.charCodeAt(at + k));
  if (features.colour === "pca") return { rgb, text: rgb.join(", ") };
  const [low, high] = [features.range[0][0], features.range[1][0]];
  const value = low + (rgb[0] / 255) * (high - low);
  if (low === high) return { rgb, text: low.toPrecision(3) };
  const bound = rgb[0] === 255 ? "≥ " : rgb[0] === 0 ? "≤ " : "";
  return { rgb, text: `${bound}${value.toPrecision(3)}` };
}

/** @param {AnswerStore} answers @param {import("../../core/context.js").Context} context */
function cellPart(answers, context) {
  const picture = createTapPicture(answers, context);
  const lines = { cell: line("Fine cell"), level: line("Level"), block: line("Block"), taps: line("Taps"),
    owner: line("Via owner"), adaptive: line("Adaptive"), strided: line("Strided"), dilated: line("Dilated") };
  const show = () => {
    const { hover, forest, features } = answers.get();
    picture.show();
    for (const { say, swatch } of Object.values(lines)) {
      say("–");
      swatch.hidden = true;
    }
    if (!hover || !forest) return;
    const { grid, image } = forest;
    const { cell, block, taps } = hover;
    const [x0, y0, x1, y1] = boxOf(block, grid.stride, image);
    lines.cell.say(`${cell.x}, ${cell.y}`, ` of ${grid.w} × ${grid.h}`);
    lines.level.say(`${block.level}`, ` of ${grid.depth} · stride ${strideOf(grid, block.level)}`);
    lines.block.say(`${x1 - x0} × ${y1 - y0}`, ` px at ${x0}, ${y0}`);
    const outside = taps.filter((/** @type {any} */ { owner }) => !owner).length;
    lines.taps.say(`${9 - outside}`, ` read${outside ? `, ${outside} zero` : ""} · ${1 << grid.depth} cells apart`);
    const inactive = taps.filter((/** @type {any} */ tap) => tap.owner && !isActive(tap));
    lines.owner.say(inactive.length ? ownerText(inactive[0]) : "none",
      inactive.length > 1 ? ` + ${inactive.length - 1}` : "");
    const same = features && features.grid.w === grid.w && features.grid.h === grid.h;
    for (const name of MAPS) {
      if (!same) continue;
      const { rgb, text } = featureAt(features, name, cell);
      lines[name].say(text);
      lines[name].swatch.hidden = false;
      lines[name].swatch.style.background = `rgb(${rgb.join(" ")})`;
    }
  };
  return { show, elements: [part("Taps of a 3 × 3 convolution", "taps", "features", null, picture.element),
    part("Cell under the pointer", "cell", "features", null, list(...Object.values(lines)))] };
}

/** @param {{y: number, x: number, owner: {y: number, x: number}}} tap */
const ownerText = ({ y, x, owner }) => `${x},${y} → ${owner.x},${owner.y}`;

/** @param {AnswerStore} answers */
function costPart(answers) {
  const work = createBars("Multiply-adds", operations);
  const time = createBars("Time", (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`);
  const clock = h("p", { class: "lz-note lz-cad-clock" });
  return { element: part("Cost", "cost", "features", null, work.element, time.element, clock), show() {
    const { forest, features } = answers.get();
    work.show(forest ? { strided: forest.macs.strided, adaptive: forest.macs.adaptive, dilated: forest.macs.dilated }
      : null);
    time.show(features ? features.milliseconds : null);
    setText(clock, features ? `${features.device} · ${features.clock}` : "");
    clock.title = clock.textContent ?? "";
  } };
}

/** What three numbers are. */
const spread = () => h("small", { class: "lz-cad-spread" }, " min / mean / max");

/** @param {AnswerStore} answers @param {() => void} askCost @param {import("../../core/context.js").Context} context */
function proofPart(answers, askCost, { store }) {
  const verdict = h("div", { class: "lz-cad-badge" });
  const words = h("span", {});
  const detail = h("small", {});
  verdict.append(h("span", { class: "lz-cad-seal", "aria-hidden": "true" }), h("span", {}, words, detail));
  const lines = { other: line("Other reading"), active: line("Active rows"), forced: line("Forced by brush"),
    all: line("Over all pictures"), rows: line("Rows", spread()), work: line("Work", spread()) };
  const button = h("button", { type: "button", class: "lz-link", onclick: askCost,
    "data-tip": "Rows and multiply-adds depend on what is in the picture" }, "measure");
  lines.all.element.lastElementChild?.append(button);
  return { element: part("Guarantee", "proof", "features", null, verdict,
    list(...Object.values(lines))), show() {
    const { forest, features, cost, counting } = answers.get();
    const { mode } = store.get();
    const proof = features && guarantee(features.badge, mode);
    verdict.toggleAttribute("data-exact", Boolean(proof?.holds));
    verdict.hidden = !proof;
    lines.other.say("–");
    if (proof) {
      setText(words, proof.words);
      setText(detail, proof.number);
      if (mode === "fixed") lines.other.say(difference(features.badge.published), " published");
      else lines.other.say(difference(features.badge.max), features.badge.exact ? " fixed, exact" : " fixed");
    }
    lines.active.say(forest ? percent(forest.active) : "–", forest ? ` · ${whole(forest.total)} rows` : "");
    lines.forced.say(forest ? whole(forest.forced) : "–", " cells");
    button.hidden = counting;
    lines.all.say(counting ? "measuring …" : "");
    lines.all.element.hidden = Boolean(cost);
    for (const each of [lines.rows, lines.work]) each.element.hidden = !cost;
    if (!cost) return;
    lines.rows.say(rangeOf(cost.active));
    lines.rows.element.title = "Over the pictures that ship, as a share of all fine cells";
    lines.work.say(rangeOf(cost.share));
    lines.work.element.title = "Multiply-adds over the pictures that ship, of the dilated network's";
  } };
}

/** @param {{min: number, mean: number, max: number}} spread */
const rangeOf = ({ min, mean, max }) => `${[min, mean, max].map((share) => Math.round(100 * share)).join("/")} %`;

/**
 * @param {import("../../core/context.js").Context} context @param {AnswerStore} answers @param {() => void} askCost
 * @returns {HTMLElement[]}
 */
export function createCadDock(context, answers, askCost) {
  const cell = cellPart(answers, context);
  const cost = costPart(answers);
  const proof = proofPart(answers, askCost, context);
  const show = (/** @type {ReadonlySet<string>} */ changed) => {
    if (["hover", "forest", "features"].some((key) => changed.has(key))) cell.show();
    if (changed.has("forest") || changed.has("features")) cost.show();
    proof.show();
  };
  answers.subscribe((_, changed) => show(changed));
  show(new Set(["hover", "forest", "features"]));
  return [...cell.elements, cost.element, proof.element, ...createAccuracy(answers)];
}
