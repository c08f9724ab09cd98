// @ts-check
/**
 * The table is asked of Python when the hand rests: first its numbers, and when the page goes on resting the same with
 * milliseconds. The newest wins.
 *
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("../../schema/contract.js").Compared} Compared
 *
 * @typedef {object} Drawn  what the browser says of a pane while Python has not answered
 * @property {number | null} region
 * @property {number | null} folds       share of the tiles
 * @property {number | null} outOfRange  share of the samples
 * @property {import("../warp/histogram.js").Histogram} histogram  of the magnification
 * @property {number | null} largest  magnification
 *
 * @typedef {object} Answers
 * @property {Compared | null} table
 * @property {State | null} about   the state that it is of
 * @property {Shown} picture        the picture that it is of
 * @property {boolean} asking
 * @property {readonly (Drawn | null)[]} drawn
 * @property {ReadonlyMap<string, import("./planes.js").Planes>} planes  labels of the methods
 * @property {ReadonlyMap<string, import("../pipeline/found.js").Found>} found  boxes of the detectors, by method
 * @property {Handed} handed        what they found in other frames of a film
 * @property {readonly (import("../../viewer/hover.js").Hover | null)[]} hovers  one a pane
 * @property {string} sort          name of a column; "": as the panes stand
 * @property {boolean} blink
 * @property {number | null} split  share of a pane's width that shows pane A's; null: nothing is split
 * @property {number} leads         the pane that a phone shows
 * @property {readonly Trail[]} trail  what was compared before, newest last
 *
 * By method, of a film: what is found in the frame before, and in all that were seen.
 * @typedef {Pick<import("../../schema/contract.js").AskCompared, "before" | "films">} Handed
 *
 * @typedef {object} Trail
 * @property {State} about
 * @property {Shown} picture
 * @property {Compared} table
 *
 * @typedef {Blob | string | null} Shown  which picture is shown; all of a visitor's have one name in the state
 */

import { createCalls } from "../../core/calls.js";
import { inMotion } from "../../core/context.js";
import { newestOnly } from "../../core/newest.js";
import { same } from "../../core/store.js";
import { t } from "../../core/text.js";
import { debounce } from "../../kit/dom.js";
import { ROUTES } from "../../schema/routes.js";
import { KEYS } from "./methods.js";
import { createPlanes } from "./planes.js";

const PAUSE = 500;
const REST = 1500;

/** @returns {Answers} */
export const noAnswers = () => ({ table: null, about: null, picture: null, asking: false, drawn: [], hovers: [],
  sort: "", blink: false, planes: new Map(), found: new Map(), handed: { before: {}, films: {} }, split: null, leads: 0,
  trail: [] });

/** What was compared before, with what is compared now in place of what is about the same. */
const TRAIL = 24;
/** @param {readonly Trail[]} trail @param {Trail} now @returns {readonly Trail[]} */
export const trailOf = (trail, now) => [...trail.filter((each) => each.picture !== now.picture
  || !isFresh(/** @type {any} */ (each), now.about)), now].slice(-TRAIL);

/** @param {Pick<import("../../core/context.js").Live, "image" | "own">} live @returns {Shown} */
export const pictureOf = ({ image, own }) => (own && image?.id === own.id ? own.blob : image?.id ?? null);

/** Whether an answer is about the state of now. @param {Answers} answers @param {State} state */
export const isFresh = ({ about }, state) => about !== null && KEYS.every((key) => same(about[key], state[key]));

/** The boxes of a table; what draws them is fetched with the first ones. @param {Compared} table
 * @returns {Promise<Answers["found"]>} */
async function foundIn({ rows }) {
  const finding = rows.flatMap(({ name, found }) => (found ? [{ name, found }] : []));
  if (!finding.length) return new Map();
  const { Found } = await import("../pipeline/found.js");
  return new Map(finding.map(({ name, found }) => [name, new Found(found)]));
}

/** @param {import("../../viewer/room.js").Place<Answers>} place */
export function createAsking({ context, question, answers, on: shown }) {
  const { store, live, host } = context;
  const on = () => shown() && live.get().image !== null;
  const call = createCalls(context, on);
  const planesOf = createPlanes();
  let seq = 0;

  /** @param {boolean} clock */
  async function ask(clock) {
    if (!on() || !host.transport.answers(ROUTES.compared.path)) return;
    const [about, picture] = [store.get(), pictureOf(live.get())];
    answers.set({ asking: true });
    const asked = () => question(ROUTES.compared.path, () => ({ seq: ++seq, clock, ...answers.get().handed }));
    await call(t("compare.noTable"), asked, async (table, ms) => {
      const [planes, found] = await Promise.all([planesOf(table), foundIn(table)]);
      if (!on() || picture !== pictureOf(live.get())) return; // the new picture has been asked about by itself
      const trail = trailOf(answers.get().trail, { about, picture, table });
      answers.set({ table, about, picture, planes, found, trail });
      if (!clock) live.set({ answer: { milliseconds: ms, device: table.device }, answered: about });
    }, () => void numbers.run());
    answers.set({ asking: false });
    if (!clock && isFresh(answers.get(), store.get())) later();
  }
  const numbers = newestOnly(() => ask(false));
  const times = newestOnly(() => ask(true));
  const soon = debounce(() => (inMotion(live.get()) ? soon() : void numbers.run()), PAUSE);
  const later = debounce(() => {
    const { painting, busy } = live.get();
    if (!on() || !isFresh(answers.get(), store.get()) || document.hidden) return;
    if (painting || busy) later();
    else void times.run();
  }, REST);

  return {
    all() {
      if (live.get().film?.passing) return;
      if (answers.get().picture !== pictureOf(live.get())) answers.set({ about: null });
      if (isFresh(answers.get(), store.get())) return;
      if (live.get().film) void numbers.run(); // a frame is settled
      else soon();
    },
    /** @param {ReadonlySet<string>} changed */
    follow(changed) {
      if (!KEYS.some((key) => changed.has(key))) return;
      later.cancel();
      soon();
    },
  };
}
