// @ts-check
/**
 * A canvas between photograph and samples: labels, errors, features, laid over an image at screen resolution.
 *
 * @typedef {import("./views.js").View} View
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("./camera.js").Projection} Projection
 */

import { h } from "../kit/dom.js";
import { sizeCanvas } from "./views.js";

/** @typedef {{x: number, y: number, width: number, height: number}} Place  in the frame, CSS pixels */

/** Where a raster lies that covers an image from edge to edge. @param {Projection} p @param {Extent} image */
export const covering = ({ x, y, scale }, { width, height }) =>
  ({ x, y, width: width * scale, height: height * scale });

/**
 * Where a raster lies whose first and last pixels are centred on those of the image.
 * @param {Projection} p @param {Extent} image @param {Raster} raster
 */
export function cornerAligned({ x, y, scale }, image, raster) {
  const step = (/** @type {number} */ pixels, /** @type {number} */ cells) =>
    (cells > 1 ? (pixels - 1) / (cells - 1) : pixels);
  const [dx, dy] = [step(image.width, raster.width), step(image.height, raster.height)];
  return { x: x + (0.5 - dx / 2) * scale, y: y + (0.5 - dy / 2) * scale, width: raster.width * dx * scale,
    height: raster.height * dy * scale };
}

/** @typedef {{width: number, height: number}} Extent */

/** @param {View} view */
export function createCover(view) {
  const canvas = h("canvas", { class: "lz-view-layer", "aria-hidden": "true" });
  canvas.width = canvas.height = 1;
  view.image.after(canvas);
  /** @type {Map<Raster, OffscreenCanvas>} */
  const kept = new Map();

  /** @param {Raster} raster */
  function bitmapOf(raster) {
    const known = kept.get(raster);
    if (known) return known;
    if (kept.size > 5) kept.clear();
    const made = new OffscreenCanvas(raster.width, raster.height);
    made.getContext("2d")?.putImageData(new ImageData(raster.data, raster.width, raster.height), 0, 0);
    kept.set(raster, made);
    return made;
  }

  return {
    canvas,
    /**
     * @param {readonly {raster: Raster, place: Place, within: Place, opacity: number}[]} parts  `within`: the image;
     * what reaches beyond it is cut off
     * @param {number} ratio screen pixels a CSS pixel
     */
    draw(parts, ratio) {
      canvas.hidden = !parts.length;
      if (!parts.length) return;
      sizeCanvas(canvas, view.box.width * ratio, view.box.height * ratio);
      const pen = canvas.getContext("2d");
      if (!pen) return;
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, view.box.width, view.box.height);
      for (const { raster, place, within, opacity } of parts) {
        pen.save();
        pen.beginPath();
        pen.rect(within.x, within.y, within.width, within.height);
        pen.clip();
        pen.globalAlpha = opacity;
        pen.imageSmoothingEnabled = place.width * ratio < raster.width; // nearest above 1:1, an average below
        pen.imageSmoothingQuality = "high";
        pen.drawImage(bitmapOf(raster), place.x, place.y, place.width, place.height);
        pen.restore();
      }
    },
  };
}
