// @ts-check
/**
 * What the visitor says is true: labels of a picture, or boxes of a picture or a film, a file for each. Python is given
 * it once for each checkpoint.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("./asking.js").AnswerStore} AnswerStore
 * @typedef {import("../../schema/contract.js").ListedPicture} Listed
 *
 * @typedef {object} OwnTruth
 * @property {Blob} blob
 * @property {string} title
 * @property {object | string} of  what it is true of: the visitor's own file, a film, or the id of a picture
 * @property {import("../../core/text.js").Text[]} notes
 * @property {Readonly<Record<string, string>>} ids  what Python knows it by, by checkpoint
 * @property {((k: number) => number | null) | null} place  of boxes: the place in the list by number of the frame
 */
import { askServer } from "../../core/client.js";
import { ROUTES } from "../../schema/routes.js";
import { checkpointOf, finds } from "./words.js";

/** Labels and boxes of one picture are two things. @param {Context} context */
const keyOf = ({ store, host }) =>
  `${finds(checkpointOf(host, store.get())) ? "boxes" : "labels"} ${store.get().image}`;

/** What is shown, as an identity. @param {Context} context */
const shownIn = ({ store, live }) => live.get().film?.film
  ?? (store.get().image === "own" ? live.get().own?.blob : null) ?? store.get().image;

/** What the visitor says is true of what is shown. @param {Context} context @param {AnswerStore} answers
 * @returns {OwnTruth | null} */
export function ownTruth(context, answers) {
  const own = answers.get().truths[keyOf(context)];
  return own?.of === shownIn(context) ? own : null;
}

/** What Python knows a frame's truth by; "": nothing is known of it. @param {OwnTruth} own @param {string} checkpoint
 * @param {number} k */
export function nameOf({ ids, place }, checkpoint, k) {
  if (!place) return ids[checkpoint];
  const at = place(k);
  return at === null ? "" : `${ids[checkpoint]}.${at}`;
}

/** @param {Context} context @param {AnswerStore} answers @param {() => string} checkpoint  its name */
export function createTruths(context, answers, checkpoint) {
  const { store, live, host, page, patiently } = context;
  const own = () => ownTruth(context, answers);
  const frame = () => live.get().film?.at ?? 0;

  /** @param {OwnTruth | null} mine of what is shown */
  function put(mine) {
    const others = Object.entries(answers.get().truths).filter(([key]) => key !== keyOf(context));
    answers.set({ truths: { ...Object.fromEntries(others), ...(mine && { [keyOf(context)]: mine }) } });
  }

  /** @param {OwnTruth} given @param {string} name */
  async function handLabels(given, name) {
    const query = new URLSearchParams({ page, image: live.get().image?.id ?? store.get().image, checkpoint: name });
    return patiently(() => askServer(host, `${ROUTES.addTruth.path}?${query}`, given.blob));
  }

  /** @param {OwnTruth} given @param {string} name */
  async function handBoxes(given, name) {
    const query = new URLSearchParams({ page, checkpoint: name, title: given.title.slice(-300) });
    const { film, image, own: picture } = live.get();
    const { placesIn } = await import("../../core/listed.js");
    const { id, notes, pictures } = await patiently(() =>
      askServer(host, `${ROUTES.addBoxes.path}?${query}`, given.blob));
    const shown = { film: film?.film ?? null, at: film?.at ?? 0, title: picture?.title ?? store.get().image,
      image: image ?? { width: 1, height: 1 } };
    return { id, notes, place: given.place ?? placesIn(pictures, shown) };
  }

  /** Give it to Python, which refuses what is not true of this picture. @param {OwnTruth} given
   * @returns {Promise<OwnTruth>} */
  async function hand(given) {
    const name = checkpoint();
    const boxes = finds(checkpointOf(host, store.get()));
    const { id, notes, place } = boxes ? await handBoxes(given, name)
      : { ...await handLabels(given, name), place: null };
    return { ...given, notes, ids: { ...given.ids, [name]: id }, place };
  }

  return {
    own,
    put,
    hand,
    /** @param {Blob} blob @param {string} title @returns {OwnTruth} */
    made: (blob, title) => ({ blob, title, of: shownIn(context), notes: [], ids: {}, place: null }),
    /** What Python knows it by already. @returns {string | null} */
    now() {
      const mine = own();
      return mine?.ids[checkpoint()] ? nameOf(mine, checkpoint(), frame()) : null;
    },
    /** What Python knows it by, which is given it if need be. @returns {Promise<string | null>} */
    async id() {
      const [mine, name] = [own(), checkpoint()];
      if (!mine) return null;
      if (mine.ids[name]) return nameOf(mine, name, frame());
      const held = await hand(mine);
      put(held);
      return nameOf(held, name, frame());
    },
  };
}
