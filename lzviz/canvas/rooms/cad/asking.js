// @ts-check
/**
 * What is asked of Python: masks, features, key points, cost over pictures. The newest wins: of each kind one call is
 * in flight and at most one waits; an answer to a state that is no longer shown is dropped.
 *
 * @typedef {import("../../core/store.js").State} State
 *
 * @typedef {object} Answers
 * @property {import("./model.js").Mask | null} mask
 * @property {import("../../schema/contract.js").Features | null} features
 * @property {import("./segmentation.js").Segmentation | null} segmentation
 * @property {import("../../schema/contract.js").Keypoints | null} keypoints
 * @property {import("../../schema/contract.js").Cost | null} cost
 * @property {boolean} counting the cost over the pictures is on its way
 * @property {import("./model.js").Forest | null} forest  what is drawn
 * @property {import("./hover.js").CellHover | null} hover  the cell under the pointer
 * @property {number | null} curve  whose matches are shown; null: the last one's
 * @property {import("./keypoints.js").Match | null} match  under the pointer
 */

import { debounce } from "../../kit/dom.js";
import { newestOnly } from "../../core/newest.js";
import { createCalls } from "../../core/calls.js";
import { decodeMask, fits, MASK_KEYS, viewOf, viewRoute } from "./model.js";
import { decodeSegmentation } from "./segmentation.js";
import { ROUTES } from "../../schema/routes.js";
import { t } from "../../core/text.js";

/** @returns {Answers} */
export const noAnswers = () =>
  ({ mask: null, features: null, segmentation: null, keypoints: null, cost: null, counting: false, forest: null,
    hover: null, curve: null, match: null });

/** What of the state the features depend on besides the mask. */
const FEATURE_KEYS = ["cadOperator", "cadThreshold", "cadPaint", "cadChannel", "mode", "cadLevels", "cadMask",
  "cadDilation", "cadKeep", "cadNetwork", "image", "cadView"];

const PAUSE = 160;

/**
 * @param {import("../../viewer/room.js").Place<Answers>} place
 */
export function createAsking({ context: { store, live, again, host }, question, answers, on: shown }) {
  let seq = 0;
  let waited = 0;
  const on = () => shown() && live.get().image !== null;
  const calls = createCalls({ store, live, again }, on);

  /**
   * @template {string} P
   * @param {P} path @param {string} what
   * @param {(answer: import("../../core/client.js").Answer<P>, state: State) => Promise<void> | void} take
   * @param {() => void} again
   */
  async function ask(path, what, take, again) {
    const state = store.get();
    await calls(what, () => question(path, () => ({ seq: ++seq })), (answer, ms) => {
      waited = ms;
      return take(answer, state);
    }, again);
  }

  /**
   * For the status bar: the sentence; and the time, where no clock is asked for it.
   * @param {{sentence: import("../../core/text.js").Text}} answer @param {State} state @param {number} [milliseconds]
   */
  const tell = ({ sentence }, state, milliseconds) => live.set({ answer: { sentence, milliseconds }, answered: state });

  const mask = newestOnly(() => ask(ROUTES.cadMask.path, t("cad.noMask"), (answer, state) => {
    if (mask.waiting()) return;
    const decoded = decodeMask(answer);
    if (fits(decoded, state)) answers.set({ mask: decoded });
  }, () => void mask.run()));

  const features = newestOnly(() => ask(ROUTES.cadFeatures.path, t("cad.noFeatures"), (answer, state) => {
    if (features.waiting()) return;
    answers.set({ features: answer });
    tell(answer, state);
  }, () => void features.run()));

  const segmentation = newestOnly(() => ask(ROUTES.cadSegmented.path, t("cad.noSegmentation"),
    async (answer, state) => {
      if (segmentation.waiting()) return;
      answers.set({ segmentation: await decodeSegmentation(answer) });
      tell(answer, state);
    }, () => void segmentation.run()));

  const keypoints = newestOnly(() => ask(ROUTES.cadKeypoints.path, t("cad.noKeypoints"), (answer, state) => {
    if (keypoints.waiting()) return;
    answers.set({ keypoints: answer });
    tell(answer, state, waited);
  }, () => void keypoints.run()));

  const cost = newestOnly(async () => {
    answers.set({ counting: true });
    await ask(ROUTES.cadCost.path, t("cad.noCost"), (answer) => answers.set({ cost: answer }),
      () => void cost.run());
    answers.set({ counting: false });
  });

  /** After a pause, and never in the middle of a stroke. */
  const featuresSoon = debounce(() => {
    if (!on()) return;
    if (live.get().painting) return featuresSoon();
    const state = store.get();
    const said = { image: live.get().image?.id, state };
    if (host.transport.answers(viewRoute(state), said)) void { keypoints, segmentation, features }[viewOf(state)].run();
    else if (answers.get().features) answers.set({ features: null }); // those of another state
  }, PAUSE);
  const maskSoon = debounce(() => on() && void mask.run(), 60);

  return {
    /** Everything, for a page or picture that is new. */
    all() {
      answers.set(noAnswers());
      if (!on() || live.get().film?.passing) return;
      void mask.run();
      featuresSoon();
    },
    /** @param {ReadonlySet<string>} changed keys of the state */
    follow(changed) {
      if (!on()) return;
      if (MASK_KEYS.some((key) => changed.has(key))) maskSoon();
      if (FEATURE_KEYS.some((key) => changed.has(key))) featuresSoon();
      if ([...changed].some((key) => COST_KEYS.has(key))) answers.set({ cost: null });
    },
    cost: () => void cost.run(),
  };
}

const COST_KEYS = new Set(["cadLevels", "cadMask", "cadOperator", "cadThreshold", "cadDilation", "cadKeep",
  "cadNetwork"]);
