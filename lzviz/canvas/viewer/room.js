// @ts-check
/**
 * Rooms of views. One is built when it is first shown, asks Python while it is shown, draws what its table says when
 * something has changed, and gives everything back. A room says what it is made of; the wiring is here alone.
 *
 * @typedef {import("../core/rooms.js").RoomHost} RoomHost
 * @typedef {import("../core/rooms.js").Mounted} Mounted
 * @typedef {import("../core/store.js").State} State
 * @typedef {import("./tools.js").Work} Work
 * @typedef {import("./viewer.js").Viewer<any>} AnyViewer
 */

/**
 * @template A
 * @typedef {object} Place  what the parts of a room are given
 * @property {import("../core/context.js").Context} context
 * @property {HTMLElement} element  that the views go into
 * @property {import("../core/rooms.js").Question} question  to Python, about the state of now
 * @property {import("../core/store.js").Store<A>} answers  what it knows besides the state
 * @property {() => boolean} on     it is shown
 * @property {() => any} scene      its first viewer; null before it is built
 */

/**
 * @typedef {object} Built
 * @property {HTMLElement} views
 * @property {readonly AnyViewer[]} viewers
 * @property {() => void} refresh  of its part of the rail
 * @property {readonly (() => void)[]} ends
 */

/**
 * What is to be drawn anew when a key has changed.
 * @typedef {Readonly<Record<string, readonly Work[] | ((state: State) => readonly Work[])>>} Draws
 *
 * @typedef {object} Asks
 * @property {() => void} all  everything, for a page or a picture that is new
 * @property {(changed: ReadonlySet<string>) => void} follow  keys of the state that have changed
 */

/**
 * @template A
 * @template {Asks | null} Q
 * @typedef {object} Parts
 * @property {() => A} [answers]  at the beginning
 * @property {(place: Place<A>) => Q} [asks]
 * @property {(place: Place<A>, asks: Q) => AnyViewer | {root: HTMLElement, viewers: readonly AnyViewer[]}} views  one
 *   viewer, or several in a frame of their own
 * @property {(place: Place<A>, asks: Q) => {elements: readonly HTMLElement[], refresh?: () => void}} [rail]
 * @property {(place: Place<A>, asks: Q) => {elements: readonly HTMLElement[], end?: () => void}} [dock]
 * @property {{state?: Draws, live?: Draws, answers?: Draws}} draws
 * @property {readonly string[]} [anew]  keys of `live` with which everything is asked again
 * @property {{route: string, missing: string}} [needs]  a route that has to be answered, and the key of what is said
 *   where it is not
 * @property {{route: string, missing: string}} [wants]  the same of what the room can do without
 * @property {(place: Place<A>) => readonly import("../shell/keys.js").Command[]} [commands]
 * @property {(place: Place<A>, asks: Q) => Partial<Mounted>} [gives]  files, the warp that it shows
 * @property {(place: Place<A>) => readonly (() => void)[]} [starts]  anything else, with its ends
 */

import { createStore } from "../core/store.js";
import { listenForFlip } from "./keyboard.js";
import { attachTools } from "./tools.js";
import { t } from "../core/text.js";

/** The same work for several keys. @param {readonly string[]} keys @param {...Work} work @returns {Draws} */
export const each = (keys, ...work) => Object.fromEntries(keys.map((key) => [key, work]));

/** @param {Draws | undefined} draws @param {ReadonlySet<string>} changed @param {State} state @returns {Set<Work>} */
function workOf(draws = {}, changed, state) {
  const due = [...changed].flatMap((key) => {
    const work = Object.hasOwn(draws, key) ? draws[key] : [];
    return typeof work === "function" ? work(state) : work;
  });
  return new Set(due);
}

/**
 * @template A
 * @template {Asks | null} Q
 * @param {Parts<A, Q>} parts
 * @returns {(element: HTMLElement, host: RoomHost) => Mounted}
 */
export const mountViews = (parts) => (element, { context, question, rail, dock }) => {
  const { store, live, root, host } = context;
  const answers = createStore(parts.answers?.() ?? /** @type {any} */ ({}));
  let on = false;
  /** @type {Built | null} */
  let built = null;
  const place = { context, element, question, answers, on: () => on, scene: () => built?.viewers[0] ?? null };
  const asks = parts.asks?.(place) ?? /** @type {any} */ (null);
  const anew = parts.anew ?? ["image"];
  const ends = [store.subscribe((_, changed) => on && asks?.follow(changed)),
    // Once the state says the same as the picture, which it does a moment later.
    live.subscribe((_, changed) => anew.some((key) => changed.has(key)) && queueMicrotask(() => on && asks?.all())),
    listenForFlip(root, (held) => (on || !held) && live.set({ uniform: held }))];

  /** @returns {Built} */
  function build() {
    const made = parts.views(place, asks);
    const { root: views, viewers } = "viewers" in made ? made : { root: made.root, viewers: [made] };
    element.append(views);
    /** @type {Built} */
    const room = { views, viewers, refresh: () => {}, ends: [] };
    built = room;
    const options = parts.rail?.(place, asks);
    rail.append(...(options?.elements ?? []));
    const numbers = parts.dock?.(place, asks);
    dock.append(...(numbers?.elements ?? []));
    room.refresh = () => options?.refresh?.();
    viewers[0].onFirstFrame = () => {
      root.dataset.lzvizReady = "";
      viewers[0].onFirstFrame = () => {};
    };
    room.ends = [...viewers.map((viewer) => attachTools(/** @type {any} */ (viewer))), ...viewers.flatMap(draw),
      ...(parts.starts?.(place) ?? []), ...(numbers?.end ? [numbers.end] : []),
      ...(options?.refresh ? [store.subscribe(() => on && room.refresh()),
        answers.subscribe(() => on && room.refresh())] : [])];
    return room;
  }

  /** What makes a viewer draw. @param {AnyViewer} viewer @returns {(() => void)[]} */
  function draw(viewer) {
    const resized = new ResizeObserver(() => viewer.request("layout"));
    resized.observe(viewer.container);
    /** @param {Draws | undefined} draws @param {Work[]} always */
    const due = (draws, ...always) => (/** @type {unknown} */ _, /** @type {ReadonlySet<string>} */ changed) => {
      const work = workOf(draws, changed, store.get());
      if (work.size || always.length) viewer.request(...work, ...always);
    };
    return [store.subscribe(due(parts.draws.state, "marks")), live.subscribe(due(parts.draws.live)),
      answers.subscribe(due(parts.draws.answers)),
      live.subscribe((_, changed) => changed.has("image") && viewer.renew()),
      context.host.theme.follow(() => viewer.retheme()), () => resized.disconnect()];
  }

  return {
    answers,
    get scene() {
      return place.scene();
    },
    commands: parts.commands?.(place) ?? [],
    show(shown) {
      on = shown;
      if (!on && !built) return;
      const { views, viewers, refresh } = built ?? build();
      views.hidden = !on;
      if (!on) return;
      const { needs, wants } = parts;
      if (needs && !host.transport.answers(needs.route)) live.set({ error: { text: t(needs.missing) } });
      else asks?.all();
      if (wants && !host.transport.answers(wants.route)) live.set({ notice: t(wants.missing) });
      refresh();
      for (const viewer of viewers) {
        viewer.moved = true;
        viewer.request("layout");
      }
    },
    ...parts.gives?.(place, asks),
    dispose() {
      for (const end of [...ends, ...built?.ends ?? []]) end();
      for (const viewer of built?.viewers ?? []) viewer.dispose();
      built?.views.remove();
    },
  };
};
