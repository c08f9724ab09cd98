// @ts-check
/**
 * What is asked of Python about a trained pipeline: the whole room, samples alone while a hand is at work, features,
 * times, one pixel, snapshots of the training. The newest wins, and the last answer stays.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("./answer.js").Room} Room
 *
 * @typedef {import("../../core/store.js").Store<Answers>} AnswerStore
 *
 * @typedef {object} Answers
 * @property {Room | null} room
 * @property {boolean} asking     the room of the state is on its way
 * @property {any} features       with decoded rasters
 * @property {any} time           median times, until something else is shown
 * @property {boolean} timing
 * @property {Training | null} training
 * @property {any} pixel          the answer about a place, with its x and y
 * @property {import("./hover.js").Place | null} hover
 * @property {number | null} pointed  the class whose row is pointed at
 * @property {number | null} chosen   the class whose row was pressed
 * @property {import("./found.js").Which | null} box  under the pointer
 * @property {import("./found.js").Which | null} row  the box whose line is pointed at
 * @property {Readonly<Record<string, import("./truths.js").OwnTruth>>} truths  what the visitor says is true
 *
 * @typedef {{checkpoint: string, kind: "saliency" | "nodes", steps: readonly number[], h: number, w: number,
 *   maps: readonly Float32Array[], low: number, high: number, picture: string, sentence: string}} Training
 */

import { debounce } from "../../kit/dom.js";
import { decode } from "../../core/images.js";
import { newestOnly } from "../../core/newest.js";
import { createCalls } from "../../core/calls.js";
import { wireState } from "../../core/client.js";
import { floatsFromBase64, fromBase64 } from "../../core/wire.js";
import * as codec from "../../engine/codec.js";
import { decodeRoom, shownViews } from "./answer.js";
import { createTruths } from "./truths.js";
import { checkpointOf } from "./words.js";
import { ROUTES } from "../../schema/routes.js";
import { t } from "../../core/text.js";

/** @returns {Answers} */
export const noAnswers = () => ({ room: null, asking: false, features: null, time: null, timing: false, training: null,
  pixel: null, hover: null, pointed: null, chosen: null, box: null, row: null, truths: {} });

/** What goes with a room. @type {Partial<Answers>} */
const NO_ANSWER = Object.freeze({ room: null, features: null, time: null, pixel: null, hover: null, chosen: null,
  box: null, row: null });

/** Whether an answer is another model's. @param {{checkpoint?: string}} answer @param {string} name */
export const isOther = ({ checkpoint }, name) => checkpoint !== undefined && checkpoint !== name;

/**
 * The next answer is on its way. What one model said is never shown as that of another.
 * @param {AnswerStore} answers @param {string} name  of the model that is asked
 */
function begin(answers, name) {
  const { room } = answers.get();
  answers.set({ ...(room && isOther(room.answer, name) && NO_ANSWER), asking: true });
}

const PAUSE = 160;
const PIXEL_PAUSE = 140;

/** What of the state the room depends on; of the maps only the one that says where to look. @param {State} state */
export function roomKeys({ learnedFrom }) {
  const maps = learnedFrom === "paint" ? ["paint", "strength"] : learnedFrom === "edges" ? ["edgePaint"] : [];
  return ["image", "checkpoint", "learnedFrom", ...(learnedFrom === "network" ? [] : ["learnedLambda"]), ...maps];
}

/** @param {string} text  base64 of a PNG or WebP */
const picture = (text) => decode(new Blob([fromBase64(text)], {
  type: text.startsWith("UklGR") ? "image/webp" : "image/png" }), Infinity);

/**
 * Calls that are busy while they run and told in one line when they fail.
 * @param {Context} context @param {import("../../core/rooms.js").Question} question
 * @param {ReturnType<typeof createTruths>} truths @param {() => boolean} on
 */
function createQuestioner(context, question, truths, on) {
  const shared = createCalls(context, on);
  let seq = 0;

  /** @param {string} path @param {object} more */
  const call = (path, more) => question(path, async () => ({ truth: await truths.id(), seq: ++seq, ...more,
    ...(context.live.get().film?.before && SLOW.has(path) && { before: context.live.get().film?.before }) }));
  context.brought.giver("truth", async () => {
    const own = truths.own();
    if (!own) return false;
    truths.put({ ...own, ids: {} });
    await context.brought.answered(truths.id);
    return true;
  });

  /**
   * @param {string} path @param {string} what @param {() => Promise<object> | object} more
   * @param {(answer: any, mine: number) => Promise<void> | void} take @param {() => void} again
   * @returns {Promise<boolean>} whether it was answered
   */
  function ask(path, what, more, take, again) {
    const mine = ++seq;
    return shared(what, async () => call(path, await more()), (answer) => take(answer, mine), again);
  }
  /**
   * What was brought as true; what is refused takes the place of none.
   * @param {Blob} blob @param {string} title @returns {Promise<boolean>}
   */
  const bring = (blob, title) => shared(t("truth.refused", { name: title }),
    () => truths.hand(truths.made(blob, title)), truths.put, () => void bring(blob, title));
  return { ask, call, bring };
}

/** Questions that run the network. @type {ReadonlySet<string>} */
const SLOW = new Set([ROUTES.pipeline.path, ROUTES.pipelineFeatures.path, ROUTES.pipelineTimes.path]);

const nothing = () => ({});

/**
 * Whether a view shows features, because they were chosen or because this pipeline has nothing else there.
 * @param {Room | null} room @param {State} state
 */
export function wantsFeatures(room, state) {
  const { left, right } = shownViews(room, state, false);
  return left === "features" || right === "features";
}

/**
 * What can be asked besides the room.
 * @param {ReturnType<typeof createQuestioner>} calls @param {AnswerStore} answers @param {() => string} checkpoint
 */
function createQuestions({ ask, call }, answers, checkpoint) {
  const features = newestOnly(async () => {
    await ask(ROUTES.pipelineFeatures.path, t("pipeline.noFeatures"), nothing, (answer) => {
      if (features.waiting()) return;
      const raster = (/** @type {any} */ map) => map && { width: map.w, height: map.h, data: opaque(map.image) };
      answers.set({ features: { ...answer, zoomed: raster(answer.zoomed), unzoomed: raster(answer.unzoomed) } });
    }, () => void features.run());
  });

  const time = newestOnly(async () => {
    answers.set({ timing: true });
    await ask(ROUTES.pipelineTimes.path, t("pipeline.noTimes"), nothing,
      (answer) => answers.set({ time: answer }), () => void time.run());
    answers.set({ timing: false });
  });

  const training = newestOnly(async () => {
    const name = checkpoint();
    if (answers.get().training?.checkpoint === name) return;
    await ask(ROUTES.pipelineTraining.path, t("pipeline.noTraining"), nothing, (answer) => {
      const values = floatsFromBase64(answer.data);
      const cells = answer.h * answer.w * (answer.kind === "nodes" ? 2 : 1);
      const maps = answer.steps.map((/** @type {number} */ _, /** @type {number} */ k) =>
        values.subarray(k * cells, (k + 1) * cells));
      answers.set({ training: { ...answer, checkpoint: name, maps } });
    }, () => void training.run());
  });

  const pixel = newestOnly(async () => {
    const { hover, room } = answers.get();
    if (!hover || !room || room.stale) return;
    const [x, y] = hover.source;
    try {
      const answer = await call(ROUTES.pipelinePixel.path, { x, y });
      if (answers.get().hover === hover) answers.set({ pixel: { ...answer, hover } });
    } catch {
      // What stands there is right without it; the next place asks again.
    }
  });
  return { features, time, training, pixel };
}

/**
 * @param {import("../../viewer/room.js").Place<Answers>} place
 */
export function createAsking({ context, question, answers, on: open, scene }) {
  const { store, live, host } = context;
  const shown = () => scene()?.strokes.shown(store.get()) ?? store.get(); // with a stroke on its way
  const on = () => open() && live.get().image !== null;
  const name = () => checkpointOf(host, store.get())?.name ?? store.get().checkpoint;
  const truths = createTruths(context, answers, name);
  const calls = createQuestioner(context, question, truths, on);
  const { features, time, training, pixel } = createQuestions(calls, answers, name);
  let taken = 0;

  /** @param {any} answer @param {number} mine */
  async function takeRoom(answer, mine) {
    const { image } = live.get();
    if (!image || mine < taken || isOther(answer, name())) return;
    const before = answers.get().room;
    const room = await decodeRoom(answer, image, before?.picture === image ? before : null, picture);
    if (!room || mine < taken || isOther(answer, name())) return;
    taken = mine;
    answers.set({ room, pixel: null, time: null, box: null, row: null });
    if (!answer.labels && !answer.found) return;
    live.set({ answer: { sentence: answer.sentence, milliseconds: answer.total?.ms }, answered: store.get() });
    if (featuresShown()) void features.run();
  }

  let running = false;
  const whole = newestOnly(async () => {
    running = true;
    answers.set({ asking: true });
    const fine = await calls.ask(ROUTES.pipeline.path, t("pipeline.failed"), nothing, takeRoom,
      () => void whole.run());
    const { room } = answers.get();
    if (!fine && room?.picture !== live.get().image) answers.set(NO_ANSWER);
    running = false;
    answers.set({ asking: whole.waiting() });
  });

  /** Where the samples go, without the network; nothing new once the whole of a settled state is on its way. */
  const samples = newestOnly(async () => {
    if (running && !live.get().painting) return;
    await calls.ask(ROUTES.pipeline.path, t("pipeline.notMoved"),
      async () => ({ only: "warp", state: await wireState(shown(), codec) }), takeRoom, () => void whole.run());
  });

  /** After a pause, and never in the middle of a stroke. */
  const wholeSoon = debounce(() => {
    if (!on()) return;
    if (live.get().painting) wholeSoon();
    else void whole.run();
  }, PAUSE);
  const featuresShown = () => wantsFeatures(answers.get().room, store.get());
  const featuresSoon = debounce(() => on() && featuresShown() && void features.run(), 60);

  return {
    /** Everything, for a page, a picture or a checkpoint that is new; what is shown stays until the answer comes. */
    all() {
      if (!on() || live.get().film?.passing) return;
      begin(answers, name());
      void (live.get().film ? whole.run() : wholeSoon());
      if (store.get().learnedRight === "training" && checkpointOf(host, store.get())?.snapshots) void training.run();
    },
    /** @param {ReadonlySet<string>} changed keys of the state */
    follow(changed) {
      if (!on()) return;
      const keys = roomKeys(store.get()).filter((key) => changed.has(key) && key !== "image");
      if (keys.length) {
        begin(answers, name());
        const known = store.get().learnedFrom !== "network" && !keys.includes("checkpoint");
        if (known && answers.get().room) void samples.run();
        wholeSoon();
      }
      const view = ["learnedLeft", "learnedRight"].some((key) => changed.has(key));
      const other = ["learnedStage", "learnedChannel"].some((key) => changed.has(key));
      if (view ? !answers.get().features : other) featuresSoon();
      if (store.get().learnedRight === "training" && (changed.has("learnedRight") || changed.has("checkpoint"))) {
        void training.run();
      }
    },
    stroke: () => void samples.run(),
    pixelSoon: debounce(() => on() && void pixel.run(), PIXEL_PAUSE),
    time: () => void time.run(),
    /** What the visitor says is true of the picture of now. @param {Blob} blob @param {string} title */
    async addTruth(blob, title) {
      if (await calls.bring(blob, title)) void whole.run();
    },
    /** What Python knows by that the visitor says is true; null: nothing is said. */
    truth: () => truths.now(),
    dropTruth() {
      truths.put(null);
      void whole.run();
    },
  };
}

/** Opaque pixels of (h, w, 3) bytes. @param {string} text base64 */
function opaque(text) {
  const rgb = fromBase64(text);
  const data = new Uint8ClampedArray((4 * rgb.length) / 3);
  for (let k = 0, to = 0; k < rgb.length; k += 3, to += 4) {
    data[to] = rgb[k];
    data[to + 1] = rgb[k + 1];
    data[to + 2] = rgb[k + 2];
    data[to + 3] = 255;
  }
  return data;
}
