// @ts-check
/** Keeps the address in step with the state: written after a pause, read when it is changed by hand. */
import { debounce } from "../kit/dom.js";
import { linkNotice, readLink, writeLink } from "./link.js";
import { ALL, anyOf, madeOf, NOTHING } from "./made.js";
import { t } from "./text.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./link.js").Codec} Codec
 */

/** What a link cannot carry, as sentences. @param {import("./context.js").State} state */
export function missingFromLink(state) {
  const notes = [];
  if (state.image === "own") notes.push(t("link.noPicture"));
  if ([state.saliency, state.learnedFrom, state.cadMask].includes("file")) notes.push(t("link.noMap"));
  return notes;
}

/**
 * The state of a link, made whole: a picture that this page does not have becomes the first one, and that is told.
 * `aside`: what was made on an own picture that is not here; it waits for it.
 * @param {Context} context @param {Codec} codec @param {string} hash
 */
export async function stateOfLink({ host, schema, live, store, rooms }, codec, hash) {
  const { state: told, problems } = await readLink(hash, schema, codec);
  let state = told;
  const { pictures, samplers } = host.catalogue;
  const known = pictures.some(({ id }) => id === state.image) || (state.image === "own" && live.get().own !== null);
  let notice = linkNotice(problems);
  let aside = null;
  if (!known) {
    const own = state.image === "own";
    if (own) aside = anyOf(madeOf(state));
    notice = own ? t(aside ? "link.paintedOnOwn" : "link.madeOnOwn") : t("link.unknownPicture", { image: state.image });
    state = { ...state, image: pictures[0]?.id ?? store.get().image, ...(own && { ...NOTHING, camera: ALL }) };
  }
  const led = rooms.ofSampler(state.sampler);
  if (led) state = { ...state, room: led.id, sampler: store.get().sampler };
  const { sampler } = state;
  const there = samplers.some(({ name }) => name === sampler);
  return { state: there ? state : { ...state, sampler: samplers[0]?.name ?? sampler }, notice, aside };
}

/**
 * Keeps the address of the mount in step. Rooms are steps, and what a room says of itself: Back returns to the one
 * before, as it was left.
 * @param {Context} context @param {Codec} codec
 * @param {(told: Awaited<ReturnType<typeof stateOfLink>>) => void} restore
 * @param {string} [known]  the address that the state of now was read from
 */
export function followAddress(context, codec, restore, known = context.host.address.read()) {
  const { store, live, rooms, schema, host: { address } } = context;
  const hashOf = async (/** @type {import("./context.js").State} */ state) =>
    `#${await writeLink(state, schema, codec)}`;
  let written = known;
  let last = store.get();
  const stepOf = (/** @type {import("./context.js").State} */ state) =>
    `${state.room} ${rooms.of(state).step?.(state) ?? ""}`;
  /** The step that the address stands at. */
  let at = stepOf(last);
  /** That step as it was left, until the next one is written. @type {import("./context.js").State | null} */
  let leaving = null;
  let stopped = false;
  let reading = false;
  let turn = 0;

  /** @param {string} hash @param {boolean} step */
  function put(hash, step) {
    if (hash === address.read()) return;
    address.write(hash, step);
    written = address.read();
  }

  /** Whether the address was changed by hand and means another state, which is on its way then. */
  function overtaken() {
    if (address.read() !== written) void read();
    return reading;
  }

  async function write() {
    if (live.get().painting) return later();
    const state = store.get();
    const hash = await hashOf(state);
    // The browser tells of a changed address only later: what it holds by now must not be written over unread.
    if (!stopped && state === store.get() && stepOf(state) === at && !overtaken()) put(hash, false);
  }
  const later = debounce(() => void write(), 250);

  /** @param {import("./context.js").State} left @param {import("./context.js").State} entered */
  async function step(left, entered) {
    const [before, after] = await Promise.all([left, entered].map(hashOf));
    const stays = leaving === left && stepOf(store.get()) === stepOf(entered);
    if (stopped || !stays || overtaken()) return;
    put(before, false);
    at = stepOf(entered);
    leaving = null;
    put(after, true);
    later();
  }

  async function read() {
    if (address.read() === written) return;
    written = address.read();
    const mine = ++turn;
    reading = true;
    const told = await stateOfLink(context, codec, written);
    if (stopped || mine !== turn) return;
    reading = false;
    at = stepOf(told.state);
    leaving = null;
    restore(told);
    later();
  }

  const ends = [later.cancel, address.follow(() => void read()), store.subscribe((state) => {
    if (stepOf(state) === at) leaving = null;
    else if (stepOf(state) !== stepOf(last)) void step(leaving ??= last, state);
    last = state;
    later();
  })];
  void read();
  return {
    later,
    /** The address of exactly this state. */
    link: async () => address.link(await hashOf(store.get())),
    stop() {
      stopped = true;
      ends.forEach((end) => end());
    },
  };
}
