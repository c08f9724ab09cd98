// @ts-check
/**
 * Warps of samplers that the browser has no twin of: what Python computed last, until it has answered about the state
 * of now.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 *
 * @typedef {object} Given
 * @property {import("../../engine/coords.js").Warp | null} warp  null: Python has told nothing of this sampler yet
 * @property {Float32Array | null} image  (h, w, 4) of the zoomed image, as the sampler made it
 * @property {boolean} fresh  it is about the state of now
 * @property {boolean} asks   the sampler looks at a saliency map
 * @property {boolean} [here]  the page computed it
 */

import { hasTwin } from "../../engine/samplers.js";
import { samplerOf } from "../../core/context.js";
import { same } from "../../core/store.js";
import { doublesFromBase64, fromBase64 } from "../../core/wire.js";

/** Keys of the state that change the warp or the zoomed image. */
export const WARP_KEYS = /** @type {const} */ (["image", "sampler", "mode", "saliency", "strength", "fwhm", "width",
  "nodes", "separable", "antiCrop", "interpolation", "sourceScale", "contrast", "floor", "options", "paint",
  "edgePaint", "boxes"]);

/** @param {Pick<Context, "live" | "host">} context */
export function createGiven({ live, host }) {
  /** @type {{answer: unknown, state: State, pixels: unknown, warp: Given["warp"], image: Given["image"]} | null} */
  let kept = null;

  function take() {
    const { answer, answered, image } = live.get();
    if (!answer?.nodes || !answered || answer === kept?.answer || hasTwin(answered.sampler)) return;
    const size = /** @type {[number, number]} */ ([answer.nodesSize[0], answer.nodesSize[1]]);
    const warp = { nodes: doublesFromBase64(answer.nodes), size, separable: false, tolerance: answer.tolerance };
    const read = answer.image ? opaque(fromBase64(answer.image)) : null;
    kept = { answer, state: answered, pixels: image?.data, warp, image: read };
  }

  /** Null for a sampler that is computed here. @param {State} state @returns {Given | null} */
  return (state) => {
    if (hasTwin(state.sampler)) return null;
    take();
    const asks = (samplerOf({ host }, state.sampler)?.saliency ?? []).length > 0;
    const known = kept && kept.state.sampler === state.sampler && kept.pixels === live.get().image?.data ? kept : null;
    if (!known) return { warp: null, image: null, fresh: false, asks };
    const fresh = WARP_KEYS.every((key) => same(known.state[key], state[key]));
    return { warp: known.warp, image: fresh ? known.image : null, fresh, asks };
  };
}

/** (n, 3) bytes as (n, 4) numbers. @param {Uint8Array} rgb */
function opaque(rgb) {
  const rgba = new Float32Array((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) rgba.set(rgb.subarray(from, from + 3), to);
  return rgba;
}
