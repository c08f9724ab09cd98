// @ts-check
/**
 * Detectors side by side on a film: each frame is read by all, each where its own boxes of the frame before were;
 * fetched with the first film.
 *
 * @typedef {import("./asking.js").Answers} Answers
 * @typedef {import("../../core/film.js").Film} Film
 * @typedef {import("../../schema/contract.js").Before} Before
 * @typedef {import("../../schema/contract.js").ComparedRow} Row
 *
 * @typedef {object} Seen  what a method made of a frame
 * @property {Before} found   what it hands on
 * @property {Pick<Row, "looked" | "follows">} row
 * @property {number | null} from  the frame whose boxes said where to look; null: none did
 *
 * @typedef {Map<number, Map<string, Seen>>} Watch  by frame and method
 */

import { same } from "../../core/store.js";
import { t } from "../../core/text.js";
import { isFresh, pictureOf } from "./asking.js";
import { detects, KEYS, LETTERS } from "./methods.js";

const PATIENCE = 120_000;
/** A change of these leaves what was found before: of another frame, in another pane. */
const KEPT = new Set(["image", "compared"]);

/** What a frame hands on. @param {NonNullable<Row["found"]>} found @returns {Before} */
const beforeOf = ({ boxes }) => ({ boxes: boxes.map(({ box }) => box), scores: boxes.map(({ score }) => score),
  classes: boxes.map((each) => each.class) });

/** Once the table tells of the picture that is shown. @param {import("../../viewer/room.js").Place<Answers>} place
 * @param {() => boolean} wanted @returns {Promise<boolean>} false: it did not */
const told = ({ context: { live, store }, answers }, wanted) => new Promise((done) => {
  const end = (/** @type {boolean} */ fine) => {
    for (const stop of stops) stop();
    clearTimeout(timer);
    done(fine);
  };
  function look() {
    const now = answers.get();
    if (live.get().error || !wanted()) end(false);
    else if (!now.asking && isFresh(now, store.get()) && now.picture === pictureOf(live.get())) end(true);
  }
  const timer = setTimeout(() => end(false), PATIENCE);
  const stops = [answers.subscribe(() => look()), live.subscribe((_, changed) => changed.has("error") && look())];
  look();
});

/**
 * What said where each pane looks in a frame, panes that look alike together.
 * @param {ReadonlyMap<string, Seen> | undefined} seen @param {readonly string[]} compared
 */
export function handed(seen, compared) {
  /** @type {Map<string, string[]>} */
  const ways = new Map();
  compared.forEach((name, at) => {
    const mine = seen?.get(name);
    if (!mine) return;
    const way = mine.row.looked === "before" ? `before ${mine.from}` : String(mine.row.looked);
    ways.set(way, [...ways.get(way) ?? [], LETTERS[at]]);
  });
  return [...ways].map(([way, letters]) => (way.startsWith("before")
    ? t("film.pane.before", { panes: letters, frame: Number(way.split(" ")[1]) + 1 })
    : t(way === "twice" ? "film.pane.twice" : "film.pane.own", { panes: letters }))).join(" ");
}

/** @param {import("../../viewer/room.js").Place<Answers>} place
 * @returns {(film: Film, draw: () => void) => import("../../viewer/watching.js").Watcher} */
export const watchedBy = (place) => (film, draw) => {
  const { context, answers } = place;
  const { store } = context;
  /** @type {Watch} */
  const seen = new Map();
  let follows = /** @type {boolean | null} */ (null);
  let at = film.of ? store.get().frame : 0; // which is shown already, and asked about
  let settled = true;
  const methods = () => store.get().compared.filter((name) => detects(context, name));

  function forget() {
    seen.clear();
    draw();
  }

  /**
   * What each method is handed of frame k - 1, and has found in all others.
   * @param {number} k @returns {Answers["handed"]}
   */
  function handing(k) {
    /** @type {Record<string, Before>} */
    const before = {};
    /** @type {Answers["handed"]["films"]} */
    const films = {};
    for (const name of methods()) {
      const last = seen.get(k - 1)?.get(name);
      if (last && (follows ?? last.row.follows)) before[name] = last.found;
      if (!film.name) continue; // nobody knows what is true of it
      const others = [...seen].flatMap(([frame, panes]) => {
        const mine = frame === k ? undefined : panes.get(name);
        return mine ? [{ image: film.name?.(frame) ?? null, found: mine.found }] : [];
      });
      if (others.length) films[name] = others;
    }
    return { before, films };
  }

  /** What the table says of the frame that is shown. @returns {boolean} whether it says anything */
  function keep() {
    const { table, picture, handed: { before = {} } } = answers.get();
    if (!table || !settled || picture !== pictureOf(context.live.get())) return false;
    const panes = new Map(seen.get(at) ?? []);
    for (const { name, found, looked, follows: meant } of table.rows) {
      if (!found) continue;
      panes.set(name, { found: beforeOf(found), row: { looked, follows: meant }, from: before[name] ? at - 1 : null });
    }
    seen.set(at, panes);
    return true;
  }

  const stop = [store.subscribe((state, changed) => KEYS.some((key) => changed.has(key) && !KEPT.has(key)) && forget()),
    answers.subscribe((_, changed) => changed.has("table") && keep() && draw())];
  keep();
  return {
    told() {
      const panes = seen.get(at);
      const some = methods().flatMap((name) => [...seen.values()].at(-1)?.get(name) ?? []);
      const looks = some.filter(({ row }) => row.looked !== "own");
      const frames = seen.size;
      return {
        before: some.length && !looks.length ? null : {
          on: follows ?? (!some.length || looks.some(({ row }) => row.follows)),
          press(on) {
            follows = on;
            forget();
          } },
        rate: null,
        ticks: Array.from({ length: film.count }, (_, k) => (seen.has(k) ? "seen" : "none")),
        said: [{ name: "used", text: handed(panes, store.get().compared) }, { name: "precision",
          text: !frames ? "" : film.name ? t("film.seen", { count: frames }) : t("film.noTruth") }],
        save: null,
        beside: null,
      };
    },
    start: (from) => (from >= film.count - 1 ? 0 : from),
    comes(k, rests) {
      [at, settled] = [k, rests];
      const handed = rests ? handing(k) : { before: {}, films: {} };
      if (!same(handed, answers.get().handed)) answers.set({ handed });
      return null;
    },
    passes: () => false,
    passed: () => {},
    answered: (_, wanted) => told(place, wanted),
    next: async (k) => k + 1,
    end() {
      for (const each of stop) each();
      answers.set({ handed: { before: {}, films: {} } });
    },
  };
};
