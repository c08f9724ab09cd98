// @ts-check
/**
 * A detector on a film: each frame is read where the last one's boxes were, timed, and scored; fetched with the first
 * film.
 *
 * @typedef {import("./asking.js").Answers} Answers
 * @typedef {import("./answer.js").Room} Room
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/film.js").Film} Film
 * @typedef {import("../../core/context.js").Before} Before
 * @typedef {import("../../schema/contract.js").FilmScore} Score
 *
 * @typedef {object} Seen  a frame that was answered
 * @property {Room} room
 * @property {Before} before   what it hands on
 * @property {number} ms
 * @property {number | null} from  the frame whose boxes said where to look; null: none did
 *
 * @typedef {object} Watch  what is known of a film
 * @property {Map<number, Seen>} seen
 * @property {{frame: number, ready: number}[]} taken  while it does not wait
 * @property {number} every    ms between frames; 0: it waits
 * @property {boolean | null} follows  whether boxes of the frame before are handed on; null: as the detector is meant
 * @property {Score | null} score
 * @property {Map<number, import("./late.js").Judged | null>} judged  frames that passed, by what was known then
 * @property {Map<string, {title: string, ap: number | null, count: number}>} others  what other detectors came to on
 *   this film, by checkpoint
 * @property {number} at
 */

import { askServer } from "../../core/client.js";
import { newestOnly } from "../../core/newest.js";
import { following, known, momentOf, passed, readyAt } from "../../core/streaming.js";
import { ROUTES } from "../../schema/routes.js";
import { lateRoom } from "./late.js";
import { nameOf, ownTruth } from "./truths.js";
import { tell } from "./watching.js";

const PATIENCE = 60_000;

/** @param {import("./found.js").Found} found @returns {Before} */
const beforeOf = ({ boxes }) => ({ boxes: boxes.map(({ box }) => box), scores: boxes.map(({ score }) => score),
  classes: boxes.map((each) => each.class) });

/**
 * Which answers count for which frames, and which are told one by one.
 * @param {Pick<Film, "count" | "name">} film @param {Watch} watch
 * @param {(k: number) => {truth?: string, size?: [number, number]}} [true_]  of a frame, what the visitor says is true
 */
export function scoring({ count, name }, { seen, taken, every, judged }, true_ = () => ({})) {
  const frames = [...seen.keys()].sort((a, b) => a - b);
  const place = new Map(frames.map((frame, k) => [frame, k]));
  const said = (/** @type {number} */ k) => ({ image: name?.(k) ?? "", ...true_(k) });
  const streamed = every ? known(taken, Math.min(passed(taken, every), count), every).map((frame, k) => ({
    ...said(k), answer: frame === null ? null : place.get(frame) ?? null })) : [];
  return {
    answers: frames.map((frame) => /** @type {Seen} */ (seen.get(frame)).before),
    waiting: frames.map((frame) => ({ ...said(frame), answer: place.get(frame) ?? null })),
    streamed,
    judged: streamed.filter((_, k) => !judged.has(k)),
  };
}

/** Once the room tells of the picture that is shown. @param {Context} context
 * @param {import("../../core/store.js").Store<Answers>} answers @param {() => boolean} wanted
 * @returns {Promise<Room | null>} */
const told = ({ live }, answers, wanted) => new Promise((done) => {
  const end = (/** @type {Room | null} */ room) => {
    for (const stop of stops) stop();
    clearTimeout(timer);
    done(room);
  };
  function look() {
    const { room, asking } = answers.get();
    if (live.get().error || !wanted()) end(null);
    else if (room && !asking && !room.stale && !room.late && room.picture === live.get().image) end(room);
  }
  const timer = setTimeout(() => end(null), PATIENCE);
  const stops = [answers.subscribe(() => look()), live.subscribe((_, changed) => changed.has("error") && look())];
  look();
});

/**
 * @param {import("../../viewer/room.js").Place<Answers>} place
 * @returns {(film: Film, draw: () => void) => import("../../viewer/watching.js").Watcher}
 */
export const watchedBy = (place) => (film, draw) => createWatched(place, film, draw);

/**
 * Shows the frame of now under the boxes that are known at its time.
 * @param {import("../../viewer/room.js").Place<Answers>} place @param {Film} film @param {Watch} watch
 */
function createPut({ context: { live, store }, answers }, film, watch) {
  return () => {
    const moment = momentOf(film.count, watch, watch.at);
    const { image } = live.get();
    const room = (watch.seen.get(moment?.of ?? -1) ?? [...watch.seen.values()].at(-1))?.room;
    if (!moment || !image || !room) return;
    const late = lateRoom(room, moment, image, watch.judged.get(moment.frame) ?? null);
    answers.set({ room: late, pixel: null, time: null, box: null, row: null });
    live.set({ answer: { sentence: late.answer.sentence, milliseconds: room.answer.total.ms },
      answered: store.get() });
  };
}

/**
 * Asks for the precision of what was seen so far.
 * @param {import("../../viewer/room.js").Place<Answers>} place @param {Film} film @param {Watch} watch
 * @param {() => void} shown  something new is known
 */
function createScore({ context, answers }, film, watch, shown) {
  return newestOnly(async () => {
    const room = watch.seen.get(watch.at)?.room ?? [...watch.seen.values()].at(-1)?.room;
    if (!room) return;
    const { checkpoint } = room.answer;
    const own = ownTruth(context, answers);
    if (own ? !own.ids[checkpoint] : !room.found?.true || !film.name) return;
    const { width, height } = room.picture;
    const size = /** @type {[number, number]} */ ([width, height]);
    const true_ = (/** @type {number} */ k) => (own ? { truth: nameOf(own, checkpoint, k), size } : {});
    const { judged } = watch;
    const from = judged.size; // frames are judged in their order
    try {
      const answer = await context.brought.answered(() => askServer(context.host, ROUTES.filmScore.path,
        { checkpoint, ...scoring(film, watch, true_) }));
      if (judged !== watch.judged) return; // of what was forgotten meanwhile
      watch.score = answer;
      answer.judged?.forEach((each, k) => judged.set(from + k, each));
      shown();
    } catch {
      // The next frame asks again.
    }
  });
}

/** Another detector, another way: what was found before is not its. @param {Watch} watch */
function begin(watch) {
  const { answer } = [...watch.seen.values()].at(-1)?.room ?? {};
  const waiting = watch.score?.waiting;
  if (answer && waiting) {
    watch.others.set(answer.checkpoint, { title: answer.title, ap: waiting.ap, count: waiting.frames });
  }
  watch.seen.clear();
  [watch.taken, watch.score, watch.judged] = [[], null, new Map()];
}

/**
 * Where something else is said to be true, what was found is judged anew.
 * @param {import("../../viewer/room.js").Place<Answers>} place @param {Watch} watch @param {() => void} anew
 */
function followTruth({ context, answers }, watch, anew) {
  let known = ownTruth(context, answers)?.blob;
  return answers.subscribe((_, changed) => {
    const now = ownTruth(context, answers)?.blob;
    if (!changed.has("truths") || now === known) return;
    known = now;
    [watch.score, watch.judged] = [null, new Map()];
    watch.others.clear();
    anew();
  });
}

/**
 * @param {import("../../viewer/room.js").Place<Answers>} place @param {Film} film
 * @param {() => void} draw  the bar of the film says something new
 * @returns {import("../../viewer/watching.js").Watcher}
 */
function createWatched(place, film, draw) {
  const { context, answers, context: { store, live } } = place;
  /** @type {Watch} */
  const watch = { seen: new Map(), taken: [], every: 0, follows: null, score: null, judged: new Map(),
    others: new Map(), at: 0 };
  let [started, shown] = [0, -1]; // when the frame that is shown was, ms; the one that passes

  const put = createPut(place, film, watch);
  const score = createScore(place, film, watch, () => {
    if (answers.get().room?.late) again();
    draw();
  });
  const again = () => shown === watch.at && put();

  function forget() {
    begin(watch);
    draw();
  }

  /** The frame whose boxes are handed on to frame k. @param {number} k */
  function handing(k) {
    if (watch.follows === false) return null;
    const last = watch.every ? watch.taken.at(-1)?.frame ?? -1 : k - 1;
    const seen = last < k ? watch.seen.get(last) : undefined;
    return seen && (watch.follows ?? seen.room.answer.follows) ? last : null;
  }

  const stops = [followTruth(place, watch, () => void score.run().then(draw)), store.subscribe((_, changed) =>
    ["checkpoint", "learnedFrom", "learnedLambda", "paint", "edgePaint", "strength"].some((key) => changed.has(key))
    && forget()),
  // An answer that was on its way is of a frame that is shown as it was known.
  answers.subscribe(({ room }, changed) => {
    const { film: comes } = live.get();
    if (changed.has("room") && room && !room.late && comes?.passing) again();
    else if (!comes) draw(); // the frame with which the film was opened
  })];
  let from = /** @type {number | null} */ (null);
  return {
    told: () => tell(place, film, watch, forget),
    start(at) {
      if (watch.every) forget();
      return watch.every || at >= film.count - 1 ? 0 : at;
    },
    comes(k, settled) {
      watch.at = k;
      started = performance.now();
      from = settled ? handing(k) : null;
      return from === null ? null : watch.seen.get(from)?.before ?? null;
    },
    passes: (k) => momentOf(film.count, watch, k) !== null,
    passed() {
      shown = watch.at;
      put();
      draw();
    },
    async answered(k, wanted) {
      const room = await told(context, answers, wanted);
      if (!room?.found) return false;
      const used = room.answer.looked === "before" ? from : null;
      const ms = room.answer.total.ms;
      watch.seen.set(k, { room, before: beforeOf(room.found), ms, from: used });
      draw();
      void score.run();
      return true;
    },
    async next(k, pass, wanted) {
      if (!watch.every) return k + 1;
      const ready = readyAt(k, watch.taken.at(-1)?.ready ?? 0, watch.every, watch.seen.get(k)?.ms ?? 0);
      watch.taken.push({ frame: k, ready });
      const next = following(k, ready, watch.every);
      shown = k;
      put();
      void score.run();
      const paced = async () => {
        const left = watch.every - (performance.now() - started);
        await new Promise((done) => setTimeout(done, Math.max(0, left)));
      };
      await paced();
      for (let each = k + 1; each < Math.min(next, film.count) && wanted(); each++) {
        await pass(each);
        await paced();
      }
      return next;
    },
    end: () => stops.forEach((stop) => stop()),
  };
}
