// @ts-check
/** What a pipeline lays over the source as a file, in the pixels of the source. */
import { Said } from "../../core/errors.js";
import { say, t } from "../../core/text.js";
import { png, SIDE, svg } from "../../viewer/exporting.js";
import { photoOf, whole } from "../../viewer/renderer.js";

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
