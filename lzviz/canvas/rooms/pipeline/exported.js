// @ts-check
/** What a pipeline lays over the source as a file, in the pixels of the source. */
import { Said } from "../../core/errors.js";
import { say, t } from "../../core/text.js";
import { png, SIDE, svg } from "../../viewer/exporting.js";
import { photoOf, whole } from "../../viewer/renderer.js";

/** Pixels a side from which lines on a zoomed image can be told apart. */
const READABLE = 1024;

/** Every pixel so many times. @param {import("../../viewer/pixels.js").Raster} raster @param {number} times */
function enlarged({ width, height, data }, times) {
  const pixels = new Uint8ClampedArray(data.length * times * times);
  const made = { width: width * times, height: height * times, data: pixels };
  const [from, to] = [new Uint32Array(data.buffer, data.byteOffset, width * height), new Uint32Array(pixels.buffer)];
  for (let k = 0; k < to.length; k++) {
    const [i, j] = [Math.floor(k / made.width), k % made.width];
    to[k] = from[Math.floor(i / times) * width + Math.floor(j / times)];
  }
  return made;
}

/**
 * The zoomed image with the boxes on it, in pixels that are large enough for lines.
 * @param {import("./scene.js").LearnedScene | null} scene @param {string} format "png" | "svg"
 * @returns {Promise<Blob>}
 */
export async function exportedZoomed(scene, format) {
  const { found, image, answer } = scene?.room ?? {};
  if (!scene || !found || !image) throw new Said(t("export.noPicture"));
  const times = Math.max(1, Math.ceil(READABLE / Math.max(image.width, image.height)));
  const raster = enlarged(image, times);
  const shown = scene.shown.right === "error" || scene.shown.right === "truth" ? scene.shown.right : "labels";
  const drawn = [found.layer("zoomed", { shown, score: scene.store.get().foundScore }, 1, scene.chosen, times)];
  const overlay = { image: raster, drawn, boxes: [], boxScale: 1, numbers: null };
  const picture = { raster, title: say(answer.sentences.prediction), overlay };
  return format === "svg" ? svg(picture) : png(picture);
}

/**
 * @param {import("./scene.js").LearnedScene | null} scene @param {"labels" | "error"} shown
 * @param {string} format "png" | "svg"
 * @returns {Promise<Blob>}
 */
export async function exported(scene, shown, format) {
  if (!scene?.room || !scene.picture) throw new Said(t("export.noPicture"));
  const { extent, picture: { levels }, palette: { brightness }, room } = scene;
  const ratio = Math.max(1, Math.max(extent.width, extent.height) / SIDE);
  const raster = photoOf(levels, whole(extent), { receded: true, brightness });
  const picture = { raster, title: say(room.answer.sentence), ratio, ...scene.left.inFile(shown, ratio) };
  return format === "svg" ? svg(picture) : png(picture);
}
