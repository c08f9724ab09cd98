// @ts-check
/**
 * Which picture of a list of boxes is which: by file name, else by the numbers of frames or their order. Fetched with
 * the first list.
 *
 * @typedef {import("../schema/contract.js").ListedPicture} Listed
 * @typedef {import("./film.js").Film} Film
 */
import { Said } from "./errors.js";
import { t } from "./text.js";

/** A name without folders and without what it ends in, which an export may have changed. @param {string} file */
export const stemOf = (file) => file.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "").toLowerCase();

/** The only picture of each name. @param {readonly Listed[]} pictures */
function byName(pictures) {
  /** @type {Map<string, number | null>} */
  const places = new Map();
  pictures.forEach(({ file }, place) => places.set(stemOf(file), places.has(stemOf(file)) ? null : place));
  return places;
}

/**
 * The pictures of a list in the order of their frames, as far as they have numbers, else as they are listed; and of how
 * many frames they are.
 * @param {readonly Listed[]} pictures
 */
function inOrder(pictures) {
  const numbers = pictures.map(({ frame }) => frame);
  const numbered = new Set(numbers).size === pictures.length && numbers.every((frame) => frame !== null);
  if (!numbered) return { numbered, count: pictures.length, at: (/** @type {number} */ k) => k };
  const places = new Map(numbers.map((frame, place) => [/** @type {number} */ (frame), place]));
  return { numbered, count: Math.max(...places.keys()) + 1,
    at: (/** @type {number} */ k) => places.get(k) ?? null };
}

/**
 * The place in a list of each frame of a film; `null`: the list does not have it.
 * @param {readonly Listed[]} pictures @param {Pick<Film, "count" | "total" | "file">} film
 * @returns {(k: number) => number | null}
 */
function ofFilm(pictures, { count, total, file }) {
  const names = byName(pictures);
  const named = file && Array.from({ length: count }, (_, k) => names.get(stemOf(file(k))) ?? null);
  if (named?.some((place) => place !== null)) return (k) => named[k] ?? null;
  const order = inOrder(pictures);
  const frames = total ?? count;
  // A player shows a film so many times a second: its frames are found by their time.
  if (total === undefined && order.count > 1) return (k) => order.at(Math.floor(((k + 0.5) / count) * order.count));
  if (order.numbered ? order.count > frames : order.count !== frames) {
    throw new Said(t("truth.boxes.otherCount", { listed: order.count, frames }));
  }
  return (k) => order.at(Math.floor((k * frames) / count));
}

/**
 * The place in a list of a single picture.
 * @param {readonly Listed[]} pictures @param {string} title
 */
function ofPicture(pictures, title) {
  const place = pictures.length === 1 ? 0 : byName(pictures).get(stemOf(title)) ?? null;
  if (place === null) throw new Said(t("truth.boxes.noName", { name: title, count: pictures.length }));
  return () => place;
}

/** Whether a picture may be one that was made smaller. @param {Listed} listed @param {number} width
 * @param {number} height */
const sameForm = ({ width: w, height: h }, width, height) => w === null || h === null
  || (width <= w && Math.abs((h * width) / w - height) <= 1) || (w <= width && Math.abs((height * w) / width - h) <= 1);

/**
 * @param {readonly Listed[]} pictures
 * @param {{film: Film | null, at: number, title: string, image: {width: number, height: number}}} shown
 * @returns {(k: number) => number | null}  its place in the list by number of the frame
 * @throws {Said} none is the picture that is shown, or it is of another size
 */
export function placesIn(pictures, { film, at, title, image }) {
  const place = film ? ofFilm(pictures, film) : ofPicture(pictures, title);
  const now = place(at);
  const listed = now === null ? null : pictures[now];
  if (listed && !sameForm(listed, image.width, image.height)) {
    throw new Said(t("truth.boxes.otherSize", { file: listed.file, width: listed.width ?? 0, height: listed.height ?? 0,
      pictureWidth: image.width, pictureHeight: image.height }));
  }
  return place;
}
