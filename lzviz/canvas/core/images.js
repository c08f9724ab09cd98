// @ts-check
/** Pictures: from the catalogue, opened, pasted, dropped; decoded without colour conversion or premultiplied alpha. */
import { fromBase64, picturePath } from "./wire.js";
import { askServer, getFrom } from "./client.js";
import { debounce } from "../kit/dom.js";
import { keepMade, keepPicture } from "./kept.js";
import { ALL, anyOf, MADE, madeOf, NOTHING } from "./made.js";
import { filmOf, frameName, UNHELD } from "./pictures.js";
import { ROUTES } from "../schema/routes.js";
import { t } from "./text.js";
import { Said, trouble } from "./errors.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./context.js").SourceImage} SourceImage
 * @typedef {import("./context.js").OwnImage} OwnImage
 */

const DISPLAY_SIDE = 2048;

/**
 * Pixels of an encoded picture as RGBA, shrunk to a long side of `side`.
 * @param {Blob} blob @param {number} [side]
 */
export async function decode(blob, side = DISPLAY_SIDE) {
  const options = /** @type {ImageBitmapOptions} */ ({ colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const bitmap = await createImageBitmap(blob, options);
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((n) => Math.max(1, Math.round(n * scale)));
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Said(t("image.noCanvas"));
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, width, height);
  const full = { width: bitmap.width, height: bitmap.height };
  bitmap.close();
  return { width, height, full, data: pen.getImageData(0, 0, width, height).data };
}

/**
 * The source as the stage takes it.
 * @param {string} id @param {Awaited<ReturnType<typeof decode>>} pixels @param {{width: number, height: number}} full
 * @returns {SourceImage}
 */
export function sourceImage(id, pixels, full) {
  return { id, width: full.width, height: full.height, data: pixels.data, displayWidth: pixels.width,
    displayHeight: pixels.height, scale: pixels.width / full.width };
}

/**
 * The picture of an id.
 * @param {import("./context.js").Context["host"]} host @param {string} id
 */
async function fetchPicture(host, id) {
  const known = host.catalogue.pictures.find((picture) => picture.id === filmOf(id));
  const answer = await getFrom(host, picturePath(id));
  const pixels = await decode(await answer.blob());
  const [width, height] = ["x-lzviz-width", "x-lzviz-height"].map((name) => Number(answer.headers.get(name)));
  const told = width && height ? { width, height } : known;
  return sourceImage(id, pixels, told ?? pixels.full);
}

/** A picture of the visitor without a server. @param {Blob} blob */
async function openLocally(blob) {
  const pixels = await decode(blob);
  return sourceImage(UNHELD, pixels, pixels.full);
}

/** @param {Context} context */
function mapOpener({ store, live, host, actions, patiently }) {
  /**
   * A saliency map of the visitor; what is there stays until it is accepted.
   * @param {Blob} blob @param {string} title @param {Partial<import("./store.js").State>} [patch] what then changes
   */
  return async function openMap(blob, title, patch = { saliency: "file" }) {
    try {
      const answer = await patiently(() => askServer(host, ROUTES.addMap.path, blob));
      live.set({ file: { h: answer.h, w: answer.w, data: fromBase64(answer.data), title }, error: null });
      store.set(patch, { history: true });
    } catch (error) {
      live.set({ error: trouble(t("map.failed"), error, { press: t("map.another"),
        run: () => actions.openMap(patch) }) });
    }
  };
}

/** The picture that was asked for last, and no other one. @param {Pick<Context, "live" | "again">} context */
function createNewest({ live, again }) {
  let turn = 0;
  /** @type {import("./context.js").Trouble | null} */
  let told = null;

  /**
   * Decodes `load` and makes it the source, unless another picture was asked for meanwhile.
   * @param {() => Promise<SourceImage>} load @param {(image: SourceImage) => void} arrive
   */
  async function bring(load, arrive) {
    const mine = ++turn;
    live.set({ loading: true });
    try {
      const image = await load();
      const newest = mine === turn;
      if (newest) again.answered("picture");
      if (newest) arrive(image);
      return newest;
    } catch (error) {
      if (mine === turn) {
        const anew = () => void bring(load, arrive);
        again.failed("picture", error, anew);
        told = trouble(t("image.failed"), error, { press: t("error.tryAgain"), run: anew });
        live.set({ error: told });
      }
      return false;
    } finally {
      if (mine === turn) live.set({ loading: false });
    }
  }

  /** The picture that is shown is the one that is wanted: no other one may still arrive, or be asked for again. */
  function stay() {
    turn++;
    again.answered("picture");
    live.set({ loading: false, ...(told && live.get().error === told && { error: null }) });
  }
  return { bring, stay };
}

/** What is made by hand stays with its picture. @param {Context} context */
function createHand({ store, live }) {
  /** @type {Map<string, import("./made.js").Made>} */
  const made = new Map();
  return {
    /** What was made on the picture of now waits for it. */
    leave() {
      const { image } = live.get();
      if (image) made.set(filmOf(image.id), madeOf(store.get()));
    },
    /** What was made on a picture that comes. @param {boolean} own  of the visitor @param {string} id
     * @param {import("./made.js").Made | null} before  as the browser kept it */
    on(own, id, before) {
      const { aside } = live.get();
      if (own && aside) live.set({ aside: null, notice: null });
      return before ?? made.get(id) ?? (own ? aside : null) ?? NOTHING;
    },
  };
}

/** Keeps a picture in the browser, and what is made on it from then on. @param {Context} context */
function createKeeper({ store, live }) {
  /** @type {Blob | null} */
  let kept = null;
  const isShown = () => kept !== null && store.get().image === "own" && live.get().own?.blob === kept;
  const later = debounce(() => isShown() && void keepMade(madeOf(store.get())), 250);
  store.subscribe((_, changed) => MADE.some((key) => changed.has(key)) && isShown() && later());
  return (/** @type {Blob} */ blob, /** @type {string} */ title,
    /** @type {import("./made.js").Made | null} */ made) => {
    kept = blob;
    void keepPicture(blob, title, made);
  };
}

/** @param {Context} context */
export function createImages(context) {
  const { store, live, host, page, patiently, brought } = context;
  /** Pictures of the visitor stay in the browser. */
  const alone = !host.transport.answers(ROUTES.addPicture.path);
  const { bring, stay } = createNewest(context);

  const hand = createHand(context);
  const keep = createKeeper(context);

  /**
   * The new source, with what was made on it before.
   * @param {string} id @param {SourceImage} image
   * @param {import("./made.js").Made | null} [before]  as the browser kept it
   */
  function settleOn(id, image, before = null) {
    hand.leave();
    const on = hand.on(id === "own", image.id, before);
    live.set({ image, found: null, error: null, notice: null }); // what was said of another picture goes with it
    store.set({ image: id, frame: 0, camera: ALL, ...on }, { history: true });
  }

  /** @param {string} id */
  function choose(id) {
    if (id === store.get().image && live.get().image) return stay();
    void bring(() => patiently(() => fetchPicture(host, id)), (image) => settleOn(id, image));
  }

  /** Shows the picture of the state (after undo, or at the start) and touches nothing else. */
  async function follow() {
    const { image: id, frame } = store.get();
    const { own, image } = live.get();
    const { frames = 1 } = host.catalogue.pictures.find((picture) => picture.id === id && !host.transport.kept) ?? {};
    const wanted = id === "own" ? own?.id : frameName(id, Math.min(frame, frames - 1));
    if (!wanted) return true;
    if (image?.id === wanted) {
      stay();
      return true;
    }
    const known = () => (id === "own" ? live.get().own?.id ?? wanted : wanted);
    return bring(() => (alone && own && id === "own" ? openLocally(own.blob)
      : patiently(() => brought.answered(() => fetchPicture(host, known())))),
      (fresh) => live.set({ image: fresh, found: null }));
  }

  /** The server holds it as this page's. @param {Blob} blob */
  const give = (blob) => patiently(() => askServer(host, `${ROUTES.addPicture.path}?page=${page}`, blob));

  /**
   * Makes a picture of the visitor the source.
   * @param {Blob} blob @param {string} title @param {import("./made.js").Made | null} [before]  what was made on it
   */
  async function open(blob, title, before) {
    if (alone) {
      await bring(() => openLocally(blob), (image) => {
        live.set({ own: { blob, id: UNHELD, title, notes: [] } });
        settleOn("own", image, anyOf(before));
      });
      return;
    }
    let answer = /** @type {any} */ (null);
    const load = async () => {
      answer = await give(blob);
      const picture = async () => Boolean(answer = await give(blob));
      return patiently(() => brought.answered(() => fetchPicture(host, answer.id), { picture }));
    };
    await bring(load, (image) => {
      keep(blob, title, anyOf(before));
      live.set({ own: { blob, id: answer.id, title, notes: (answer.notes ?? []).filter(isNews) } });
      settleOn("own", image, anyOf(before));
    });
  }

  /** The server has forgotten the picture: give it the kept one again. @returns {Promise<boolean>} whether it could */
  async function giveAgain() {
    const { own, image } = live.get();
    if (!own || store.get().image !== "own" || alone) return false;
    const answer = await give(own.blob);
    live.set({ own: { ...own, id: answer.id }, ...(image?.id === own.id && { image: { ...image, id: answer.id } }) });
    return true;
  }
  brought.giver("picture", giveAgain);

  /**
   * A frame of a film in the place of the source; what was made by hand stays.
   * @param {Blob} blob @param {string} title
   * @param {{settled: boolean, found: import("./context.js").Live["found"], stands: () => boolean, name?: string,
   *   frame: number}} how  settled: its answer is wanted; found: what the saliency is found in, where that is another
   *   frame; name: what Python knows it by already
   * @returns {Promise<boolean>} whether it is still wanted
   */
  async function showFrame(blob, title, { settled, found, stands, name, frame }) {
    const pixels = await decode(blob);
    const id = name ?? (settled && !alone ? (await give(blob)).id : UNHELD);
    if (!stands()) return false;
    const fresh = !name && store.get().image !== "own";
    if (fresh) hand.leave();
    live.set({ ...(!name && { own: { blob, id, title, notes: [] } }), image: sourceImage(id, pixels, pixels.full),
      ...(found ? { found } : settled && { found: null }) });
    if (name) store.set({ frame });
    else if (fresh) store.set({ image: "own", frame: 0, camera: ALL, ...hand.on(true, id, null) }, { history: true });
    return true;
  }

  /** The id of a picture that the server holds now. @param {Blob} blob @returns {Promise<string>} */
  const held = async (blob) => (await give(blob)).id;

  return { choose, follow, open, held, showFrame, openMap: mapOpener(context) };
}

/** The rail says itself at what size a picture is shown. @param {import("./text.js").Text} note */
const isNews = ({ key }) => key !== "note.shownAt";
