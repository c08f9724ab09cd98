// @ts-check
/** The options of a trained pipeline: who says where to look, labels of the picture, which features. */
import { createChannel } from "../../kit/channel.js";
import { choiceOf, numberOf } from "../../core/bound.js";
import { listMenu } from "../../kit/menu.js";
import { h, setText } from "../../kit/dom.js";
import { section } from "../../kit/lines.js";
import { ARRAYS, chooseFile, takeDrops } from "../../shell/intake.js";
import { knowsTruth } from "./answer.js";
import { wantsFeatures } from "./asking.js";
import { ownTruth } from "./truths.js";
import { checkpointOf, finds } from "./words.js";
import { say, t } from "../../core/text.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("../../core/store.js").Store<import("./asking.js").Answers>} AnswerStore
 */

/**
 * The view and the tool that a source of knowledge wants.
 * @param {State} state @param {State["learnedFrom"]} learnedFrom @returns {Partial<State>}
 */
export function fromPatch(state, learnedFrom) {
  const byHand = learnedFrom === "paint" || learnedFrom === "edges";
  if (!byHand) return { learnedFrom };
  const tool = state.tool === "erase" ? "erase" : "paint";
  return { learnedFrom, tool, learnedLeft: "saliency" };
}

/** @param {Context} context @param {AnswerStore} answers */
function lookPart(context, answers) {
  const { store, schema, live, host, actions } = context;
  const from = choiceOf(context, "learnedFrom", { thirds: true, choose: (value) => {
    if (value === "file" && !live.get().file) actions.openMap({ learnedFrom: value });
    else store.set(fromPatch(store.get(), value), { history: true });
  } });
  const lambda = numberOf(context, "learnedLambda");
  const strength = numberOf(context, "strength");
  const note = h("p", { class: "lz-note" });
  const pick = h("button", { type: "button", class: "lz-link",
    onclick: () => actions.openMap({ learnedFrom: "file" }) }, t("saliency.another"));
  const element = takeDrops(section(schema.field("learnedFrom").label, from.element, note, pick, lambda.element,
    strength.element), (file) => actions.takeMap(file, { learnedFrom: "file" }));
  return { element, refresh() {
    const state = store.get();
    const checkpoint = checkpointOf(host, state);
    const adjusts = checkpoint?.adjusts ?? [];
    element.hidden = adjusts.length === 0;
    for (const { refresh } of [from, lambda, strength]) refresh();
    for (const kind of ["truth", "paint", "edges", "file"]) {
      const without = kind === "truth" && answers.get().room && !knowsTruth(answers.get().room);
      from.setReason(!adjusts.includes(kind) ? t("look.cannot", { system: checkpoint?.systemTitle ?? "" })
        : without ? t("truth.noneBelow") : null, kind);
    }
    setText(note, t(`look.note.${state.learnedFrom}`));
    pick.hidden = state.learnedFrom !== "file";
    lambda.element.hidden = !checkpoint?.lambda || state.learnedFrom === "network";
    strength.element.hidden = state.learnedFrom !== "paint" || !["lz", "lzu"].includes(checkpoint?.system ?? "");
  } };
}


/** What is true of the picture: labels, or boxes where a detector is. @param {Context} context
 * @param {AnswerStore} answers @param {Asking} asking */
function truthPart(context, answers, asking) {
  const { store, host } = context;
  const boxed = () => finds(checkpointOf(host, store.get()));
  const take = (/** @type {File} */ file) => asking.addTruth(file, file.name);
  const note = h("p", { class: "lz-note" });
  const add = h("button", { type: "button", class: "lz-link",
    onclick: () => chooseFile(take, boxed() ? ".json,application/json" : ARRAYS) });
  const drop = h("button", { type: "button", class: "lz-link", onclick: asking.dropTruth }, t("truth.remove"));
  const element = takeDrops(section("", note, h("div", { class: "lz-row" }, add, drop)), take);
  const head = /** @type {HTMLElement} */ (element.firstElementChild);
  return { element, refresh() {
    const { room } = answers.get();
    const own = ownTruth(context, answers);
    const boxes = boxed();
    const shipped = boxes ? Boolean(room?.found?.true) && !own : room?.truth && !own;
    const words = boxes ? "truth.boxes" : "truth";
    // Bodies in space, and the boxes of a drawn drive, come with a picture or not at all.
    element.hidden = boxes && (checkpointOf(host, store.get())?.task !== "detection" || Boolean(shipped));
    drop.hidden = !own;
    setText(head, t(words));
    element.setAttribute("aria-label", t(words));
    add.dataset.tip = t(boxes ? "truth.boxes.help" : "truth.help");
    setText(add, t(own ? "truth.choose" : shipped ? "truth.use" : boxes ? "truth.boxes.add" : "truth.add"));
    const known = room?.truth ? t("truth.shipped")
      : room?.answer.truthNote ? say(room.answer.truthNote) : t(boxes ? "truth.boxes.absent" : "truth.absent");
    const none = own && boxes && room?.found && !room.found.true ? [t("truth.boxes.notThis")] : [];
    setText(note, own ? t("facts", { facts: [own.title, ...own.notes, ...none] }) : known);
  } };
}

/** @param {Context} context @param {AnswerStore} answers */
function featurePart(context, answers) {
  const { store } = context;
  const channel = createChannel(context, "learnedChannel", () => answers.get().features?.channels ?? 2048);
  const stage = h("div", {});
  let listed = "";
  /** @type {ReturnType<typeof listMenu> | null} */
  let menu = null;
  const element = section(context.schema.field("learnedStage").label, stage, channel.element);
  return { element, refresh() {
    const list = /** @type {{name: string, title: string, channels: number, h: number, w: number}[]} */ (
      answers.get().room?.answer.features ?? []);
    const { learnedStage } = store.get();
    element.hidden = !list.length || !wantsFeatures(answers.get().room, store.get());
    const names = JSON.stringify(list);
    if (names !== listed && list.length) {
      listed = names;
      menu = listMenu(t("stage"), list.map(({ name, title, channels, h: rows, w }) => ({ value: name, title,
        note: `${channels} × ${w} × ${rows}`, data: true })),
      (value) => store.set({ learnedStage: value }, { history: true }));
      stage.replaceChildren(menu.element);
    }
    menu?.show(learnedStage === "auto" ? answers.get().features?.stage ?? list[0]?.name : learnedStage);
    channel.refresh();
  } };
}

/** @typedef {{addTruth: (blob: Blob, title: string) => void, dropTruth: () => void}} Asking */

/**
 * @param {Context} context @param {AnswerStore} answers @param {Asking} asking
 * @returns {{elements: HTMLElement[], refresh: () => void}}
 */
export function createLearnedRail(context, answers, asking) {
  const parts = [lookPart(context, answers), featurePart(context, answers), truthPart(context, answers, asking)];
  return { elements: parts.map(({ element }) => element), refresh: () => parts.forEach(({ refresh }) => refresh()) };
}
