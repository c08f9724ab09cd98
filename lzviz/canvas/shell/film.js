// @ts-check
/** A film below the views: play, step, scrub, and the answer of each frame. */
import { askServer } from "../core/client.js";
import { trouble } from "../core/errors.js";
import { drawnFilm, openFilm } from "../core/film.js";
import { FROM, optionsOf } from "../core/options.js";
import { picturePath, fromBase64 } from "../core/wire.js";
import { t } from "../core/text.js";
import { isFound } from "../engine/saliency.js";
import { ROUTES } from "../schema/routes.js";
import { createBar } from "./filmbar.js";

/**
 * @typedef {import("../core/context.js").Context} Context
 * @typedef {import("../core/film.js").Film} Film
 * @typedef {import("../core/rooms.js").Watched} Watched
 * @typedef {ReturnType<typeof import("../core/images.js").createImages>} Images
 */

const PATIENCE = 30_000;
/** Keys of the state with which each frame keeps its warp. */
const SAME = new Set(["frame", "camera", "layers", "tool", "image"]);

/** @param {string} name @param {unknown} error */
const failed = (name, error) => ({ error: trouble(t("film.named", { name }), error) });

/** What the saliency source of now finds in a picture; null: it finds nothing, or nobody is there to look.
 * @param {Context} context @param {Images} images @param {Blob} picture @param {string} [name]  what Python calls it */
async function foundIn({ store, host }, images, picture, name) {
  const state = store.get();
  if (!isFound(state.saliency) || !host.transport.answers(ROUTES.saliency.path)) return null;
  const options = optionsOf(state, FROM + state.saliency);
  const answer = await askServer(host, ROUTES.saliency.path,
    { image: name ?? await images.held(picture), kind: state.saliency, options });
  return { of: state.saliency, key: JSON.stringify([state.saliency, options]), h: answer.h, w: answer.w,
    data: fromBase64(answer.data) };
}

/** The state of now is answered about the picture of now, or there is nobody to answer.
 * @param {Context} context @param {() => boolean} wanted @returns {Promise<boolean>} whether it is */
const answered = ({ store, live, host }, wanted) => new Promise((done) => {
  const end = performance.now() + PATIENCE;
  function wait() {
    const { answer, answered: about, busy, error } = live.get();
    const fresh = host.transport.kept || Boolean(answer && about === store.get() && !busy);
    const over = fresh || error || performance.now() > end || !wanted();
    if (over) requestAnimationFrame(() => requestAnimationFrame(() => done(fresh)));
    else setTimeout(wait, 40);
  }
  setTimeout(wait, 60);
});

/**
 * @typedef {object} Reel  the film that is open, and where it stands
 * @property {Film | null} film
 * @property {number} at
 * @property {number} turn  of what is shown: an older one comes too late
 * @property {boolean} playing
 * @property {boolean} looking
 * @property {number} drawn  frames that Python has drawn ahead
 * @property {boolean} before  what is found in the frame before is the saliency of this one
 * @property {(Float64Array | null)[]} nodes  of each frame's warp, while every frame is looked at
 *
 * @typedef {object} Hands
 * @property {Context} context
 * @property {{images: Images, room: () => import("../core/rooms.js").Mounted}} parts
 * @property {Reel} reel
 * @property {() => void} draw
 * @property {() => Watched | null} watched  the room that answers the film frame by frame, where the one shown does
 * @property {(k: number, settled: boolean) => Promise<boolean>} show  settled: its answer is wanted; whether it stands
 */

/** What the buttons of a film do. @param {Hands} hands */
function createMoves({ context, parts, reel, draw, watched, show }) {
  const { live } = context;

  function halt() {
    reel.playing = reel.looking = false;
    if (live.get().painting) live.set({ painting: false });
    draw();
  }

  /** It stands, and its frame is answered. */
  async function rest() {
    halt();
    try {
      const watching = watched();
      const settled = !watching?.passes(reel.at);
      if (await show(reel.at, settled) && settled) await watching?.answered(reel.at, () => true);
    } catch (error) {
      live.set(failed(reel.film?.title ?? "", error));
    }
  }

  /** Frames at the pace of the film; nothing is asked beside a hand, nor beside a film that runs. */
  async function pass() {
    live.set({ painting: true });
    while (reel.playing && reel.film) {
      const start = performance.now();
      await show((reel.at + 1) % reel.film.count, false);
      const left = 1000 / (reel.film?.pace ?? 10) - (performance.now() - start);
      await new Promise((done) => setTimeout(done, Math.max(0, left)));
    }
  }

  /** Frames as fast as they are answered, to the last one. @param {Watched} watching */
  async function watch(watching) {
    const wanted = () => reel.playing;
    reel.nodes = Array.from({ length: reel.film?.count ?? 0 }, () => null);
    for (let k = watching.start(reel.at); reel.playing && reel.film && k < reel.film.count;) {
      if (!await show(k, true) || !await watching.answered(k, wanted)) break;
      reel.nodes[k] = parts.room().warp?.()?.warp.nodes.slice() ?? null;
      k = await watching.next(k, (each) => show(each, false), wanted);
    }
    halt();
  }

  async function run() {
    const watching = watched();
    halt();
    reel.playing = true;
    draw();
    try {
      await (watching ? watch(watching) : pass());
    } catch (error) {
      halt();
      live.set(failed(reel.film?.title ?? "", error));
    }
  }

  /** The answer of every frame, in order. */
  async function look() {
    halt();
    [reel.looking, reel.nodes] = [true, []];
    const wanted = () => reel.looking;
    for (let k = 0; reel.looking && reel.film && k < reel.film.count; k++) {
      live.set({ answer: null, answered: null });
      if (!await show(k, true)) break;
      await answered(context, wanted);
      if (!reel.looking) break;
      reel.nodes[k] = parts.room().warp?.()?.warp.nodes.slice() ?? null;
    }
    reel.looking = false;
    draw();
  }
  return { halt, rest, look, play: () => void (reel.playing ? rest() : run()), step(/** @type {number} */ by) {
    if (reel.film) reel.at = (reel.at + by + reel.film.count) % reel.film.count;
    return rest();
  } };
}

/** Shows a frame in the place of the source. @param {Omit<Hands, "show">} hands @returns {Hands["show"]} */
const createShow = ({ context, parts, reel, draw, watched }) => async (k, settled) => {
  const { film, bar } = { film: reel.film, bar: watched() };
  if (!film) return false;
  const mine = ++reel.turn;
  reel.at = k;
  draw();
  const picture = await film.frame(k);
  const before = settled && !bar && k > 0 && reel.before;
  const found = before ? await foundIn(context, parts.images, await film.frame(k - 1), film.name?.(k - 1)) : null;
  const stands = () => mine === reel.turn && film === reel.film;
  if (!stands()) return false;
  context.live.set({ film: { before: bar?.comes(k, settled) ?? null, passing: !settled, film, at: k } });
  const shown = await parts.images.showFrame(picture, film.title,
    { settled, found, stands, name: film.name?.(k), frame: k });
  if (shown && !settled) bar?.passed();
  return shown;
};

/** Python draws the frames that will be wanted, one after the other. @param {Reel} reel @param {() => void} draw */
async function drawAhead(reel, draw) {
  const { film } = reel;
  for (let k = 0; film && k < film.count; k++) {
    try {
      await film.frame(k);
    } catch {
      return; // whoever wants this frame is told
    }
    if (film !== reel.film) return;
    reel.drawn = k + 1;
    draw();
  }
}

/**
 * @param {Context} context
 * @param {Hands["parts"]} parts
 */
export function createFilm(context, parts) {
  const { store, live, host, rooms } = context;
  /** @type {Reel} */
  const reel = { film: null, at: 0, turn: 0, playing: false, looking: false, drawn: 0, before: false, nodes: [] };
  const alone = () => !host.transport.answers(picturePath("any.1"));
  const watched = () => (reel.film ? parts.room().film?.(reel.film, draw) ?? null : null);
  function draw() {
    const { film } = reel;
    bar.draw(film && { ...reel, film, alone: alone() && film.of !== undefined, told: watched()?.told() ?? null,
      still: rooms.of(store.get()).still?.(store.get()) ?? false,
      size: live.get().image ?? { width: 1, height: 1 } });
  }
  const show = createShow({ context, parts, reel, draw, watched });
  const { halt, rest, look, play, step } = createMoves({ context, parts, reel, draw, watched, show });
  const bar = createBar({ play, scrub: (k) => void show(k, false), step: (by) => void step(by),
    rest: () => void rest(),
    before(on) {
      reel.before = on;
      void rest();
    },
    look: () => void (reel.looking ? halt() : look()), close });

  function close() {
    reel.turn++;
    reel.film?.close();
    [reel.film, reel.nodes, reel.drawn] = [null, [], 0];
    live.set({ film: null });
    halt();
  }
  /** @param {import("../core/store.js").State} state @param {ReadonlySet<string>} changed */
  function follow({ image, frame }, changed) {
    const { film } = reel;
    if (!film) return;
    if ([...changed].some((key) => !SAME.has(key)) && !reel.looking) reel.nodes = []; // they were another warp's
    if (changed.has("image") && image !== (film.of ?? "own")) return close();
    if (film.of && changed.has("frame") && !reel.playing && !reel.looking) reel.at = Math.min(frame, film.count - 1);
    const passing = live.get().film?.passing ?? false;
    const kept = () => watched()?.passes(reel.at) ?? false;
    if (changed.has("room")) return void (passing || kept() ? rest() : halt()); // it is told which frame this is
    draw();
    // What was known at a frame is not what is asked now.
    if (passing && !reel.playing && [...changed].some((key) => !SAME.has(key))) {
      queueMicrotask(() => !reel.playing && !kept() && void rest());
    }
  }
  const unfollow = store.subscribe(follow);
  return {
    element: bar.element,
    close: () => reel.film && close(),
    stop: () => [close, unfollow].forEach((end) => end()),
    /** A film of the gallery, whose frame is shown already. @param {import("../core/context.js").Picture} picture */
    openDrawn(picture) {
      const { image, frame } = store.get();
      if (reel.film?.of === picture.id || image !== picture.id) return;
      if (reel.film) close();
      [reel.film, reel.at] = [drawnFilm(context, picture), alone() ? 0 : Math.min(frame, (picture.frames ?? 1) - 1)];
      draw();
      if (!alone()) void drawAhead(reel, draw);
    },
    /** Files as a film; false: they are none. @param {File[]} files */
    async open(files) {
      try {
        const made = await openFilm(files);
        if (!made) return false;
        if (reel.film) close();
        [reel.film, reel.at] = [made, 0];
        live.set({ error: null, notice: null });
        await rest();
      } catch (error) {
        live.set(failed(files[0].name, error));
      }
      return true;
    },
  };
}
