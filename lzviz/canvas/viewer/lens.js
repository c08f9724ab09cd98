// @ts-check
/**
 * The camera of a view of the zoomed image: its centre is where the centre of the source went.
 *
 * @typedef {import("./camera.js").Camera} Camera
 */

import { toNormalised, toPixel } from "../engine/coords.js";
import { invertPoint } from "../engine/inverse.js";
import { restrain } from "./camera.js";
import { read } from "./hover.js";

/**
 * @param {import("./hover.js").Scene} scene @param {Camera} shared of the source @param {import("./camera.js").Box} box
 * of the view
 * @returns {import("./viewer.js").Lens}
 */
export function lensOf(scene, shared, box) {
  const { warp, zoomed: [rows, columns], source: [height, width] } = scene;
  const middle = [toNormalised(shared.u * width - 0.5, width), toNormalised(shared.v * height - 0.5, height)];
  const at = invertPoint(warp, middle[0], middle[1]);
  const image = { width: columns, height: rows };
  const [u, v] = [(toPixel(at.x, columns) + 0.5) / columns, (toPixel(at.y, rows) + 0.5) / rows];
  return { image, camera: restrain({ u, v, zoom: shared.zoom }, box, image), shared({ u, v, zoom }) {
    const [[x, y]] = read(scene, [[u * columns - 0.5, v * rows - 0.5]]);
    return { u: (x + 0.5) / width, v: (y + 0.5) / height, zoom };
  } };
}
