// @ts-check
/**
 * Bringing a frame back over its source: the inverse on a lattice that spans a window of the source, and the zoomed
 * image read there.
 *
 * @typedef {import("../engine/coords.js").Warp} Warp
 * @typedef {import("../engine/coords.js").Size} Size
 * @typedef {import("../engine/inverse.js").Inverse} Inverse
 * @typedef {import("./frame.js").Frame} Frame
 *
 * @typedef {{x0: number, y0: number, x1: number, y1: number}} Window centres of the first and the last lattice points,
 *   pixels of the source
 */

import { BORDER_TOLERANCE, createInverseWorkspace, invertLattice } from "../engine/inverse.js";
import { unzoomImage } from "../engine/resample.js";
import { publishedInverse } from "../engine/samplers.js";

/**
 * The warp seen through a window of the source: the window's first and last lattice points become -1 and +1. Its
 * inverse on a lattice is the inverse at the window's points.
 * @param {Warp} warp @param {Size} source @param {Window} window
 * @param {Float64Array} [out]
 * @returns {Warp}
 */
export function windowed({ nodes, size, separable, tolerance = BORDER_TOLERANCE }, source, window, out) {
  const moved = out?.length === nodes.length ? out : new Float64Array(nodes.length);
  const map = (/** @type {number} */ n, /** @type {number} */ a, /** @type {number} */ b) => {
    const half = b > a ? (b - a) / 2 : 1;
    return [(n - 1) / 2 / half, ((n - 1) / 2 - (a + b) / 2) / half];
  };
  const [sx, tx] = map(source[1], window.x0, window.x1);
  const [sy, ty] = map(source[0], window.y0, window.y1);
  for (let k = 0; k < nodes.length; k += 2) {
    moved[k] = nodes[k] * sx + tx;
    moved[k + 1] = nodes[k + 1] * sy + ty;
  }
  return { nodes: moved, size, separable, tolerance: tolerance * Math.max(sx, sy) };
}

/** Inverses in one set of buffers: each is overwritten by the next. */
export function createUnzoom() {
  const workspace = createInverseWorkspace();
  /** @type {Float64Array | undefined} */
  let moved;

  /**
   * @param {Pick<Frame, "warp" | "source" | "faulty">} frame @param {Size} size of the lattice
   * @param {Window} [window] the whole source, corner-aligned, where none is given
   * @returns {Inverse} of a faulty frame the published one
   */
  function inverse({ warp, source, faulty }, size, window) {
    const seen = window ? windowed(warp, source, window, moved) : warp;
    if (window) moved = seen.nodes;
    const found = invertLattice(seen, size, workspace);
    if (faulty) publishedInverse(found, size, warp.size, faulty);
    return found;
  }

  /**
   * The zoomed image brought back.
   * @template {Float32Array | Uint8ClampedArray} T
   * @param {Pick<Frame, "warp" | "source" | "faulty" | "colours" | "zoomed">} frame @param {Size} size
   * @param {Window | undefined} window @param {T} out (size, 4) RGBA, transparent where no sample reads
   * @param {boolean} [nearest] whole pixels in place of bilinear reading
   * @returns {Inverse} what it was read through
   */
  function image(frame, size, window, out, nearest = false) {
    const found = inverse(frame, size, window);
    unzoomImage(frame.colours, frame.zoomed, found, out, { interpolation: nearest ? "nearest" : "bilinear" });
    return found;
  }

  return { inverse, image };
}
