// @ts-check
/**
 * Where a finding is: from cells of the lattice to the picture, and a camera that looks at it.
 *
 * @typedef {import("../../engine/coords.js").Warp} Warp
 * @typedef {import("../../viewer/camera.js").Camera} Camera
 * @typedef {import("../../viewer/camera.js").Extent} Extent
 * @typedef {readonly [number, number, number, number]} Edges  x0, y0, x1, y1: pixel edges of the picture
 */

import { clamp, fitScale } from "../../viewer/camera.js";
import { toPixel } from "../../engine/coords.js";

/** A place is never smaller than this share of the picture: a single node is to be seen with what is around it. */
const SMALLEST = 0.04;

/**
 * The hull of cells in the picture, cut to it; null where there are none, or where they read outside alone.
 * @param {Warp} warp @param {readonly (readonly number[])[]} cells x0, y0, x1, y1, corner-exclusive
 * @param {Extent} extent
 * @returns {Edges | null}
 */
export function placeOf({ nodes, size: [h, w] }, cells, { width, height }) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x0, y0, x1, y1] of cells) {
    for (let i = clamp(y0, 0, h - 1); i <= clamp(y1, 0, h - 1); i++) {
      for (let j = clamp(x0, 0, w - 1); j <= clamp(x1, 0, w - 1); j++) {
        const x = toPixel(nodes[2 * (i * w + j)], width) + 0.5;
        const y = toPixel(nodes[2 * (i * w + j) + 1], height) + 0.5;
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      }
    }
  }
  if (!(right >= 0 && bottom >= 0 && left <= width && top <= height)) return null;
  const [x0, x1] = widened(clamp(left, 0, width), clamp(right, 0, width), width);
  const [y0, y1] = widened(clamp(top, 0, height), clamp(bottom, 0, height), height);
  return [x0, y0, x1, y1];
}

/** @param {number} low @param {number} high @param {number} extent @returns {[number, number]} */
function widened(low, high, extent) {
  const half = Math.max(high - low, SMALLEST * extent) / 2;
  const middle = clamp((low + high) / 2, half, extent - half);
  return [middle - half, middle + half];
}

/**
 * A camera that shows edges in the middle.
 * @param {Edges} edges @param {{width: number, height: number}} frame @param {Extent} image
 * @param {number} share of the frame that they fill at most
 * @returns {Camera}
 */
export function toCamera([x0, y0, x1, y1], frame, image, share) {
  const fit = fitScale(frame, image);
  const scale = share * Math.min(frame.width / (x1 - x0), frame.height / (y1 - y0));
  return { u: (x0 + x1) / 2 / image.width, v: (y0 + y1) / 2 / image.height, zoom: Math.max(1, scale / fit) };
}

/**
 * On the way from one camera to another: evenly in the logarithm of the zoom, the place follows what is in sight.
 * @param {Camera} from @param {Camera} to @param {number} t in [0, 1] @returns {Camera}
 */
export function flight(from, to, t) {
  const eased = t * t * (3 - 2 * t);
  const zoom = from.zoom * (to.zoom / from.zoom) ** eased;
  const apart = 1 / from.zoom - 1 / to.zoom;
  const share = Math.abs(apart) < 1e-6 ? eased : (1 / from.zoom - 1 / zoom) / apart;
  return { u: from.u + (to.u - from.u) * share, v: from.v + (to.v - from.v) * share, zoom };
}
