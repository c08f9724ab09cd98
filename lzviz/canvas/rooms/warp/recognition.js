// @ts-check
/**
 * What a network that knows the world recognises: in the whole picture, and in the same few pixels spent uniformly and
 * spent by this warp. It follows the brush: while a stroke lasts, the next question is asked when one is answered.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../schema/contract.js").Recognised} Recognised
 * @typedef {{recognised: Recognised | null}} Answers
 * @typedef {import("../../viewer/room.js").Place<Answers>} Place
 */

import { createCalls } from "../../core/calls.js";
import { wireState } from "../../core/client.js";
import { newestOnly } from "../../core/newest.js";
import { say, t } from "../../core/text.js";
import * as codec from "../../engine/codec.js";
import { debounce, h, setText } from "../../kit/dom.js";
import { percent } from "../../kit/format.js";
import { ROUTES } from "../../schema/routes.js";
import { WARP_KEYS } from "./given.js";

const PAUSE = 120;
const TAKEN = /** @type {const} */ (["whole", "uniform", "warped"]);
const LIKELY = 5;

/** @returns {Answers} */
export const nothingRecognised = () => ({ recognised: null });

/** Whether somebody can answer. @param {Context} context */
export const recognises = ({ host }) => host.transport.answers(ROUTES.recognised.path);

/** @param {Place} place */
export function createRecognising({ context, question, answers, on, scene }) {
  const { store, live } = context;
  const wanted = () => on() && store.get().panel === "recognition" && live.get().image !== null && recognises(context);
  const shown = () => scene()?.strokes.shown(store.get()) ?? store.get(); // with a stroke on its way
  const calls = createCalls(context, wanted);
  let seq = 0;

  const run = newestOnly(async () => {
    if (!wanted()) return;
    const state = shown();
    await calls(t("recognition.failed"),
      () => question(ROUTES.recognised.path, async () => ({ seq: ++seq, state: await wireState(state, codec) })),
      (answer) => answers.set({ recognised: answer }), () => void run.run());
    if (live.get().painting && wanted()) void run.run();
  });
  const soon = debounce(() => (live.get().film?.passing ? undefined : void run.run()), PAUSE);

  return {
    all() {
      answers.set(nothingRecognised());
      soon();
    },
    /** @param {ReadonlySet<string>} changed keys of the state */
    follow(changed) {
      if (changed.has("panel") || WARP_KEYS.some((key) => changed.has(key))) soon();
    },
    stroke: () => void run.run(),
  };
}

/** A column: where pixels were taken, and what the network says of them. @param {typeof TAKEN[number]} taken */
function column(taken) {
  const size = h("small", {});
  const rows = Array.from({ length: LIKELY }, () => {
    const [name, share, bar] = [h("span", { translate: "no" }), h("b", {}), h("i", { "aria-hidden": "true" })];
    return { name, share, bar, element: h("li", {}, name, share, bar) };
  });
  const head = h("h3", {}, t(`recognition.${taken}`), " ", size);
  const element = h("div", { class: "lz-seen-column", "data-taken": taken }, head,
    h("ol", { "aria-label": t(`recognition.${taken}`) }, ...rows.map((row) => row.element)));
  return { element,
    /** @param {Recognised | null} answer */
    show(answer) {
      const reading = answer?.[taken];
      setText(size, reading ? t("recognition.size", { width: reading.size[1], height: reading.size[0] }) : "");
      const [height, width] = answer?.seen ?? [0, 0];
      const tip = !reading ? "" : taken === "whole" ? t("recognition.whole.tip")
        : t("recognition.size.tip", { count: reading.size[0] * reading.size[1], width, height });
      head.setAttribute("data-tip", tip);
      rows.forEach(({ name, share, bar, element: row }, at) => {
        const likely = reading?.likely[at];
        row.hidden = Boolean(reading) && !likely;
        setText(name, likely?.name ?? "–");
        name.title = likely?.name ?? "";
        setText(share, likely ? percent(likely.share, 0) : "");
        bar.style.width = `${(100 * (likely?.share ?? 0)).toFixed(1)}%`;
      });
    } };
}

/** What the network is given. @param {Recognised} answer */
const given = ({ warped, seen: [height, width] }) => ({ count: warped.size[0] * warped.size[1], width, height });

/** @param {import("../../core/store.js").Store<Answers>} answers */
export function createRecognition(answers) {
  const columns = TAKEN.map(column);
  const by = h("p", { class: "lz-note" });
  const sentence = h("p", { class: "lz-hidden", "aria-live": "polite" });
  const element = h("div", { class: "lz-seen", role: "group", "aria-label": t("recognition.title"), tabindex: "0" },
    ...columns.map(({ element: each }) => each), by, sentence);
  const show = () => {
    const { recognised } = answers.get();
    for (const each of columns) each.show(recognised);
    setText(by, recognised ? t("recognition.by", { network: recognised.network, weights: recognised.weights,
      given: { key: "recognition.given", values: given(recognised) } }) : "");
    setText(sentence, recognised ? say(recognised.sentence) : "");
  };
  answers.subscribe(show);
  show();
  return element;
}
