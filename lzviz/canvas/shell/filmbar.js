// @ts-check
/** The bar of a film: play, step, scrub, what is drawn already, and how far the warp moves from frame to frame. */
import { stability } from "../core/film.js";
import { t } from "../core/text.js";
import { iconButton } from "../kit/controls.js";
import { h, setText, svg } from "../kit/dom.js";
import { icon } from "../kit/icons.js";

/**
 * @typedef {import("../core/film.js").Film} Film
 *
 * @typedef {object} Shown
 * @property {Film} film
 * @property {number} at
 * @property {boolean} playing
 * @property {boolean} looking
 * @property {number} drawn  frames that Python has drawn, from the first on
 * @property {readonly (Float64Array | null)[]} nodes
 * @property {{width: number, height: number}} size
 * @property {boolean} alone  nobody is there to draw its frames
 * @property {import("../core/rooms.js").Watched | null} watched
 */

const WIDTH = 160, HEIGHT = 28;

/**
 * @param {{play: () => void, scrub: (k: number) => void, step: (by: number) => void, rest: () => void,
 *   before: (on: boolean) => void, look: () => void, close: () => void}} press
 */
export function createBar(press) {
  const play = iconButton("play", t("film.play"), press.play);
  const back = iconButton("right", t("film.stepBack"), () => press.step(-1), { class: "lz-film-back" });
  const on = iconButton("right", t("film.stepOn"), () => press.step(1));
  const range = h("input", { type: "range", class: "lz-range", min: 0, step: 1, "aria-label": t("film.frame"),
    oninput: () => press.scrub(Number(range.value)), onchange: press.rest });
  const count = h("output", { class: "lz-film-count", translate: "no" });
  const previous = h("input", { type: "checkbox", onchange: () => press.before(previous.checked) });
  const before = h("label", { class: "lz-film-previous", "data-tip": t("film.previous.help") }, previous, " ",
    t("film.previous"));
  const all = h("button", { type: "button", class: "lz-link", onclick: press.look }, t("film.look"));
  const chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "lz-film-chart", "aria-hidden": "true" });
  const said = h("span", { class: "lz-note lz-film-said", role: "status" });
  const close = iconButton("close", t("film.close"), press.close);
  const row = h("div", { class: "lz-film-row" }, play, back, on, range, count, before, all, chart, said,
    close);
  const element = h("section", { class: "lz-film", "aria-label": t("film"), hidden: true }, row);

  /** @param {Shown} shown */
  function tell({ film, nodes, size: { width, height }, drawn, alone }) {
    const { steps, usual, most, jumps } = stability(nodes, width, height);
    const told = steps.some((step) => step !== null);
    const place = (/** @type {number | null} */ step, /** @type {number} */ k) => (step === null ? []
      : `${((k + 1) / Math.max(1, film.count - 1) * WIDTH).toFixed(1)} ${
        (HEIGHT - 2 - step / Math.max(most, 1e-9) * (HEIGHT - 4)).toFixed(1)}`);
    chart.replaceChildren(...(told ? [svg("path", { d: `M${steps.flatMap(place).join("L")}` })] : []));
    const waits = film.name && drawn < film.count;
    setText(said, alone ? t("film.needsPython")
      : waits ? t("film.drawing", { at: drawn + 1, count: film.count })
      : !told ? "" : jumps.length
        ? t("film.jumps", { usual, frames: jumps.slice(0, 4).map((k) => String(k + 1)), most })
        : t("film.steady", { usual, most }));
  }
  return { element, draw(/** @type {Shown | null} */ shown) {
    element.hidden = shown === null;
    if (!shown) return;
    const { film, at, playing, looking, alone, watched, drawn } = shown;
    range.max = String(film.count - 1);
    if (Number(range.value) !== at) range.value = String(at);
    range.style.setProperty("--fill", `${(100 * at / Math.max(1, film.count - 1)).toFixed(1)}%`);
    range.style.setProperty("--drawn", `${film.name ? 100 * drawn / film.count : 100}%`);
    setText(count, `${at + 1} / ${film.count}`);
    play.replaceChildren(icon(playing ? "pause" : "play"));
    play.setAttribute("aria-label", t(playing ? "film.pause" : "film.play"));
    setText(all, t(looking ? "film.stop" : "film.look"));
    for (const each of [play, back, on, range]) each.toggleAttribute("disabled", alone);
    before.hidden = watched !== null;
    all.hidden = alone || watched !== null;
    close.hidden = film.of !== undefined; // another picture takes its place
    if (watched && watched.element.parentElement !== element) element.append(watched.element);
    for (const each of [...element.children]) if (each !== row && each !== watched?.element) each.remove();
    tell(shown);
  } };
}
