// @ts-check
/** Keeps the address in step with the state: written after a pause, read when it is changed by hand. */
import { debounce } from "../kit/dom.js";
import { linkNotice, readLink, writeLink } from "./link.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./link.js").Codec} Codec
 */

/** What a link cannot carry, as sentences. @param {import("./context.js").State} state */
export function missingFromLink(state) {
  const notes = [];
  if (state.image === "own") notes.push("Your own picture is not in the link; everything else is.");
  if (state.saliency === "file") notes.push("Your own saliency map is not in the link; everything else is.");
  return notes;
}

/**
 * The state of a link, made whole: a picture that this page does not have becomes the first one, and that is told.
 * @param {Context} context @param {Codec} codec @param {string} hash
 */
export async function stateOfLink({ host, schema, live, store, rooms }, codec, hash) {
  const { state, problems } = await readLink(hash, schema, codec);
  const { pictures, samplers } = host.catalogue;
  const known = pictures.some(({ id }) => id === state.image) || (state.image === "own" && live.get().own !== null);
  let notice = linkNotice(problems);
  if (!known) {
    notice = state.image === "own"
      ? "This link was made on an own picture, which a link cannot carry. All else is restored: open that picture."
      : `There is no picture “${state.image}” here; all else of the link is restored.`;
    state.image = pictures[0]?.id ?? store.get().image;
  }
  const led = rooms.ofSampler(state.sampler);
  if (led) Object.assign(state, { room: led.id, sampler: store.get().sampler });
  if (!samplers.some(({ name }) => name === state.sampler)) state.sampler = samplers[0]?.name ?? state.sampler;
  return { state, notice };
}

/**
 * @param {Context} context @param {Codec} codec
 * @param {(state: import("./context.js").State, notice: string | null) => void} restore
 */
export function followAddress(context, codec, restore) {
  const { store, live, schema } = context;
  let written = window.location.hash;
  let stopped = false;

  async function write() {
    if (live.get().painting) return later();
    const state = store.get();
    const hash = `#${await writeLink(state, schema, codec)}`;
    if (stopped || state !== store.get() || hash === window.location.hash) return;
    written = hash;
    history.replaceState(history.state, "", window.location.pathname + window.location.search + hash);
  }
  const later = debounce(() => void write(), 250);

  async function read() {
    if (window.location.hash === written) return;
    written = window.location.hash;
    const { state, notice } = await stateOfLink(context, codec, written);
    restore(state, notice);
  }

  const unsubscribe = store.subscribe(later);
  window.addEventListener("hashchange", read);
  return {
    later,
    /** The address of exactly this state. */
    async link() {
      const hash = `#${await writeLink(store.get(), schema, codec)}`;
      return window.location.origin + window.location.pathname + window.location.search + hash;
    },
    stop() {
      stopped = true;
      later.cancel();
      unsubscribe();
      window.removeEventListener("hashchange", read);
    },
  };
}
