// @ts-check
/**
 * A warp that is bent until it folds: u' = u + b sin(2 pi u) sin(pi v)^2 / (2 pi), whose slope along u is 1 - b at the
 * middle of the picture. The page's own view shows it, hatched where it is read backwards.
 */
import { foldTiles } from "../../../engine/warp.js";
import { createTune } from "./tune.js";

const SIZE = /** @type {const} */ ([31, 51]);
const MOST = 2;

/** @param {number} bend @returns {import("../../../engine/coords.js").Warp} */
export function bent(bend) {
  const [h, w] = SIZE;
  const nodes = new Float64Array(2 * h * w);
  for (let i = 0, k = 0; i < h; i++) {
    const v = i / (h - 1);
    for (let j = 0; j < w; j++, k += 2) {
      const u = j / (w - 1);
      nodes[k] = 2 * (u + (bend * Math.sin(2 * Math.PI * u) * Math.sin(Math.PI * v) ** 2) / (2 * Math.PI)) - 1;
      nodes[k + 1] = 2 * v - 1;
    }
  }
  return { nodes, size: [h, w], separable: false };
}

/** The bend at which a tile folds first. */
function firstFold() {
  let [low, high] = [0, MOST];
  for (let k = 0; k < 24; k++) {
    const middle = (low + high) / 2;
    if (foldTiles(bent(middle)).some(Boolean)) high = middle;
    else low = middle;
  }
  return high;
}

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createBend(inner) {
  const limit = firstFold();
  /** @type {any} */
  let taken = null;
  const tune = createTune("learn.bend", { min: 0, max: MOST, decimals: 2 }, 0, () => {
    take();
    inner.now()?.scene?.request("warp");
  });

  /** The view takes its warp from here. */
  function take() {
    const scene = inner.now()?.scene;
    if (!scene?.given || scene === taken?.scene) return;
    taken = { scene, given: scene.given };
    scene.given = () => ({ warp: bent(tune.get()), asks: false, fresh: true, here: true, image: null });
    scene.request("warp");
  }
  return {
    control: tune.element,
    tune: tune.set,
    tuned: tune.get,
    label: () => "",
    again() {},
    show: take,
    settled: () => taken !== null && taken.scene === inner.now()?.scene,
    /** @returns {import("../expression.js").Numbers} */
    numbers: () => ({ bend: tune.get(), slope: 1 - tune.get(), limit }),
    dispose() {
      if (taken) taken.scene.given = taken.given;
    },
  };
}
