import assert from "node:assert/strict";
import { test } from "node:test";
import {
  completeLevels, forceLevels, invertLevels, leavesOf, multiplyAdds, ownerOf, rowsAfter, rowsPerLevel, tapsOf,
  thresholdRings,
} from "../../lzviz/canvas/engine/quadtree.js";

/** A small generator, so that every run sees the same maps. @param {number} seed */
function dice(seed) {
  let state = seed;
  return (/** @type {number} */ sides) => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** @param {number} h @param {number} w @param {number} depth */
const gridOf = (h, w, depth) => ({ h, w, stride: 8, depth });

/** A completed map of random blocks. @param {ReturnType<typeof gridOf>} grid @param {number} seed */
function randomTree({ h, w, depth, ...rest }, seed) {
  const roll = dice(seed);
  const block = 1 << depth;
  const choice = Array.from({ length: Math.ceil(h / block) * Math.ceil(w / block) }, () => roll(4));
  const levels = Uint8Array.from({ length: h * w }, (_, k) => {
    const kind = choice[Math.floor(Math.floor(k / w) / block) * Math.ceil(w / block) + Math.floor((k % w) / block)];
    return kind === 0 ? roll(depth + 1) : Math.min(depth, kind - 1);
  });
  return completeLevels(levels, { h, w, depth, ...rest });
}

test("levels are the first ring that reaches the threshold, compared as float32", () => {
  const grid = gridOf(1, 4, 2);
  const strength = Float32Array.from([0.079, 0.05, 0.01, 0.2, 0.079, 0.1, 0.02, 0.3]);
  assert.deepEqual([...thresholdRings(strength, 0.079, grid)], [0, 1, 2, 0]);
  assert.deepEqual([...invertLevels(thresholdRings(strength, 0.079, grid), 2)], [2, 1, 0, 2]);
});

test("a block is halved only where every cell allows it; border blocks are cut off", () => {
  const grid = gridOf(3, 5, 1);
  const levels = new Uint8Array(15).fill(1);
  levels[0] = 0;
  assert.deepEqual([...completeLevels(levels, grid)], [0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
});

test("completing is idempotent, never goes above the wish and leaves constant blocks", () => {
  const roll = dice(7);
  for (const [h, w, depth] of [[8, 8, 1], [17, 13, 2], [9, 31, 3], [1, 1, 3]]) {
    const grid = gridOf(h, w, depth);
    const wish = Uint8Array.from({ length: h * w }, () => (roll(12) ? depth : roll(depth + 1)));
    const levels = completeLevels(wish, grid);
    assert.deepEqual(completeLevels(levels, grid), levels);
    assert.ok(levels.every((level, k) => level <= wish[k]));
    levels.forEach((level, k) => {
      const corner = ownerOf(levels, grid, Math.floor(k / w), k % w);
      assert.equal(levels[corner.y * w + corner.x], level);
    });
  }
});

test("leaves tile the grid, and their counts are those of the levels", () => {
  for (const [h, w, depth] of [[16, 16, 2], [17, 13, 2], [10, 7, 3]]) {
    const grid = gridOf(h, w, depth);
    const levels = randomTree(grid, h * w);
    const seen = new Uint8Array(h * w);
    for (const { y, x, level } of leavesOf(levels, grid)) {
      for (let i = y; i < Math.min(h, y + (1 << level)); i++) {
        for (let j = x; j < Math.min(w, x + (1 << level)); j++) seen[i * w + j]++;
      }
    }
    assert.ok(seen.every((count) => count === 1));
    const rows = rowsPerLevel(levels, grid);
    assert.equal(rows.reduce((a, b) => a + b, 0), leavesOf(levels, grid).length);
    assert.equal(rowsAfter(levels, grid)[depth], leavesOf(levels, grid).length);
    assert.equal(rowsAfter(levels, grid)[0], h * w);
  }
});

test("multiply-adds are linear in the rows after each halving", () => {
  const grid = gridOf(4, 4, 2);
  const all = new Uint8Array(16);
  assert.deepEqual(rowsAfter(all, grid), [16, 16, 16]);
  assert.deepEqual(rowsAfter(all.fill(2), grid), [16, 4, 1]);
  assert.equal(multiplyAdds({ fixed: 5, perRow: [0, 10, 100] }, [16, 4, 1]), 145);
});

test("paint forces the cell whose centre pixel it is nearest to", () => {
  const grid = gridOf(2, 2, 1);
  const image = { h: 16, w: 16 };
  const data = new Uint8Array(16 * 16).fill(128);
  data[4 * 16 + 4] = 192; // the centre of cell (0, 0) is pixel 3.5: halves go up
  data[12 * 16 + 12] = 64;
  const levels = Uint8Array.from([1, 1, 0, 0]);
  assert.deepEqual([...forceLevels(levels, { h: 16, w: 16, data }, grid, image)], [0, 1, 0, 1]);
  assert.equal(forceLevels(levels, null, grid, image), levels);
  data.fill(191);
  assert.deepEqual(forceLevels(levels, { h: 16, w: 16, data }, grid, image), levels);
});

test("taps lie 2^depth cells apart and read the owner of the cell they fall on", () => {
  const grid = gridOf(8, 8, 1);
  const levels = new Uint8Array(64).fill(1);
  for (const k of [0, 1, 8, 9]) levels[k] = 0;
  const taps = tapsOf(levels, grid, 1, 1);
  assert.deepEqual(taps.map(({ y, x }) => [y, x]),
    [[-1, -1], [-1, 1], [-1, 3], [1, -1], [1, 1], [1, 3], [3, -1], [3, 1], [3, 3]]);
  assert.equal(taps[0].owner, null);
  assert.deepEqual(taps[4].owner, { y: 1, x: 1, level: 0 });
  assert.deepEqual(taps[8].owner, { y: 2, x: 2, level: 1 });
  assert.deepEqual(tapsOf(levels, grid, 5, 5)[4], { y: 4, x: 4, owner: { y: 4, x: 4, level: 1 } });
  assert.deepEqual(tapsOf(levels, grid, 4, 4, { dilation: 2 }).map(({ y }) => y), [0, 0, 0, 4, 4, 4, 8, 8, 8]);
});

test("coarse cells read coarse corners only: the strided network", () => {
  const grid = gridOf(13, 19, 2);
  const levels = randomTree(grid, 3);
  for (let y = 0; y < grid.h; y += 4) {
    for (let x = 0; x < grid.w; x += 4) {
      for (const { owner, ...place } of tapsOf(levels, grid, y, x)) {
        if (owner) assert.deepEqual([owner.y, owner.x], [place.y, place.x]);
        else assert.ok(place.y < 0 || place.x < 0 || place.y >= grid.h || place.x >= grid.w);
      }
    }
  }
});

test("as published, taps count from the middle of a block, and a cut-off block still owns its rest", () => {
  const grid = gridOf(3, 3, 1);
  const levels = new Uint8Array(9).fill(1);
  const taps = tapsOf(levels, grid, 0, 0, { centred: true });
  assert.deepEqual([taps[4].y, taps[4].x], [1, 1]);
  assert.deepEqual(taps[4].owner, { y: 0, x: 0, level: 1 });
  assert.deepEqual(taps[8], { y: 3, x: 3, owner: { y: 2, x: 2, level: 1 } });
  assert.equal(tapsOf(levels, grid, 0, 0)[8].owner?.y, 2);
  assert.equal(tapsOf(levels, grid, 2, 2, { centred: true })[8].owner, null);
});
