// @ts-check
/**
 * The page's own rooms inside of a lesson: with a state of their own, so that nothing that the visitor made elsewhere
 * is touched, and driven by links.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("../../core/rooms.js").Room} Room
 */
import { createAgain } from "../../core/again.js";
import { createBrought } from "../../core/brought.js";
import { createPython } from "../../core/client.js";
import { emptyLive } from "../../core/context.js";
import { createImages, sourceImage } from "../../core/images.js";
import { readLink } from "../../core/link.js";
import { spots } from "../../core/maps.js";
import { createPatience, pageName } from "../../core/patience.js";
import { defaults, untracked } from "../../core/schema.js";
import { createStore } from "../../core/store.js";
import * as codec from "../../engine/codec.js";
import { hasTwin } from "../../engine/samplers.js";
import { h } from "../../kit/dom.js";
import { DRAWN } from "./drawn.js";

/**
 * What a lesson's link may say beside the keys of the state: painted spots, a picture that is drawn here, the number
 * that its figure has of its own.
 */
const EXTRA = /(?:^|&)(spot|drawn|tune)=([^&]+)/g;

/** @param {Context} context */
function contextOf(context) {
  const live = createStore({ ...emptyLive(), fixed: context.live.get().fixed });
  return /** @type {Context} */ ({ ...context, live, store: createStore(defaults(context.schema),
    { untracked: untracked(context.schema) }), page: pageName(), brought: createBrought(), again: createAgain(),
  patiently: createPatience(live), rooms: { ...context.rooms, of: (state) => alone(context.rooms.of(state), state) } });
}

/**
 * Python is not asked to check what the page computes by itself, nor for times, which no lesson shows.
 * @param {Room} room @param {Pick<State, "room">} state
 */
const alone = (room, state) => ({ ...room, clock: undefined,
  check: "sampler" in state && hasTwin(String(state.sampler)) ? undefined : room.check });

/** A picture that is drawn here, as the visitor's own. @param {string} name */
function pictureOf(name) {
  const pixels = DRAWN[name]();
  return { image: sourceImage(name, pixels, pixels.full),
    own: { blob: new Blob(), id: name, title: name, notes: [] } };
}

/** @param {string} text x,y,r;x,y,r as shares of the picture */
const spotsOf = (text) => text.split(";").map((spot) => {
  const [x, y, r] = spot.split(",").map(Number);
  return { x, y, r };
});

/**
 * The state of a lesson's link, and the picture that it wants to be drawn.
 * @param {Context} context @param {string} link
 * @returns {Promise<{state: State, drawn: string | null, tune: number}>} throws where the link is not understood
 */
export async function stateOf({ schema, host }, link) {
  const { state, problems } = await readLink(link.replace(EXTRA, "").replace(/^&/, ""), schema, codec);
  if (problems.length) throw new Error(`"${link}": ${problems.join(" ")}`);
  const extra = Object.fromEntries([...link.matchAll(EXTRA)].map(([, name, value]) => [name, value]));
  const drawn = extra.drawn && extra.drawn !== "none" ? extra.drawn : null;
  const size = drawn ? DRAWN[drawn]().full
    : host.catalogue.pictures.find(({ id }) => id === state.image) ?? { width: 1, height: 1 };
  const paint = extra.spot ? spots(spotsOf(extra.spot), size) : state.paint;
  return { state: { ...state, paint, ...(drawn ? { image: "own" } : {}) }, drawn,
    tune: Number(extra.tune ?? NaN) };
}

/**
 * @param {Context} context @param {HTMLElement} stage  that rooms with views share
 */
export function createInner(context, stage) {
  const own = contextOf(context);
  const { store, live, rooms } = own;
  const images = createImages(own);
  const python = createPython(own, codec);
  /** @type {Map<string, {mounted: import("../../core/rooms.js").Mounted, element: HTMLElement, end: () => void}>} */
  const built = new Map();
  /** @type {Set<() => void>} */
  const followers = new Set();
  const tell = () => followers.forEach((told) => told());
  const ends = [
    live.subscribe((_, changed) => ["measured", "image", "answer", "error"].some((key) => changed.has(key)) && tell()),
    store.subscribe((_, changed) => {
      if (changed.has("image")) void images.follow();
      tell();
    })];

  /** @param {import("../../core/rooms.js").Room} room */
  function mount(room) {
    const known = built.get(room.id);
    if (known) return known;
    const element = room.whole ? h("div", { class: "lz-learn-whole" }) : stage;
    if (room.whole) stage.append(element);
    // Its rail and its dock stay out of sight: a lesson names the few controls that it needs.
    const mounted = room.mount(element, { context: own, rail: h("div"), dock: h("div"), question: python.question });
    const made = { mounted, element, end: mounted.answers?.subscribe(tell) ?? (() => {}) };
    built.set(room.id, made);
    return made;
  }

  return {
    context: own,
    store,
    live,
    tell,
    question: python.question,
    /** The element of a room without views that is shown; null: of one with views. */
    element() {
      const now = built.get(rooms.of(store.get()).id)?.element;
      return now && now !== stage ? now : null;
    },
    /** The room that is shown. */
    now: () => built.get(rooms.of(store.get()).id)?.mounted ?? null,
    /**
     * Shows a state; a warp is come to from the one before.
     * @param {State} state @param {{held?: boolean, sole?: boolean, drawn?: string | null}} [how]  see Scene
     */
    async show(state, { held = false, sole = false, drawn = null } = {}) {
      const room = rooms.of(state);
      const { mounted, element } = mount(room);
      for (const [id, other] of built) if (id !== room.id) other.mounted.show(false);
      for (const other of built.values()) if (other.element !== stage) other.element.hidden = other.element !== element;
      mounted.scene?.glide?.();
      const { id = "" } = live.get().image ?? {};
      if (drawn && id !== drawn) live.set(pictureOf(drawn));
      // Python knows nothing of a picture that was drawn here.
      else if (!drawn && Object.hasOwn(DRAWN, id)) live.set({ image: null, own: null });
      store.set(state);
      mounted.show(true);
      const { scene } = mounted;
      if (scene) Object.assign(scene, { held, sole });
      scene?.request("layout", "warp");
      await images.follow();
    },
    /** Called whenever a number may have changed. @param {() => void} told */
    follow(told) {
      followers.add(told);
    },
    dispose() {
      for (const end of ends) end();
      own.again.stop();
      for (const { mounted, end } of built.values()) {
        end();
        mounted.dispose();
      }
    },
  };
}
