// @ts-check
/**
 * Films: decoded by the browser, mp4 and webm by its player, gif by its decoder, a folder of frames as they are; or
 * those of the gallery, drawn by Python frame by frame.
 *
 * @typedef {object} Film
 * @property {string} title
 * @property {number} count    of frames that are shown; a long film is thinned
 * @property {number} pace     frames a second
 * @property {(k: number) => Promise<Blob>} frame  as a picture
 * @property {() => void} close
 * @property {string} [note]      how many of its frames these are, where that is to be said
 * @property {(k: number) => string} [name]  what Python knows a frame by
 * @property {string} [of]        the picture of the gallery that it is
 * @property {number} [total]     of its frames; left out: a player does not say
 * @property {(k: number) => string} [file]  the name of a frame's file
 */
import { getFrom } from "./client.js";
import { Said } from "./errors.js";
import { frameName, STILLS } from "./pictures.js";
import { t } from "./text.js";
import { picturePath } from "./wire.js";

const MOST = 300;
const PACE = 10;
const SIDE = 1280;
/** The frames of a folder, or of several files chosen together, in the order of their numbers. @param {File[]} files */
const framesOf = (files) => files.filter(({ name, type }) => type.startsWith("image/") || STILLS.test(name))
  .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));

/** What is said of a film of `total` frames. @param {number} count  that are shown @param {number} total */
const thinned = (count, total) => (count < total ? t("film.thinned", { count, total }) : "");

/** What an mp4 may hold, and how a browser is asked whether it reads it: not every one has the first. */
const CODECS = { "H.264": "avc1.42E01E", VP9: "vp09.00.10.08", AV1: "av01.0.04M.08" };

/** Why there is no film, and what this very browser reads. */
function unreadable() {
  const player = document.createElement("video");
  const read = Object.entries(CODECS).filter(([, codec]) => player.canPlayType(`video/mp4; codecs="${codec}"`));
  return new Said(t("film.unreadable", { codecs: read.map(([name]) => name) }));
}

/** @param {CanvasImageSource} source @param {number} width @param {number} height @returns {Promise<Blob>} */
function still(source, width, height) {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  const [w, h] = [width, height].map((n) => Math.max(1, Math.round(n * scale)));
  Object.assign(canvas, { width: w, height: h });
  canvas.getContext("2d")?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(unreadable())), "image/png"));
}

/** @param {EventTarget} target @param {string} name */
const once = (target, name) => new Promise((done, fail) => {
  target.addEventListener(name, done, { once: true });
  target.addEventListener("error", () => fail(unreadable()), { once: true });
});

/** @param {Blob} blob @param {string} title @returns {Promise<Film>} */
async function video(blob, title) {
  const player = document.createElement("video");
  Object.assign(player, { muted: true, playsInline: true, preload: "auto", src: URL.createObjectURL(blob) });
  const close = () => {
    URL.revokeObjectURL(player.src);
    player.removeAttribute("src");
  };
  try {
    await once(player, "loadeddata");
    if (!player.videoWidth) throw unreadable(); // sound alone
    if (!Number.isFinite(player.duration)) { // what was recorded live says its length only at its end
      player.currentTime = 1e9;
      await once(player, "seeked");
    }
  } catch (error) {
    close();
    throw error;
  }
  const length = Math.max(player.duration, 1e-3);
  const count = Math.min(MOST, Math.max(1, Math.round(length * PACE)));
  /** One after the other: a player looks for one place at a time. @type {Promise<unknown>} */
  let line = Promise.resolve();
  /** @param {number} k */
  async function seek(k) {
    const at = ((k + 0.5) / count) * length;
    if (Math.abs(player.currentTime - at) > 1e-4) {
      player.currentTime = at;
      await once(player, "seeked");
    }
    return still(player, player.videoWidth, player.videoHeight);
  }
  const note = t("film.read", { count, pace: count / length });
  return { title, count, pace: count / length, note, close, frame(k) {
    const picture = line.then(() => seek(k));
    line = picture.catch(() => undefined);
    return picture;
  } };
}

/** @param {Blob} blob @param {string} title @returns {Promise<Film | null>} null: a single picture */
async function animation(blob, title) {
  const Decoder = /** @type {any} */ (globalThis).ImageDecoder;
  if (!Decoder) throw new Said(t("film.noGif"));
  const decoder = new Decoder({ data: await blob.arrayBuffer(), type: "image/gif" });
  await decoder.tracks.ready;
  const total = decoder.tracks.selectedTrack?.frameCount ?? 1;
  if (total < 2) return null;
  const count = Math.min(MOST, total);
  const first = (await decoder.decode({ frameIndex: 0 })).image;
  const pace = (first.duration ? Math.min(30, 1e6 / first.duration) : PACE) * count / total;
  first.close();
  return { title, count, total, pace, note: thinned(count, total), close: () => decoder.close(), async frame(k) {
    const { image } = await decoder.decode({ frameIndex: Math.floor((k * total) / count) });
    const picture = await still(image, image.displayWidth, image.displayHeight);
    image.close();
    return picture;
  } };
}

/** @param {File[]} files  one film, or its frames @returns {Promise<Film | null>} null: it is one picture */
export async function openFilm(files) {
  if (files.length === 1) {
    const [file] = files;
    const gif = file.type === "image/gif" || /\.gif$/i.test(file.name);
    return gif ? animation(file, file.name) : video(file, file.name);
  }
  const frames = framesOf(files);
  const total = frames.length;
  if (total < 2) return null;
  const count = Math.min(MOST, total);
  const file = (/** @type {number} */ k) => frames[Math.floor((k * total) / count)];
  return { title: frames[0].name, count, total, pace: PACE, note: thinned(count, total), close: () => {},
    file: (k) => file(k).name, frame: async (k) => file(k) };
}

/**
 * A film of the gallery. Python draws a frame when it is asked for; here it is kept as it came.
 * @param {Pick<import("./context.js").Context, "host" | "patiently">} context
 * @param {import("./context.js").Picture} picture @returns {Film}
 */
export function drawnFilm({ host, patiently }, { id, title, frames = 1, fps = PACE }) {
  /** @type {Map<number, Promise<Blob>>} */
  const kept = new Map();
  const name = (/** @type {number} */ k) => frameName(id, k);
  return { title, count: frames, pace: fps, of: id, name, close: () => kept.clear(), frame(k) {
    const known = kept.get(k);
    if (known) return known;
    const drawn = patiently(async () => (await getFrom(host, picturePath(name(k)))).blob());
    kept.set(k, drawn);
    drawn.catch(() => kept.delete(k));
    return drawn;
  } };
}

/**
 * How a warp moves from frame to frame: the mean way of its nodes, in source pixels; jumps as the doctor calls them.
 * @param {readonly (Float64Array | null)[]} nodes  of each frame, x before y, in [-1, 1] @param {number} width
 * @param {number} height
 */
export function stability(nodes, width, height) {
  const steps = nodes.slice(1).map((now, k) => {
    const before = nodes[k];
    if (!now || !before || now.length !== before.length) return null;
    let sum = 0;
    for (let at = 0; at < now.length; at += 2) {
      sum += Math.hypot((now[at] - before[at]) * (width - 1) / 2, (now[at + 1] - before[at + 1]) * (height - 1) / 2);
    }
    return sum / (now.length / 2);
  });
  const told = steps.filter((step) => step !== null).sort((a, b) => a - b);
  const usual = told.length ? told[told.length >> 1] : 0;
  const jumps = steps.flatMap((step, k) => (step !== null && step > Math.max(6 * usual, 1) ? [k + 1] : []));
  return { steps, usual, most: told.length ? told[told.length - 1] : 0, jumps };
}
