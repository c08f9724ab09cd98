// @ts-check
/**
 * What every part of the page is given, and the passing state (never in the link, never undone).
 *
 * @typedef {import("./store.js").State} State
 * @typedef {import("./store.js").PaintMap} PaintMap
 * @typedef {import("./schema.js").Schema} Schema
 *
 * @typedef {object} Picture  a line of the catalogue
 * @property {string} id
 * @property {string} title
 * @property {number} width   true size
 * @property {number} height
 * @property {string} [credit]
 * @property {string} [dataset]   the one that it is like; "": none
 * @property {boolean} [boxed]    true boxes come with it
 * @property {string} [checkpoint]  the trained pipeline that opens with it
 * @property {{x: number, y: number, r: number}} [highlight]  where painting pays: fractions; r of the long side
 * @property {readonly {x: number, y: number, r: number}[]} [start]  what is painted at a first visit
 * @property {number} [frames]    of a film
 * @property {number} [fps]
 *
 * @typedef {import("../schema/contract.js").SamplerLine} Sampler  a line of the catalogue
 *
 * @typedef {object} Catalogue
 * @property {readonly Sampler[]} samplers
 * @property {readonly import("../schema/contract.js").SourceLine[]} sources
 * @property {readonly Picture[]} pictures
 * @property {{h: number, w: number, data: string} | null} [fixed]
 * @property {readonly string[]} [languages]  BCP 47 tags
 * @property {string} [device]
 * @property {string} [version]
 * @property {readonly import("../rooms/pipeline/words.js").Checkpoint[]} [checkpoints]  trained pipelines
 * @property {string} [checkpointDefault]
 * @property {any} [limits]
 *
 * @typedef {object} Host
 * @property {import("./transport.js").Transport} transport  how questions reach who answers them
 * @property {Catalogue} [catalogue]
 * @property {any} [schema]       content of schema.json, where it cannot be fetched
 * @property {{language: string, lines: import("./text.js").Words}} [words]  the language, where it cannot be fetched
 * @property {PaintMap | null} [file]  a map of the visitor that is there from the start
 * @property {string} [bookmarks]  a file of bookmarks that the page is opened on
 * @property {boolean} [styled]   the styles are in the document already
 * @property {import("./browser.js").Address} address  where the link of the mount stands
 * @property {import("./browser.js").Theme} theme
 * @property {import("./browser.js").Teaching} [teaching]  what is left out, and larger type
 * @property {import("./browser.js").Language} [language]  where the page lets the visitor choose
 *
 * What a page gives to a mount; what it leaves out, the mount has for itself.
 * @typedef {Omit<Host, "address" | "theme"> & Partial<Pick<Host, "address" | "theme">>} Given
 *
 * @typedef {object} SourceImage  the display level of the picture and its true size
 * @property {string} id          what Python knows it by
 * @property {number} width       true size
 * @property {number} height
 * @property {Uint8ClampedArray<ArrayBuffer>} data RGBA
 * @property {number} displayWidth
 * @property {number} displayHeight
 * @property {number} scale       displayWidth / width
 *
 * @typedef {object} OwnImage     a picture of the visitor
 * @property {Blob} blob          kept, because the server may forget
 * @property {string} id
 * @property {string} title
 * @property {readonly import("./text.js").Text[]} notes
 *
 * @typedef {object} Trouble      one line in the status bar: what, why, what to press
 * @property {string} text
 * @property {string} [detail]    what a program said of it, in English
 * @property {string} [press]     label of the button
 * @property {() => void} [run]
 * @property {{what: string, state: State}} [asks]  the question that failed, and about what; see `stillTold`
 *
 * What was found in a frame, in the pixel edges of its picture.
 * @typedef {{boxes: readonly (readonly number[])[], scores: readonly number[], classes: readonly number[]}} Before
 *
 * @typedef {object} Live
 * @property {any} hover          the pixel under the pointer, written by the stage
 * @property {any} measured       numbers of the warp that is drawn, written by the stage
 * @property {any} answer         the last answer of Python
 * @property {State | null} answered  the state that the answer is about
 * @property {Trouble | null} error
 * @property {string | null} notice
 * @property {SourceImage | null} image
 * @property {OwnImage | null} own
 * @property {import("./made.js").Made | null} aside  what was made on an own picture that is not here: it waits for it
 * @property {boolean} uniform    uniform sampling is shown in place of the warp (Space is held)
 * @property {boolean} painting   a stroke is on its way
 * @property {boolean} busy       Python is at work
 * @property {boolean} follows    Python has no room just now and is asked again
 * @property {import("./work.js").Working | null} working  Python has been at it for a while
 * @property {any} times          what Python takes for states such as this one
 * @property {boolean} loading    a picture is on its way
 * @property {{h: number, w: number, data: Uint8Array, of: string, key: string} | null} found  in the picture by the
 *   source `of`; `key` tells its options too
 * @property {{h: number, w: number, data: Uint8Array, title?: string} | null} file
 * @property {{h: number, w: number, data: Float32Array} | null} fixed
 * @property {{before: Before | null, passing: boolean, film: import("./film.js").Film, at: number} | null} film  a
 *   frame of a film is shown: with what a detector has found before it, or in passing, so that nothing is asked
 * @property {boolean} hint       "paint me" is shown
 * @property {Readonly<Record<string, any>> | null} yours  settings by option that a method's own took the place of
 *
 * @typedef {import("./store.js").Store<Live>} LiveStore
 * @typedef {import("./store.js").Store<State>} StateStore
 *
 * @typedef {object} Context
 * @property {StateStore} store
 * @property {LiveStore} live
 * @property {Host & {catalogue: Catalogue}} host
 * @property {Schema} schema
 * @property {import("./rooms.js").Rooms} rooms
 * @property {HTMLElement} root
 * @property {Actions} actions
 * @property {string} page  by which the server knows what comes from this mount
 * @property {import("./patience.js").Patience} patiently
 * @property {import("./brought.js").Brought} brought
 * @property {import("./again.js").Again} again
 *
 * @typedef {object} Actions  what several parts of the page can ask for; main.js puts them together
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} clear
 * @property {() => void} theme
 * @property {() => void} keys
 * @property {() => void} share
 * @property {() => void} showExport
 * @property {() => void} openFile
 * @property {() => void} examine  the warp of the room that is shown goes to the room that examines
 * @property {(patch?: Partial<State>) => void} openMap  `patch`: of the state once the map is accepted
 * @property {(file: File, patch?: Partial<State>) => void} takeMap  the same of a file that is here already
 * @property {() => void} openCamera
 * @property {(id: string) => void} choosePicture
 * @property {(name: string) => void} chooseSampler
 * @property {(kind: State["saliency"]) => void} chooseSaliency
 */

import { t } from "./text.js";

/** @returns {Live} */
export function emptyLive() {
  return {
    hover: null, measured: null, answer: null, answered: null, error: null, notice: null, image: null, own: null,
    aside: null, uniform: false, painting: false, busy: false, loading: false, found: null, file: null, fixed: null,
    hint: false, yours: null, follows: false, times: null, working: null, film: null,
  };
}

/** @param {Pick<Context, "host">} context @param {string} name @returns {Sampler | undefined} */
export const samplerOf = ({ host }, name) => host.catalogue.samplers.find((sampler) => sampler.name === name);

/** @param {Pick<Context, "host">} context @param {string} name */
export const sourceOf = ({ host }, name) => host.catalogue.sources.find((source) => source.name === name);

/**
 * Whether what is shown will be something else in a moment, so that nothing is asked about it: a hand is at work, or a
 * film passes.
 * @param {Pick<Live, "painting" | "film">} live
 */
export const inMotion = ({ painting, film }) => painting || film?.passing === true;

/**
 * Whether Python's last answer is about what is shown: not while a hand is painting, nor while uniform sampling takes
 * the place of the warp.
 * @param {Pick<Live, "answer" | "answered" | "painting" | "uniform">} live @param {State} state
 */
export const isAnswered = ({ answer, answered, painting, uniform }, state) =>
  Boolean(answer) && answered === state && !painting && !uniform;

/** What every sampler has, whatever its controls. */
const ALWAYS = new Set(["width", "sourceScale", "compare"]);

/**
 * Why a control does nothing just now, or null when it does something.
 * @param {Context} context @param {string} key
 * @returns {string | null}
 */
export function reasonAgainst(context, key) {
  const state = context.store.get();
  const sampler = samplerOf(context, context.rooms.samplerOf(state));
  if (!sampler || ALWAYS.has(key)) return null;
  if (key === "mode") return sampler.modes.length > 1 ? null : t("sampler.oneReading", { sampler: sampler.title });
  if (!sampler.controls.includes(key === "strength" ? "saliency" : key)) {
    const label = context.schema.field(key).label;
    return key === "saliency" ? t("sampler.noSaliency", { sampler: sampler.title })
      : t("sampler.lacks", { sampler: sampler.title, control: label });
  }
  if (key !== "strength" || sourceOf(context, state.saliency)?.weighs) return null;
  return t("strength.byHand");
}

/** Whether a map has a neutral middle: painting goes above 128, erasing below. @param {string} key */
export const isSigned = (key) => key !== "paint";
