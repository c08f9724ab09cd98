// @ts-check
/**
 * The bar of a film. Above: play, step, scrub, how much of the film is shown. Below, where there is something to say:
 * how far the warp moves from frame to frame, or what a detector that watches found, when, and how well.
 */
import { stability } from "../core/film.js";
import { t } from "../core/text.js";
import { iconButton } from "../kit/controls.js";
import { h, setText, svg } from "../kit/dom.js";
import { icon } from "../kit/icons.js";

/**
 * @typedef {import("../core/film.js").Film} Film
 * @typedef {import("../core/rooms.js").Told} Told
 *
 * @typedef {object} Shown
 * @property {Film} film
 * @property {number} at
 * @property {boolean} playing
 * @property {boolean} looking
 * @property {boolean} before  what is found in the frame before is the saliency of this one
 * @property {number} drawn  frames that Python has drawn, from the first on
 * @property {readonly (Float64Array | null)[]} nodes
 * @property {{width: number, height: number}} size
 * @property {boolean} alone  nobody is there to draw its frames
 * @property {boolean} still  every frame has the same answer
 * @property {Told | null} told  by whoever watches it
 *
 * @typedef {{play: () => void, scrub: (k: number) => void, step: (by: number) => void, rest: () => void,
 *   before: (on: boolean) => void, look: () => void, close: () => void}} Press
 */

const WIDTH = 160, HEIGHT = 28;
/** Frames a second of a film that does not wait. */
const RATES = [5, 10, 15, 30, 60];
/** More frames than this have no tick each. */
const TICKS = 60;

/** Play, step, scrub. @param {Press} press */
function createTransport(press) {
  const play = iconButton("play", t("film.play"), press.play);
  const back = iconButton("right", t("film.stepBack"), () => press.step(-1), { class: "lz-film-back" });
  const on = iconButton("right", t("film.stepOn"), () => press.step(1));
  const range = h("input", { type: "range", class: "lz-range", min: 0, step: 1, "aria-label": t("film.frame"),
    oninput: () => press.scrub(Number(range.value)), onchange: press.rest });
  const count = h("output", { class: "lz-film-count", translate: "no" });
  const note = h("span", { class: "lz-note lz-film-note" });
  const close = iconButton("close", t("film.close"), press.close);
  return {
    parts: [play, back, on, range, count, note], close,
    /** @param {Shown} shown */
    draw({ film, at, playing, drawn, alone }) {
      range.max = String(film.count - 1);
      if (Number(range.value) !== at) range.value = String(at);
      range.style.setProperty("--fill", `${(100 * at / Math.max(1, film.count - 1)).toFixed(1)}%`);
      range.style.setProperty("--drawn", `${film.name ? 100 * drawn / film.count : 100}%`);
      setText(count, `${at + 1} / ${film.count}`);
      const waits = film.name && drawn < film.count;
      setText(note, alone ? t("film.needsPython") : waits ? t("film.drawing", { at: drawn + 1, count: film.count })
        : film.note ?? "");
      play.replaceChildren(icon(playing ? "pause" : "play"));
      play.setAttribute("aria-label", t(playing ? "film.pause" : "film.play"));
      for (const each of [play, back, on, range]) each.toggleAttribute("disabled", alone);
      close.hidden = film.of !== undefined; // another picture takes its place
    },
  };
}

/** Whether the frame before says where to look, in words of who looks; and how a film that does not wait runs.
 * @param {Press} press */
function createChoices(press) {
  /** @type {Told | null} */
  let told = null;
  let runs = false;
  /** Another way: the frame that is shown is asked about anew. @param {() => void} change */
  function anew(change) {
    change();
    if (!runs) press.rest();
  }
  const box = h("input", { type: "checkbox", onchange() {
    if (told) anew(() => told?.before?.press(box.checked));
    else press.before(box.checked);
  } });
  const words = h("span", {});
  const before = h("label", { class: "lz-film-previous" }, box, " ", words);
  const all = h("button", { type: "button", class: "lz-link", onclick: press.look }, t("film.look"));
  const rate = h("select", { class: "lz-film-rate", "aria-label": t("film.rate"),
    onchange: () => anew(() => told?.rate?.choose(Number(rate.value) || null)) },
  h("option", { value: "" }, t("film.waits")),
  ...RATES.map((fps) => h("option", { value: String(fps) }, t("film.fps", { fps }))));
  const pace = h("span", { "data-tip": t("film.rate.help") }, rate);
  return {
    parts: [pace, before, all],
    /** @param {Shown} shown */
    draw({ looking, alone, still, before: on, told: now, playing }) {
      [told, runs] = [now, playing];
      setText(words, told ? t("film.follows") : t("film.previous"));
      before.dataset.tip = told ? t("film.follows.help") : t("film.previous.help");
      box.checked = told ? told.before?.on ?? false : on;
      before.hidden = told ? told.before === null : still;
      pace.hidden = !told?.rate;
      rate.value = told?.rate?.fps ? String(told.rate.fps) : "";
      setText(all, t(looking ? "film.stop" : "film.look"));
      all.hidden = alone || told !== null || still;
    },
  };
}

/** How far the warp moves from frame to frame, and what is said. */
function createNews() {
  const chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "lz-film-chart", "aria-hidden": "true" });
  const ticks = h("span", { class: "lz-film-ticks", "aria-hidden": "true" });
  const said = h("span", { class: "lz-film-words" });
  const save = h("button", { type: "button", class: "lz-link", onclick: () => void told?.save?.() }, t("film.strip"));
  const beside = h("button", { type: "button", class: "lz-link lz-film-beside", onclick: () => told?.beside?.(),
    "data-tip": t("film.beside.help") }, t("film.beside"));
  /** @type {Told | null} */
  let told = null;

  /** @param {Shown} shown @returns {Told["said"]} */
  function steadiness({ film, nodes, size: { width, height } }) {
    const { steps, usual, most, jumps } = stability(nodes, width, height);
    const known = steps.some((step) => step !== null);
    const place = (/** @type {number | null} */ step, /** @type {number} */ k) => (step === null ? []
      : `${((k + 1) / Math.max(1, film.count - 1) * WIDTH).toFixed(1)} ${
        (HEIGHT - 2 - step / Math.max(most, 1e-9) * (HEIGHT - 4)).toFixed(1)}`);
    chart.replaceChildren(...(known ? [svg("path", { d: `M${steps.flatMap(place).join("L")}` })] : []));
    if (!known) return [];
    return [{ name: "said", text: jumps.length
      ? t("film.jumps", { usual, frames: jumps.slice(0, 4).map((k) => String(k + 1)), most })
      : t("film.steady", { usual, most }) }];
  }

  /** @param {Told["said"]} lines */
  function tell(lines) {
    const shown = lines.filter(({ text }) => text);
    const names = shown.map(({ name }) => name).join();
    if (said.dataset.names !== names) {
      said.dataset.names = names;
      said.replaceChildren(...shown.map(({ name }, k) => h("span", { class: `lz-note lz-film-${name}`,
        role: k ? null : "status" })));
    }
    shown.forEach(({ text, tip = "" }, k) => {
      const line = /** @type {HTMLElement} */ (said.children[k]);
      setText(line, text);
      line.title = tip;
    });
    return shown.length > 0;
  }

  return {
    parts: [ticks, chart, said, save, beside],
    /** @param {Shown} shown @returns {boolean} whether anything is said */
    draw(shown) {
      ({ told } = shown);
      const steady = told ? [] : steadiness(shown);
      if (told) chart.replaceChildren();
      const marks = told && told.ticks.length <= TICKS ? told.ticks : [];
      ticks.replaceChildren(...marks.map((is, k) => h("i", { "data-is": is, "data-now": k === shown.at ? "" : null })));
      save.hidden = !told?.save;
      beside.hidden = !told?.beside;
      return tell(told?.said ?? steady) || marks.length > 0;
    },
  };
}

/** @param {Press} press */
export function createBar(press) {
  const [transport, choices, news] = [createTransport(press), createChoices(press), createNews()];
  const above = h("div", { class: "lz-film-row" });
  const below = h("div", { class: "lz-film-row lz-film-told", hidden: true });
  const element = h("section", { class: "lz-film", "aria-label": t("film"), hidden: true }, above, below);
  /** Where the choices stand: beside what is said. */
  let watched = /** @type {boolean | null} */ (null);
  return { element, draw(/** @type {Shown | null} */ shown) {
    element.hidden = shown === null;
    if (!shown) return;
    if (watched !== (shown.told !== null)) {
      watched = shown.told !== null;
      above.replaceChildren(...transport.parts, ...watched ? [] : choices.parts, transport.close);
      below.replaceChildren(...watched ? choices.parts : [], ...news.parts);
      below.classList.toggle("lz-film-watched", watched);
    }
    transport.draw(shown);
    choices.draw(shown);
    below.hidden = !news.draw(shown);
  } };
}
