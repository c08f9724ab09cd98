import assert from "node:assert/strict";

/**
 * Equal numbers, one by one.
 * @param {ArrayLike<number>} actual @param {ArrayLike<number>} expected @param {number} tolerance @param {string} [why]
 */
export function close(actual, expected, tolerance, why = "") {
  assert.equal(actual.length, expected.length, why);
  for (let k = 0; k < actual.length; k++) {
    if (Object.is(actual[k], expected[k])) continue;
    const off = Math.abs(actual[k] - expected[k]);
    assert.ok(off <= tolerance, `${why} [${k}]: ${actual[k]} is ${off} from ${expected[k]}`);
  }
}

/** Repeatable random numbers (mulberry32). @param {number} seed */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, map: (/** @type {number} */ count) => Float64Array.from({ length: count }, () => 0.02 + next() ** 4) };
}

/**
 * A warp of its own: the identity with every node displaced at random, by a share of a tile.
 * @param {number} seed @param {readonly [number, number]} size @param {number} amount
 * @returns {import("../../lzviz/canvas/engine/coords.js").Warp}
 */
export function shaken(seed, [h, w], amount) {
  const { next } = random(seed);
  const nodes = new Float64Array(h * w * 2);
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      nodes[2 * (i * w + j)] = -1 + (2 * (j + amount * (next() - 0.5))) / (w - 1);
      nodes[2 * (i * w + j) + 1] = -1 + (2 * (i + amount * (next() - 0.5))) / (h - 1);
    }
  }
  return { nodes, size: [h, w], separable: false };
}
