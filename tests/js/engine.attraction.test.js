import assert from "node:assert/strict";
import { test } from "node:test";
import {
  attract, attractAt, createAttractionWorkspace, normaliseSaliency, paddedCell, stretchKernel,
} from "../../lzviz/canvas/engine/attraction.js";
import { identityWarp } from "../../lzviz/canvas/engine/coords.js";
import { forwardGrid, foldTiles } from "../../lzviz/canvas/engine/warp.js";
import { close, random } from "./engine.helpers.js";

/** A lopsided map: nothing in it agrees with a swap of x and y or of rows and columns. */
const LOPSIDED = [1, 2, 9, 1, 0.5, 1, 1, 3, 1, 1, 4, 1];

/**
 * The formula, as it is written: for each node, all cells of the padded map.
 * @param {ArrayLike<number>} saliency @param {number} h @param {number} w
 * @param {{fwhm: number, padding: import("../../lzviz/canvas/engine/attraction.js").Padding, radius?: number}} options
 */
function slowAttract(saliency, h, w, { fwhm, padding, radius = Math.min(h, w) - 1 }) {
  const nodes = [];
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      let sum = 0, x = 0, y = 0;
      for (let r = i - radius; r <= i + radius; r++) {
        for (let c = j - radius; c <= j + radius; c++) {
          const [cellRow, cellColumn] = [paddedCell(r, h, padding), paddedCell(c, w, padding)];
          if (cellRow < 0 || cellColumn < 0) continue;
          const d = (r - i) ** 2 + (c - j) ** 2;
          const weight = saliency[cellRow * w + cellColumn] * Math.exp((-4 * Math.LN2 * d) / fwhm ** 2);
          sum += weight;
          x += (weight * c) / (w - 1);
          y += (weight * r) / (h - 1);
        }
      }
      nodes.push(...[x, y].map((q) => Math.min(1, Math.max(-1, (2 * q) / sum - 1))));
    }
  }
  return nodes;
}

for (const padding of /** @type {const} */ (["reflect", "replicate", "zero"])) {
  test(`attraction equals its double loop: ${padding}`, () => {
    const options = { fwhm: 2.5, padding };
    close(attract(LOPSIDED, 3, 4, options), slowAttract(LOPSIDED, 3, 4, options), 1e-13);
    const map = random(7).map(63);
    close(attract(map, 7, 9, { fwhm: 4, padding, kernelRadius: 3 }),
      slowAttract(map, 7, 9, { fwhm: 4, padding, radius: 3 }), 1e-13);
  });
}

test("a separable warp is the attraction of the marginals", () => {
  const columns = [0, 1, 2, 3].map((j) => LOPSIDED[j] + LOPSIDED[4 + j] + LOPSIDED[8 + j]);
  const nodes = attract(LOPSIDED, 3, 4, { fwhm: 3, separable: true, padding: "zero" });
  const weights = columns.map((_, p) => columns.map((s, q) =>
    (Math.abs(p - q) <= 2 ? s * Math.exp((-4 * Math.LN2 * (p - q) ** 2) / 9) : 0)));
  for (let j = 0; j < 4; j++) {
    const total = weights[j].reduce((a, b) => a + b);
    const x = (2 * weights[j].reduce((a, b, q) => a + (b * q) / 3, 0)) / total - 1;
    for (let i = 0; i < 3; i++) assert.ok(Math.abs(nodes[2 * (i * 4 + j)] - x) < 1e-13);
  }
});

test("convention: x before y, the right column pulls to the right", () => {
  const nodes = attract([1, 1, 1, 50, 1, 1, 1, 50, 1, 1, 1, 50], 3, 4, { fwhm: 3 });
  for (let i = 0; i < 3; i++) {
    assert.ok(nodes[2 * (i * 4 + 2)] > 1 / 3 + 0.1, "node 2 of 4 moves right");
    assert.ok(Math.abs(nodes[2 * (i * 4 + 2) + 1] - (i - 1)) < 1e-12, "and neither up nor down");
  }
});

test("uniform saliency is the identity, and so is no saliency at all", () => {
  for (const value of [1, 0, 1e-300, 1e300]) {
    for (const separable of [true, false]) {
      const nodes = attract(new Float64Array(15 * 7).fill(value), 7, 15, { fwhm: 6, separable });
      close(nodes, identityWarp([7, 15]).nodes, 1e-13);
    }
  }
});

test("one painted cell in a corner, and a peak of 1e6: finite, inside, no fold", () => {
  for (const separable of [true, false]) {
    for (const padding of /** @type {const} */ (["reflect", "replicate", "zero"])) {
      for (const fwhm of [0.5, 10, 40]) {
        const corner = new Float64Array(31 * 51);
        corner[50] = 1;
        const peak = new Float64Array(31 * 51).fill(1);
        peak[700] = 1e6;
        for (const map of [corner, peak]) {
          const nodes = attract(map, 31, 51, { fwhm, separable, padding });
          assert.ok(nodes.every((g) => g >= -1 && g <= 1));
          const folds = foldTiles({ nodes, size: [31, 51], separable });
          if (fwhm === 10 && padding === "reflect") assert.equal(folds.indexOf(1), -1);
        }
      }
    }
  }
});

test("floor: automatic only where zeros occur, a number always, 0 never", () => {
  close(normaliseSaliency([4, 0, 2, 2], 2, 2, null), [1, 5e-4, 0.5, 0.5], 1e-15);
  close(normaliseSaliency([4, 1, 2, 1], 2, 2, null), [1, 0.25, 0.5, 0.25], 1e-15);
  close(normaliseSaliency([4, 0, 2, 2], 2, 2, 0.5), [1, 0.25, 0.5, 0.5], 1e-15);
  close(normaliseSaliency([4, 0, 2, 2], 2, 2, 0), [1, 0, 0.5, 0.5], 1e-15);
  const nodes = attract([0, 0, 0, 0, 0, 0, 0, 0, 9], 3, 3, { fwhm: 0.05, floor: 0 });
  close(nodes.subarray(0, 4), [-1, -1, 0, -1], 0, "where nothing attracts, a node stays");
});

test("LDS: the column kernel is the row kernel, stretched half-pixel", () => {
  const taps = [-4, -3, -2, -1, 0, 1, 2, 3, 4].map(stretchKernel((d) => [1, 2, 6, 2, 1][d + 2], 2, 4));
  const source = [1, 2, 6, 2, 1];
  taps.forEach((tap, t) => {
    const at = Math.min(Math.max(((t + 0.5) * 5) / 9 - 0.5, 0), 4);
    const low = Math.floor(at);
    assert.ok(Math.abs(tap - (source[low] * (1 - at + low) + (source[low + 1] ?? 0) * (at - low))) < 1e-15);
  });
});

test("the warp itself equals the nodes at the nodes, and lies between them elsewhere", () => {
  const map = random(3).map(7 * 9);
  const options = { fwhm: 5 };
  const nodes = Float64Array.from(attract(map, 7, 9, options));
  const fine = attractAt(map, 7, 9, options, [13, 17]);
  for (let i = 0; i < 7; i++) {
    for (let j = 0; j < 9; j++) {
      close(fine.subarray(2 * (2 * i * 17 + 2 * j), 2 * (2 * i * 17 + 2 * j) + 2),
        nodes.subarray(2 * (i * 9 + j), 2 * (i * 9 + j) + 2), 1e-13);
    }
  }
  const coarse = forwardGrid({ nodes, size: [7, 9], separable: false }, [13, 17]);
  const worst = coarse.reduce((most, value, k) => Math.max(most, Math.abs(value - fine[k])), 0);
  assert.ok(worst > 1e-4 && worst < 0.1, `bilinear differs a little: ${worst}`);
});

test("a workspace follows its options", () => {
  const workspace = createAttractionWorkspace();
  const first = Float64Array.from(attract(LOPSIDED, 3, 4, { fwhm: 2 }, workspace));
  attract(LOPSIDED, 4, 3, { fwhm: 5, separable: true, padding: "zero" }, workspace);
  close(attract(LOPSIDED, 3, 4, { fwhm: 2 }, workspace), first, 0);
});

test("errors name the value", () => {
  assert.throws(() => attract([1, -1, 1, 1], 2, 2, { fwhm: 1 }), /-1/);
  assert.throws(() => attract([1, NaN, 1, 1], 2, 2, { fwhm: 1 }), /NaN/);
  assert.throws(() => attract([1, 1, 1], 2, 2, { fwhm: 1 }), /2 x 2 saliency cells, got 3/);
  assert.throws(() => attract([1, 1, 1, 1], 2, 2, { fwhm: 0 }), /fwhm/);
  assert.throws(() => attract([1, 1, 1, 1], 1, 4, { fwhm: 1 }), /2 x 2 nodes/);
  assert.throws(() => attract([1, 1, 1, 1], 2, 2, { fwhm: 1, kernelRadius: 2 }), /reflect padding/);
});
