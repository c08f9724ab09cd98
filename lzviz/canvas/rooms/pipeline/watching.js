// @ts-check
/** What a film's bar says of a detector: frames a second, what was handed on, times, precision, the strip. */
import { trouble } from "../../core/errors.js";
import { momentOf, passed } from "../../core/streaming.js";
import { FORMATS, say, t } from "../../core/text.js";
import { saveFile } from "../../kit/dialogs.js";
import { latenessOf } from "./late.js";
import { ownTruth } from "./truths.js";
import { checkpointOf, waterfall } from "./words.js";

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** @param {number | null | undefined} value */
const share = (value) => (typeof value === "number" ? FORMATS.percent1(value) : "–");

/**
 * What said where to look in a frame that was read; "" for another one.
 * @param {import("./watched.js").Watch} watch @param {import("./answer.js").Room | null} [shown]  with which the film
 *   was opened
 */
export function handed({ seen, at }, shown = null) {
  const mine = seen.get(at) ?? (shown && { room: shown, from: null });
  if (!mine?.room.found) return "";
  const { looked } = mine.room.answer;
  return looked === "before" ? t("film.handed", { frame: (mine.from ?? 0) + 1 })
    : t(looked === "twice" ? "film.twice" : "film.own");
}

/**
 * How a film runs that does not wait; "": it waits. @param {import("./watched.js").Watch} watch
 * @param {readonly string[]} ticks
 */
function dropping({ every, taken }, ticks) {
  if (!every) return "";
  const rate = t("film.fps", { fps: 1000 / every });
  const dropped = ticks.filter((is) => is === "dropped").length;
  return taken.length ? t("film.dropped", { rate, count: dropped }) : rate;
}

/**
 * Both precisions, as far as the film has come.
 * @param {boolean} known  what is true of the film @param {import("./watched.js").Watch} watch
 */
function precisionOf(known, { score, every, seen, others }) {
  if (!score?.waiting) return known || !seen.size ? "" : t("film.noTruth");
  const { ap, ap50, small, frames } = score.waiting;
  const mine = [...seen.values()].at(-1)?.room.answer.checkpoint;
  const beside = [...others].filter(([name]) => name !== mine).slice(-2)
    .map(([, { title, ap, count }]) => t("film.other", { title, ap: share(ap), count }));
  const told = t("facts", { facts: [t("film.ap", { ap: share(ap), ap50: share(ap50), small: share(small),
    count: frames }), ...beside] });
  return every && score.streamed ? t("film.streamed", { told, ap: share(score.streamed.ap),
    count: score.streamed.frames }) : told;
}

/**
 * The uniform detector that was trained as this one was; null: there is none, or this is it.
 * @param {import("../../core/context.js").Context["host"]} host
 * @param {import("./words.js").Checkpoint | null} mine
 */
const uniformOf = ({ catalogue }, mine) => (mine && mine.system !== "uniform" ? catalogue.checkpoints?.find(
  ({ system, task, data, size }) => system === "uniform" && task === mine.task && data === mine.data
    && String(size) === String(mine.size)) ?? null : null);

/**
 * @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place
 * @param {import("../../core/film.js").Film} film @param {import("./watched.js").Watch} watch
 * @param {() => void} anew  what was seen is of another detector, or another way
 * @returns {import("../../core/rooms.js").Told}
 */
export function tell({ context, answers, scene }, film, watch, anew) {
  const { live, store, host } = context;
  const { seen, taken, every, at } = watch;
  const moment = momentOf(film.count, watch, at);
  const mine = moment ? undefined : seen.get(at);
  const some = seen.get(at) ?? [...seen.values()].at(-1);
  const ticks = Array.from({ length: film.count }, (_, k) => (seen.has(k) ? "seen"
    : every && k < passed(taken, every) ? "dropped" : "none"));
  // Until its answer is there, the views show the frame before.
  const used = moment ? say(latenessOf(moment)) : live.get().film ? handed(watch) || t("film.reading",
    { frame: at + 1 }) : handed(watch, answers.get().room);
  const stages = mine ? waterfall(mine.room.answer.stages).filter(({ ms }) => ms >= 0.05) : [];
  const precision = precisionOf(film.name !== undefined || ownTruth(context, answers) !== null, watch);
  const detector = checkpointOf(host, store.get());
  const uniform = uniformOf(host, detector);

  async function save() {
    try {
      const { drawStrip } = await import("./filmstrip.js");
      const blob = await drawStrip({ film, watch, scene: scene(), least: store.get().foundScore,
        title: t("facts", { facts: [film.title, [...seen.values()][0].room.answer.title, dropping(watch, ticks),
          precision].filter(Boolean) }), handed });
      saveFile(blob, `lzviz-${store.get().image}-film.png`);
    } catch (error) {
      live.set({ error: trouble(t("film.noStrip"), error) });
    }
  }

  return {
    before: some?.room.answer.looked === "own" ? null : { on: watch.follows ?? some?.room.answer.follows ?? true,
      press(on) {
        watch.follows = on;
        anew();
      } },
    rate: { fps: every ? 1000 / every : null, choose(fps) {
      watch.every = fps ? 1000 / fps : 0;
      anew();
    } },
    ticks,
    said: [{ name: "used", text: used },
      { name: "times", text: mine ? t("film.times", { ms: mine.ms, median: median([...seen.values()]
        .map(({ ms }) => ms)) }) : "", tip: stages.map(({ title, ms }) => t("film.stage", { title, ms })).join("\n") },
      { name: "precision", text: precision, tip: t(every ? "film.streamed.help" : "film.ap.help") }],
    save: seen.size ? save : null,
    beside: uniform && detector ? () => store.set({ room: "compare", compared: [uniform.name, detector.name] },
      { history: true }) : null,
  };
}
