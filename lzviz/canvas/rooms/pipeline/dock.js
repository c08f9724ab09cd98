// @ts-check
/** The dock of a trained pipeline: classes (the legend), the place under the pointer, stages in time, scores. */
import { fixed, milliseconds, operations, pair, percent } from "../../kit/format.js";
import { h, setText } from "../../kit/dom.js";
import { line, list, part } from "../../kit/lines.js";
import { extentOf } from "../../viewer/hover.js";
import { NONE } from "../../viewer/layers/own/labels.js";
import { splitName, checkpointOf, points, validation, waterfall } from "./words.js";
import { FORMATS, say, t } from "../../core/text.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("./asking.js").Answers} Answers
 * @typedef {import("../../core/store.js").Store<Answers>} AnswerStore
 * @typedef {import("./answer.js").Room} Room
 */

/**
 * Classes with their share and, where labels are known, their IoU; a row makes its class stand out.
 * @param {AnswerStore} answers
 */
function classPart(answers) {
  const body = h("tbody");
  const head = h("tr", {}, h("th", { scope: "col" }, t("classes.class")), h("th", { scope: "col" }, t("classes.share")),
    ...["truth", "iou"].map((name) => h("th", { scope: "col", class: "lz-learned-truth" }, t(`classes.${name}`))));
  const table = h("table", { class: "lz-coordinates lz-learned-classes" }, h("thead", {}, head), body);
  const side = h("span", {});
  const element = part(t("classes"), "lz-learned-legend", side, h("div", { class: "lz-learned-scroll" }, table));
  /** @type {Room | null} */
  let shown = null;
  /** @type {HTMLElement[]} */
  let rows = [];
  const point = (/** @type {number | null} */ pointed) => () => answers.set({ pointed });

  /** @param {Room} room */
  function fill({ classes, truth }) {
    rows = classes.map(({ name, colour, share }, k) => {
      const known = truth?.perClass.find((each) => each.name === name);
      const swatch = h("span", { class: "lz-colour", "aria-hidden": "true", style: `background:${colour}` });
      const button = h("button", { type: "button", class: "lz-learned-class", onfocus: point(k), onblur: point(null),
        onclick: () => answers.set({ chosen: answers.get().chosen === k ? null : k }) },         swatch, h("span",
          { translate: "no" }, name));
      const iou = known?.iou;
      const bar = h("i", { style: `width:${Math.round(100 * (iou ?? 0))}%` });
      return h("tr", { onpointerenter: point(k), onpointerleave: point(null) }, h("th", { scope: "row" }, button),
        h("td", {}, percent(share)), truth && h("td", {}, known ? percent(known.truth) : "–"),
        truth && h("td", { class: "lz-learned-iou" }, points(iou),
          h("span", { class: "lz-learned-track", "aria-hidden": "true" }, bar)));
    });
    body.replaceChildren(...rows);
    table.toggleAttribute("data-truth", truth !== null);
    setText(side, truth ? t("score.miouIs", { value: points(truth.miou) }) : t("classes.side"));
  }

  function clear() {
    shown = null;
    rows = [];
    body.replaceChildren();
    table.removeAttribute("data-truth");
    setText(side, "");
  }

  return { element, show() {
    const { room, pointed, chosen, hover } = answers.get();
    if (!room) return clear();
    if (room.answer !== shown?.answer) fill(room);
    shown = room;
    rows.forEach((row, k) => {
      row.toggleAttribute("data-chosen", k === (pointed ?? chosen));
      row.toggleAttribute("data-here", k === hover?.label);
      row.querySelector("button")?.setAttribute("aria-pressed", String(k === chosen));
    });
  } };
}

/** @param {AnswerStore} answers */
function placePart(answers) {
  const lines = { label: line(t("place.label")), truth: line(t("classes.truth")), zoomed: line(t("place.zoomed")),
    predicted: line(t("place.read")), source: line(t("view.source")), footprint: line(t("pixel.footprint")) };
  const top = h("ol", { class: "lz-learned-top", "aria-label": t("place.likely") });
  const element = part(t("place"), "lz-learned-place", null, list(lines), top);
  return { element, show() {
    const { room, hover, pixel } = answers.get();
    for (const { say } of Object.values(lines)) say("–");
    const known = pixel && pixel.hover === hover;
    top.replaceChildren(...(known ? pixel.top.map(likely) : []));
    if (!room || !hover) return;
    const name = (/** @type {number | null} */ k) => (k === null ? null : room.classes[k]);
    const say = (/** @type {keyof typeof lines} */ key, /** @type {number | null} */ k, grey = "") => {
      const found = name(k);
      lines[key].say(found?.name ?? (k === NONE ? t("place.unlabelled") : "–"), grey, found?.colour ?? null);
    };
    const sure = hover.confidence === null ? "" : percent(hover.confidence, 0);
    say("label", hover.label, sure);
    say("truth", hover.truth, hover.truth === null || hover.truth === NONE ? ""
      : t(hover.truth === hover.label ? "place.isRight" : "place.isWrong"));
    say("predicted", hover.predicted);
    lines.source.say(pair(hover.source, 1), t("unit.px"));
    if (hover.pixel) lines.zoomed.say(`${hover.pixel[0]}, ${hover.pixel[1]}`);
    if (hover.level !== null) lines.zoomed.say(t("place.level", { level: hover.level }));
    if (hover.quad.length !== 4) return;
    const [w, tall] = extentOf(hover.quad);
    lines.footprint.say(`${fixed(w, 1)} × ${fixed(tall, 1)}`, t("unit.px"));
  } };

  /** @param {{name: string, index: number, probability: number}} entry */
  function likely({ name, index, probability }) {
    const colour = answers.get().room?.classes[index]?.colour ?? "var(--lz-ink-3)";
    return h("li", {}, h("i", { style: `width:${(100 * probability).toFixed(1)}%;background:${colour}` }),
      h("span", { translate: "no" }, name), h("small", {}, percent(probability)));
  }
}

/** @param {AnswerStore} answers @param {() => void} measure */
function timePart(answers, measure) {
  const rows = h("tbody");
  const button = h("button", { type: "button", class: "lz-link", onclick: measure,
    "data-tip": t("time.tip") }, t("time.it"));
  const clock = h("p", { class: "lz-note lz-learned-clock" });
  const head = h("tr", {}, h("th", { scope: "col" }, t("stage")), h("td", {}), h("th", { scope: "col" }, t("unit.ms")),
    h("th", { scope: "col" }, t("work.short")));
  const element = part(t("time.title"), "lz-learned-time", button,
    h("table", { class: "lz-coordinates lz-learned-stages" }, h("thead", {}, head), rows), clock);
  return { element, show() {
    const { room, time, timing } = answers.get();
    if (!room) {
      rows.replaceChildren();
      return setText(clock, "");
    }
    const { stages, total, device, clock: how } = { ...room.answer, ...time };
    button.toggleAttribute("data-busy", timing);
    setText(button, t(timing ? "measuring" : time ? "time.again" : "time.it"));
    const row = (/** @type {any} */ { title, ms, macs, p95, start, length }) => h("tr", {},
      h("th", { scope: "row" }, title), h("td", { class: "lz-learned-fall" }, h("span", {}, h("i", {
        style: `left:${(100 * start).toFixed(1)}%;width:max(1px,${(100 * length).toFixed(1)}%)` }))),
      h("td", { title: p95 ? t("time.p95", { time: milliseconds(p95) }) : null }, FORMATS.ms(ms)),
      h("td", {}, macs ? operations(macs) : "–"));
    const sum = { title: t("time.total"), ms: total.ms, macs: total.macs, p95: total.p95, start: 0, length: 0 };
    const last = row(sum);
    last.classList.add("lz-learned-total");
    last.children[1].replaceChildren();
    rows.replaceChildren(...waterfall(stages).map(row), last);
    setText(clock, t("facts", { facts: [device, how && say(how)].filter(Boolean) }));
    clock.title = clock.textContent ?? "";
  } };
}

/** @param {Context} context @param {AnswerStore} answers */
function scorePart({ host, store }, answers) {
  const lines = { here: line(t("score.here")), accuracy: line(t("score.accuracy")),
    intrinsic: line(t("score.intrinsic")), distance: line(t("score.distance")), shipped: line(t("score.miou")),
    boundary: line(t("score.boundary")), weights: line(t("cad.weights")), work: line(t("work")),
      memory: line(t("score.memory")) };
  lines.intrinsic.element.setAttribute("data-tip", t("score.intrinsic.help"));
  const element = part(t("score"), "lz-learned-scores", null, list(lines));
  return { element, show() {
    const { room } = answers.get();
    if (!room) return Object.values(lines).forEach((line) => line.say("–"));
    const { truth, answer } = room;
    const checkpoint = checkpointOf(host, store.get());
    const { split, metrics } = validation(checkpoint);
    lines.here.say(truth ? points(truth.miou) : "", truth ? "" : t("score.noLabels"));
    lines.accuracy.say(points(truth?.accuracy));
    lines.intrinsic.say(points(truth?.intrinsic));
    if (answer.wantedMesh) lines.distance.say(fixed(answer.wantedMesh.distance, 3), t("unit.rms"));
    setText(lines.shipped.label, t("score.miouOn",
      { split: splitName(split) }));
    lines.shipped.say(points(metrics?.miou));
    lines.boundary.say(points(metrics?.boundary));
    lines.weights.say(checkpoint?.parameters ? operations(checkpoint.parameters) : "–");
    lines.work.say(answer.total?.macs ? operations(answer.total.macs) : "–");
    lines.memory.say(answer.memory ? t("unit.mb", { value: answer.memory.bytes / 2 ** 20 }) : "–");
    for (const key of /** @type {const} */ (["accuracy", "intrinsic"])) lines[key].element.hidden = !truth;
    lines.distance.element.hidden = !answer.wantedMesh;
    lines.memory.element.hidden = !answer.memory;
    lines.memory.element.title = answer.memory ? say(answer.memory.kind) : "";
    lines.weights.element.hidden = !checkpoint?.parameters;
    for (const key of /** @type {const} */ (["shipped", "boundary"])) {
      lines[key].element.hidden = !(key === "shipped" ? metrics?.miou : metrics?.boundary);
    }
  } };
}

/**
 * The parts of a detector, which take the place of others once they are fetched.
 * @param {Context} context @param {AnswerStore} answers
 * @param {{classes: HTMLElement, place: HTMLElement, scores: HTMLElement}} others
 */
function lateDock(context, answers, { classes, place, scores }) {
  /** @type {ReturnType<typeof import("./found_dock.js").createFoundDock> | null} */
  let made = null;
  let fetching = false;
  const own = () => (made ? [made.boxes, made.box, made.scores] : []);

  /** @param {ReadonlySet<string>} changed */
  return function show(changed) {
    const finds = Boolean(answers.get().room?.found);
    [classes, place, scores].forEach((element) => { element.hidden = finds; });
    own().forEach((element) => { element.hidden = !finds; });
    if (!finds) return;
    if (made) return void (["room", "box", "row"].some((key) => changed.has(key)) && made.show());
    if (fetching) return;
    fetching = true;
    void import("./found_dock.js").then(({ createFoundDock }) => {
      made = createFoundDock(context, answers);
      classes.before(made.boxes);
      place.before(made.box);
      scores.before(made.scores);
      show(new Set(["room"]));
    });
  };
}

/**
 * @param {Context} context @param {AnswerStore} answers @param {() => void} measure
 * @returns {HTMLElement[]}
 */
export function createLearnedDock(context, answers, measure) {
  const [classes, place] = [classPart(answers), placePart(answers)];
  const [time, scores] = [timePart(answers, measure), scorePart(context, answers)];
  const finds = lateDock(context, answers, { classes: classes.element, place: place.element, scores: scores.element });
  const show = (/** @type {ReadonlySet<string>} */ changed) => {
    finds(changed);
    if (answers.get().room?.found && !changed.has("room")) {
      if (changed.has("time") || changed.has("timing")) time.show();
      return;
    }
    const has = (/** @type {(keyof Answers)[]} */ ...keys) => keys.some((key) => changed.has(key));
    if (has("room", "pointed", "chosen", "hover")) classes.show();
    if (has("room", "hover", "pixel")) place.show();
    if (has("room", "time", "timing")) time.show();
    if (has("room")) scores.show();
  };
  answers.subscribe((_, changed) => show(changed));
  context.store.subscribe((_, changed) => changed.has("foundScore") && finds(new Set(["room"])));
  show(new Set(["room"]));
  return [classes, place, time, scores].map(({ element }) => element);
}
