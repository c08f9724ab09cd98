// @ts-check
/** The views of a warp as files: the zoomed image in its own pixels, the others in those of the source. */
import { Said } from "../../core/errors.js";
import { t } from "../../core/text.js";
import { png, SIDE, svg } from "../../viewer/exporting.js";
import { photoOf, whole } from "../../viewer/renderer.js";

/**
 * @param {import("./scene.js").Scene | null} scene @param {string} name @param {string} format "png" | "svg"
 * @returns {Promise<Blob>}
 */
export async function exported(scene, name, format) {
  if (!scene?.frame || !scene.picture) throw new Said(t("export.noPicture"));
  const { frame, extent: { width, height }, picture: { levels }, palette, painter } = scene;
  const state = scene.store.get();
  const title = scene.live.get().measured?.sentence ?? name;
  const all = whole({ width, height });
  const write = format === "svg" ? svg : png;
  const nearest = state.interpolation === "nearest";
  if (name === "zoomed") return write({ raster: frame.image, title });
  if (name === "unzoomed") return write({ raster: painter.unzoom(frame, all, nearest).raster, title });
  if (name === "difference") {
    return write({ raster: painter.differenceOn(all, frame, levels, nearest, palette).raster, title });
  }
  const ratio = Math.max(1, Math.max(width, height) / SIDE);
  const overlay = painter.inFile(frame, state, palette, scene.boxScale, ratio);
  const { brightness } = palette;
  const raster = photoOf(levels, all, { receded: overlay.drawn.length > 0, brightness });
  return write({ raster, title, overlay, ratio });
}
