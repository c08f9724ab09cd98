// @ts-check
/** A film's answers as one picture: each frame with where it was looked and its boxes, and as the detector saw it. */
import { parseColour } from "../../viewer/colours.js";
import { Said } from "../../core/errors.js";
import { t } from "../../core/text.js";

const CELL = 480, GAP = 12, LINE = 22, ACROSS = 4;
const FONT = "13px system-ui, sans-serif";

/** @param {number} width @param {number} height */
function sheet(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  return { canvas, pen: /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")) };
}

/** Where it was looked, over a picture. @param {import("./answer.js").Heat} heat
 * @param {readonly [number, number, number]} colour */
function heatOf({ w, h: height, values, low, high }, [r, g, b]) {
  const { canvas, pen } = sheet(w, height);
  const image = pen.createImageData(w, height);
  values.forEach((value, k) => image.data.set([r, g, b, 170 * (value - low) / Math.max(high - low, 1e-12)], 4 * k));
  pen.putImageData(image, 0, 0);
  return canvas;
}

/**
 * @param {{film: import("../../core/film.js").Film, watch: import("./watched.js").Watch, scene: any, least: number,
 *   title: string, handed: (watch: import("./watched.js").Watch) => string}} parts
 * @returns {Promise<Blob>} PNG
 */
export async function drawStrip({ film, watch, scene, least, title, handed }) {
  const frames = [...watch.seen.keys()].sort((a, b) => a - b);
  const first = /** @type {import("./watched.js").Seen} */ (watch.seen.get(frames[0])).room;
  const tall = Math.round(CELL * first.picture.height / first.picture.width);
  const [columns, rows] = [Math.min(ACROSS, frames.length), Math.ceil(frames.length / ACROSS)];
  const block = LINE + 2 * tall + GAP / 2;
  const { canvas, pen } = sheet(GAP + columns * (CELL + GAP), LINE + GAP + rows * (block + GAP));
  const [ground, ink, hot] = ["--lz-surface", "--lz-ink", "--lz-saliency"].map((name) => scene.token(name));
  pen.fillStyle = ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.font = FONT;
  pen.textBaseline = "middle";
  pen.fillStyle = ink;
  pen.fillText(title, GAP, GAP / 2 + LINE / 2, canvas.width - 2 * GAP);
  for (const [k, frame] of frames.entries()) {
    const { room, ms } = /** @type {import("./watched.js").Seen} */ (watch.seen.get(frame));
    const [x, y] = [GAP + (k % ACROSS) * (CELL + GAP), LINE + GAP + Math.floor(k / ACROSS) * (block + GAP)];
    pen.fillStyle = ink;
    const used = handed({ ...watch, at: frame });
    pen.fillText(t("film.cell", { frame: frame + 1, ms, used }), x, y + LINE / 2, CELL);
    const bitmap = await createImageBitmap(await film.frame(frame));
    pen.imageSmoothingEnabled = true;
    pen.drawImage(bitmap, x, y + LINE, CELL, tall);
    bitmap.close();
    if (room.saliency) pen.drawImage(heatOf(room.saliency, parseColour(hot)), x, y + LINE, CELL, tall);
    boxes(room, "source", x, y + LINE, CELL / room.picture.width);
    if (!room.image) continue;
    const { width, height, data } = room.image;
    const small = sheet(width, height);
    small.pen.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
    const top = y + LINE + tall + GAP / 2;
    pen.drawImage(small.canvas, x, top, CELL, tall);
    boxes(room, "zoomed", x, top, CELL / width);
  }
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Said(t("film.noStrip")))),
    "image/png"));

  /** @param {import("./answer.js").Room} room @param {"source" | "zoomed"} space @param {number} x @param {number} y
   * @param {number} scale */
  function boxes(room, space, x, y, scale) {
    pen.save();
    pen.beginPath();
    pen.rect(x, y, CELL, tall);
    pen.clip();
    const drawn = room.found?.layer(space, { shown: "labels", score: least }, 1, null);
    drawn?.lines?.(pen, { x, y, scale }, { width: CELL, height: tall });
    pen.restore();
  }
}
