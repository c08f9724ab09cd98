// @ts-check
/**
 * The promise that every room keeps, and the look-up of the room that a state shows. Whoever wants to know something of
 * a room asks its declaration; nobody asks which room it is.
 *
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./store.js").State} State
 * @typedef {import("./store.js").PaintKey} PaintKey
 * @typedef {import("../kit/dialogs.js").Files} Files
 *
 * Each way in which views can fill a room: the extent of all of them, and the area of their pictures.
 * @typedef {{extent: {width: number, height: number}, area: number}} Filled
 * @typedef {(room: {width: number, height: number}) => readonly Filled[]} Need
 *
 * @typedef {object} Known  what is known of a room before it is built
 * @property {State["room"]} id
 * @property {string} tab                 the tab on top below which it stands, by the key `tab.…`; rooms may share one
 * @property {readonly State["tool"][]} tools
 * @property {readonly string[]} owns     keys of the state that are about it alone
 * @property {string} accepts             pictures that it takes, as a file dialog writes them; "": none
 * @property {boolean} [whole]            it has no views: all below the bar is its own
 * @property {readonly string[]} styles   style sheets of its own
 * @property {string} [sampler]           the line of the menu of samplers that leads to it
 * @property {(state: State) => string} [step]  what of its state Back returns to, besides the room
 * @property {boolean} [hidesModels]      models stand among its methods
 * @property {boolean} [hidesSamplers]    what it shows is chosen in another menu than that of samplers
 * @property {Files} files                what it can write
 * @property {{browser: string | null, python: string}} status  keys of the names of the times; null: no such time
 * @property {(state: State) => PaintKey | null} paintKey  the map that the brush paints on; null: none
 * @property {(state: State) => boolean} takesBoxes
 * @property {Readonly<Record<string, string>>} refuses  why "box", "paint" (or erase) or any tool ("") does nothing, by
 *   the sentence's key
 * @property {boolean} [examines]         it looks at the warps that other rooms hand over
 * @property {(name: string) => boolean} [opens]  whether a file is for it by its name, whatever room is shown
 * @property {(name: string, context: Context) => boolean} [takes]  the same while it is shown itself, before others
 * @property {string} flip                the key of what the space bar shows while it is held
 * @property {(state: State) => string} [view]  which of its views is shown, for its style
 * @property {(state: State) => boolean} [still]  what it answers is the same whatever the picture
 * @property {(context: Context) => HTMLElement | null} [menu]  a part of the rail of all rooms, which leads to it
 * @property {(context: Context, aspect: number) => Need} [need]  `aspect`: width / height of the picture
 * @property {string} [check]             the route that checks each state that is shown
 * @property {string} [clock]             the route that says what such a check takes
 * @property {(state: State) => readonly string[]} [asks]  routes that it will ask, beside that check, of a state
 * @property {(element: HTMLElement, host: RoomHost) => Mounted} mount  its views go into the element, which rooms with
 *   views share
 *
 * A room as its file declares it: it leaves out what is as in NOTHING.
 * @typedef {Pick<Known, "id" | "tab" | "mount"> & Partial<Known>} Declared
 *
 * @typedef {Known & {toolReason: (tool: State["tool"], state: State) => string | null}} Room  `toolReason`: why a tool
 *   does nothing, or null
 *
 * To Python, about the state of now; `more` is made anew each time that it is asked.
 * @typedef {<P extends string>(path: P, more: () => Promise<object> | object) =>
 *   Promise<import("./client.js").Answer<P>>} Question
 *
 * @typedef {object} RoomHost  what the page gives to a room
 * @property {Context} context
 * @property {HTMLElement} rail           its part of the options
 * @property {HTMLElement} dock           its part of the numbers
 * @property {Question} question
 *
 * @typedef {object} Mounted  a room that was built
 * @property {readonly import("../shell/keys.js").Command[]} commands
 * @property {(on: boolean) => void} show  called whenever the room changes, at least once; it may be built late
 * @property {() => void} dispose
 * @property {() => Handed | null} [warp]  what it shows, to hand to a room that examines
 * @property {(given: Handed | File) => void} [examine]  of a room that examines, opens or takes files: looks at it, and
 *   is shown
 * @property {() => string | null} [truth]  what Python knows by that the visitor says is true of what it shows
 * @property {any} [scene]
 * @property {any} [answers]
 * @property {(what: string, format: string) => Promise<Blob>} [exportView]  a picture of it
 * @property {(what: string) => boolean} [exportsView]  whether exportView draws it; left out: all
 * @property {(what: string) => string | null} [exportReason]  why a file is not to be had
 * @property {(film: import("./film.js").Film, draw: () => void) => Watched | null} [film]  how it watches a film;
 *   null: as any picture, or it will say so by `draw` later
 *
 * @typedef {object} Watched  a film whose frames are answered one after the other, each by what was found before
 * @property {() => Told} told  what the bar of the film says of it
 * @property {(at: number) => number} start  the frame to play from
 * @property {(k: number, settled: boolean) => import("./context.js").Before | null} comes  a frame is about to be
 *   shown; settled: and answered, with what was found before it
 * @property {(k: number) => boolean} passes  whether frame k is shown as it was known when it came, and nothing asked
 * @property {() => void} passed  a frame is shown that was not to be settled
 * @property {(k: number, wanted: () => boolean) => Promise<boolean>} answered  once it is; false: it was not
 * @property {(k: number, pass: (k: number) => Promise<boolean>, wanted: () => boolean) => Promise<number>} next  the
 *   frame to answer after `k`; those that are dropped are shown in passing
 *
 * @typedef {object} Told  of a film that is watched
 * @property {{on: boolean, press: (on: boolean) => void} | null} before  whether boxes of the frame before say where to
 *   look; null: they never do
 * @property {{fps: number | null, choose: (fps: number | null) => void} | null} rate  of a film that does not wait;
 *   null: it always does
 * @property {readonly ("seen" | "dropped" | "none")[]} ticks  a frame each
 * @property {readonly {name: string, text: string, tip?: string}[]} said  the first is spoken
 * @property {(() => Promise<void>) | null} save  the strip of its frames
 * @property {(() => void) | null} beside  shows uniform sampling beside it; null: there is none to be shown
 *
 * A warp on its way from one room to another; `zoomed`: (h, w) of what is read with it.
 * @typedef {{name: string, warp: import("../engine/coords.js").Warp, zoomed: readonly [number, number]}} Handed
 *
 * @typedef {ReturnType<typeof createRooms>} Rooms
 */

import { handOf, isFound } from "../engine/saliency.js";
import { takesSaliency } from "../engine/samplers.js";
import { t } from "./text.js";

/** What a file dialogue offers as pictures; Safari and Windows know some kinds by their suffix alone. */
export const PICTURES = "image/*,.tif,.tiff,.heic,.heif";

/**
 * What is made by hand where a saliency attracts the samples.
 * @type {Pick<Known, "paintKey" | "takesBoxes" | "still" | "refuses">}
 */
export const BY_SALIENCY = {
  paintKey({ saliency }) {
    const hand = handOf(saliency);
    return hand === "boxes" ? null : hand;
  },
  takesBoxes: ({ saliency }) => handOf(saliency) === "boxes",
  still: ({ sampler, saliency }) => takesSaliency(sampler) && !isFound(saliency),
  refuses: { box: "warp.needsBoxes", paint: "warp.needsPaint" },
};

/** What a room is that says nothing of it. @type {Omit<Known, "id" | "tab" | "mount">} */
const NOTHING = Object.freeze({ owns: [], flip: "rail.flip", accepts: "", tools: [], files: [], styles: [], refuses: {},
  status: { browser: null, python: "" }, paintKey: () => null, takesBoxes: () => false });

/** @param {Declared} declared @returns {Room} */
function whole(declared) {
  const room = { ...NOTHING, ...declared };
  const has = (/** @type {State["tool"]} */ tool, /** @type {State} */ state) =>
    (tool === "box" ? room.takesBoxes(state) : tool === "paint" || tool === "erase" ? room.paintKey(state) !== null
      : room.tools.includes(tool));
  return { ...room, toolReason(tool, state) {
    if (has(tool, state)) return null;
    return t(room.refuses[tool === "erase" ? "paint" : tool] ?? room.refuses[""] ?? "room.noTool");
  } };
}

/** @param {readonly Declared[]} declared in the order of tabs and menus */
export function createRooms(declared) {
  const all = declared.map(whole);
  const tabs = [...new Set(all.map(({ tab }) => tab))];
  /** @param {Pick<State, "room">} state */
  const of = ({ room }) => all.find(({ id }) => id === room) ?? all[0];
  return {
    all,
    tabs,
    of,
    /** The rooms below a tab. @param {string} name */
    below: (name) => all.filter(({ tab }) => tab === name),
    /** The room that looks at warps of others. */
    examining: () => all.find(({ examines }) => examines) ?? null,
    /** The room that a file is for by its name. @param {string} name @param {Context} context */
    opening(name, context) {
      const shown = of(context.store.get());
      return shown.takes?.(name, context) ? shown : all.find(({ opens }) => opens?.(name)) ?? null;
    },
    /** The room to which a line of the menu of samplers leads. @param {string} name */
    ofSampler: (name) => all.find(({ sampler }) => sampler === name) ?? null,
    /** The line of the menu of samplers that a state shows. @param {State} state */
    samplerOf: (state) => of(state).sampler ?? state.sampler,
  };
}
