// @ts-check
/** The row of a film that a detector watches: frames a second, what was handed on, times, precision, the strip. */
import { trouble } from "../../core/errors.js";
import { known } from "../../core/streaming.js";
import { FORMATS, t } from "../../core/text.js";
import { h, setText } from "../../kit/dom.js";
import { saveFile } from "../../kit/dialogs.js";
import { waterfall } from "./words.js";

/** Frames a second of a film that does not wait. */
const RATES = [5, 10, 15, 30, 60];

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** @param {number | null | undefined} value */
const share = (value) => (typeof value === "number" ? FORMATS.percent1(value) : "–");

/**
 * What is said of the frame that is shown: whose boxes it shows, and what said where to look.
 * @param {import("./watched.js").Watch} watch
 */
export function handed({ seen, at, every, taken }) {
  const mine = seen.get(at);
  if (!mine) {
    const last = every ? known(taken, at + 1, every)[at] : null;
    if (last === null) return every && taken.length ? t("film.noneYet") : "";
    return t("film.late", { frame: last + 1, late: (at - last) * every });
  }
  const { looked } = mine.room.answer;
  return looked === "before" ? t("film.handed", { frame: (mine.from ?? 0) + 1 })
    : t(looked === "twice" ? "film.twice" : "film.own");
}

/** Frames in a row: seen, dropped, shown. @param {HTMLElement} ticks @param {number} count
 * @param {import("./watched.js").Watch} watch */
function drawTicks(ticks, count, { seen, taken, every, at }) {
  const last = taken.at(-1)?.frame ?? -1;
  ticks.replaceChildren(...Array.from({ length: count }, (_, k) => {
    const is = seen.has(k) ? "seen" : every && k < last ? "dropped" : "none";
    return h("i", { "data-is": is, "data-now": k === at ? "" : null });
  }));
}

/**
 * @param {import("../../core/context.js").Context} context @param {import("../../core/film.js").Film} film
 * @param {import("./watched.js").Watch} watch
 * @param {{scene: () => any, anew: () => void}} tools
 */
export function createPanel({ live, store }, film, watch, { scene, anew }) {
  const rate = h("select", { class: "lz-film-rate", "aria-label": t("film.rate"), onchange: () => {
    watch.every = rate.value ? 1000 / Number(rate.value) : 0;
    anew();
  } }, h("option", { value: "" }, t("film.waits")), ...RATES.map((fps) => h("option", { value: String(fps) },
    t("film.fps", { fps }))));
  const follows = h("input", { type: "checkbox", onchange: () => {
    watch.follows = follows.checked;
    anew();
  } });
  const hands = h("label", { class: "lz-film-previous", "data-tip": t("film.follows.help") }, follows, " ",
    t("film.follows"));
  const ticks = h("span", { class: "lz-film-ticks", "aria-hidden": "true" });
  const [used, times, precision] = ["used", "times", "precision"].map((name) =>
    h("span", { class: `lz-note lz-film-${name}`, role: name === "used" ? "status" : null }));
  const save = h("button", { type: "button", class: "lz-link", onclick: () => void strip() }, t("film.strip"));
  const element = h("div", { class: "lz-film-row lz-film-watched" },
    h("span", { "data-tip": t("film.rate.help") }, rate), hands, ticks, used, times, precision, save);

  async function strip() {
    try {
      const { drawStrip } = await import("./filmstrip.js");
      const blob = await drawStrip({ film, watch, scene: scene(), least: store.get().foundScore,
        title: t("film.stripTitle", { film: film.title, title: [...watch.seen.values()][0].room.answer.title,
          precision: precision.textContent ?? "" }), handed });
      saveFile(blob, `lzviz-${store.get().image}-film.png`);
    } catch (error) {
      live.set({ error: trouble(t("film.noStrip"), error) });
    }
  }

  /** Both precisions, as far as the film has come. */
  function tellPrecision() {
    const { score, every } = watch;
    if (!score?.waiting) return film.name || !watch.seen.size ? "" : t("film.noTruth");
    const { ap, ap50, small, frames } = score.waiting;
    const told = t("film.ap", { ap: share(ap), ap50: share(ap50), small: share(small), frames });
    return every && score.streamed ? t("film.streamed", { told, ap: share(score.streamed.ap),
      frames: score.streamed.frames }) : told;
  }

  function draw() {
    const mine = watch.seen.get(watch.at);
    const some = mine ?? [...watch.seen.values()].at(-1);
    hands.hidden = some?.room.answer.looked === "own";
    follows.checked = watch.follows ?? some?.room.answer.follows ?? true;
    drawTicks(ticks, film.count, watch);
    setText(used, handed(watch));
    const stages = mine ? waterfall(mine.room.answer.stages).filter(({ ms }) => ms >= 0.05) : [];
    setText(times, !mine ? "" : t("film.times", { ms: mine.ms, median: median([...watch.seen.values()]
      .map(({ ms }) => ms)) }));
    times.title = stages.map(({ title, ms }) => t("film.stage", { title, ms })).join("\n");
    setText(precision, tellPrecision());
    save.hidden = watch.seen.size === 0;
  }
  draw();
  return { element, draw };
}
