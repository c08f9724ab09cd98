// @ts-check
/** A film below the views: play, scrub, the answer of each frame, and how far the warp moves from one to the next. */
import { askServer } from "../core/client.js";
import { trouble } from "../core/errors.js";
import { openFilm, stability } from "../core/film.js";
import { FROM, optionsOf } from "../core/options.js";
import { t } from "../core/text.js";
import { fromBase64 } from "../core/wire.js";
import { isFound } from "../engine/saliency.js";
import { iconButton } from "../kit/controls.js";
import { h, setText, svg } from "../kit/dom.js";
import { icon } from "../kit/icons.js";
import { ROUTES } from "../schema/routes.js";

/**
 * @typedef {import("../core/context.js").Context} Context
 * @typedef {import("../core/film.js").Film} Film
 * @typedef {ReturnType<typeof import("../core/images.js").createImages>} Images
 *
 * @typedef {object} Shown
 * @property {Film} film
 * @property {number} at
 * @property {boolean} playing
 * @property {boolean} looking
 * @property {readonly (Float64Array | null)[]} nodes
 * @property {{width: number, height: number}} size
 */

const PATIENCE = 30_000;
const WIDTH = 160, HEIGHT = 28;

/** @param {string} name @param {unknown} error */
const failed = (name, error) => ({ error: trouble(t("film.named", { name }), error) });

/**
 * The bar of a film.
 * @param {{play: () => void, scrub: (k: number) => void, rest: () => void, look: () => void, close: () => void}} press
 */
function createBar(press) {
  const play = iconButton("play", t("film.play"), press.play);
  const range = h("input", { type: "range", class: "lz-range", min: 0, step: 1, "aria-label": t("film.frame"),
    oninput: () => press.scrub(Number(range.value)), onchange: press.rest });
  const count = h("output", { class: "lz-film-count", translate: "no" });
  const previous = h("input", { type: "checkbox", onchange: press.rest });
  const all = h("button", { type: "button", class: "lz-link", onclick: press.look }, t("film.look"));
  const chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "lz-film-chart", "aria-hidden": "true" });
  const said = h("span", { class: "lz-note lz-film-said", role: "status" });
  const element = h("section", { class: "lz-film", "aria-label": t("film"), hidden: true }, play, range, count,
    h("label", { class: "lz-film-previous", "data-tip": t("film.previous.help") }, previous, " ", t("film.previous")),
    all, chart, said, iconButton("close", t("film.close"), press.close));

  /** @param {readonly (Float64Array | null)[]} nodes @param {Shown["size"]} size @param {number} frames */
  function steadiness(nodes, { width, height }, frames) {
    const { steps, usual, most, jumps } = stability(nodes, width, height);
    const told = steps.some((step) => step !== null);
    const place = (/** @type {number | null} */ step, /** @type {number} */ k) =>
      `${((k + 1) / Math.max(1, frames - 1) * WIDTH).toFixed(1)} ${
        (HEIGHT - 2 - (step ?? 0) / Math.max(most, 1e-9) * (HEIGHT - 4)).toFixed(1)}`;
    chart.replaceChildren(...(told ? [svg("path", { d: `M${steps.map(place).join("L")}` })] : []));
    setText(said, !told ? "" : jumps.length
      ? t("film.jumps", { usual, frames: jumps.slice(0, 4).map((k) => String(k + 1)), most })
      : t("film.steady", { usual, most }));
  }
  return { element, previous: () => previous.checked, draw(/** @type {Shown | null} */ shown) {
    element.hidden = shown === null;
    if (!shown) return;
    const { film, at, playing, looking, nodes, size } = shown;
    range.max = String(film.count - 1);
    if (Number(range.value) !== at) range.value = String(at);
    range.style.setProperty("--fill", `${(100 * at / Math.max(1, film.count - 1)).toFixed(1)}%`);
    setText(count, `${at + 1} / ${film.count}`);
    play.replaceChildren(icon(playing ? "pause" : "play"));
    play.setAttribute("aria-label", t(playing ? "film.pause" : "film.play"));
    setText(all, t(looking ? "film.stop" : "film.look"));
    steadiness(nodes, size, film.count);
  } };
}

/** What the saliency source of now finds in a picture; null: it finds nothing, or nobody is there to look.
 * @param {Context} context @param {Images} images @param {Blob} picture */
async function foundIn({ store, host }, images, picture) {
  const state = store.get();
  if (!isFound(state.saliency) || !host.transport.answers(ROUTES.saliency.path)) return null;
  const options = optionsOf(state, FROM + state.saliency);
  const answer = await askServer(host, ROUTES.saliency.path,
    { image: await images.held(picture), kind: state.saliency, options });
  return { of: state.saliency, key: JSON.stringify([state.saliency, options]), h: answer.h, w: answer.w,
    data: fromBase64(answer.data) };
}

/** The state of now is answered about the picture of now, or there is nobody to answer.
 * @param {Context} context @param {() => boolean} wanted */
const answered = ({ store, live, host }, wanted) => new Promise((done) => {
  const end = performance.now() + PATIENCE;
  function wait() {
    const { answer, answered: about, busy, error } = live.get();
    const fresh = host.transport.kept || (answer && about === store.get() && !busy);
    const over = fresh || error || performance.now() > end || !wanted();
    if (over) requestAnimationFrame(() => requestAnimationFrame(done));
    else setTimeout(wait, 40);
  }
  setTimeout(wait, 60);
});

/**
 * @param {Context} context
 * @param {{images: Images, room: () => import("../core/rooms.js").Mounted}} parts
 */
export function createFilm(context, parts) {
  const { store, live } = context;
  /** @type {Film | null} */
  let film = null;
  let at = 0, turn = 0, playing = false, looking = false;
  let nodes = /** @type {(Float64Array | null)[]} */ ([]);
  const bar = createBar({ play: () => void (playing ? rest() : run()), scrub: (k) => void show(k, false),
    rest: () => void rest(), look: () => void (looking ? halt() : look()), close });
  const size = () => live.get().image ?? { width: 1, height: 1 };
  const draw = () => bar.draw(film && { film, at, playing, looking, nodes, size: size() });

  /** @param {number} k @param {boolean} settled  its answer is wanted */
  async function show(k, settled) {
    if (!film) return false;
    const [mine, now] = [++turn, film];
    at = k;
    draw();
    const picture = await now.frame(k);
    const before = settled && bar.previous() && k > 0;
    const found = before ? await foundIn(context, parts.images, await now.frame(k - 1)) : null;
    const stands = () => mine === turn && film === now;
    return stands() && parts.images.showFrame(picture, now.title, { settled, found, stands });
  }

  async function run() {
    playing = true;
    live.set({ painting: true }); // nothing is asked beside a hand, nor beside a film that runs
    while (playing && film) {
      const start = performance.now();
      await show((at + 1) % film.count, false);
      const left = 1000 / (film?.pace ?? 10) - (performance.now() - start);
      await new Promise((done) => setTimeout(done, Math.max(0, left)));
    }
  }

  function halt() {
    playing = looking = false;
    live.set({ painting: false });
    draw();
  }

  /** It stands, and its frame is answered. */
  async function rest() {
    halt();
    await show(at, true).catch((error) => live.set(failed(film?.title ?? "", error)));
  }

  /** The answer of every frame, in order. */
  async function look() {
    halt();
    looking = true;
    nodes = [];
    for (let k = 0; looking && film && k < film.count; k++) {
      live.set({ answer: null, answered: null });
      if (!await show(k, true)) break;
      await answered(context, () => looking);
      if (!looking) break;
      nodes[k] = parts.room().warp?.()?.warp.nodes.slice() ?? null;
    }
    looking = false;
    draw();
  }

  function close() {
    turn++;
    film?.close();
    [film, nodes] = [null, []];
    halt();
  }

  const unfollow = store.subscribe(({ image }, changed) => {
    if (film && changed.has("image") && image !== "own") close();
  });
  return {
    element: bar.element,
    close: () => film && close(),
    stop: () => [close, unfollow].forEach((end) => end()),
    /** Files as a film; false: they are none. @param {File[]} files */
    async open(files) {
      try {
        const made = await openFilm(files);
        if (!made) return false;
        if (film) close();
        [film, at] = [made, 0];
        await rest();
      } catch (error) {
        live.set(failed(files[0].name, error));
      }
      return true;
    },
  };
}
