import assert from "node:assert/strict";
import { test } from "node:test";
import { identityWarp, toNormalised, toPixel } from "../../lzviz/canvas/engine/coords.js";
import {
  createInverseWorkspace, FLOAT32_TOLERANCE, invertLattice, invertPoint, solveTile,
} from "../../lzviz/canvas/engine/inverse.js";
import {
  densityMap, enclosed, foldTiles, forwardGrid, forwardPoints, gridToPixels, isMirrored,
  jacobianGrid, latticePoints, magnification,
  magnificationHistogram, roundTrip, uniformJacobian,
} from "../../lzviz/canvas/engine/warp.js";
import { measure } from "../../lzviz/canvas/rooms/warp/numbers.js";
import { magnificationField } from "../../lzviz/canvas/viewer/fields.js";
import { windowed } from "../../lzviz/canvas/viewer/unzoom.js";
import "./words.mjs";
import { close, shaken } from "./engine.helpers.js";

/** x = -1..1 in thirds and bent, y the square of a half: 2 x 4 nodes, a lopsided tile each. */
const BENT = {
  nodes: Float64Array.of(-1, -1, -0.5, -0.9, 0.4, -1, 1, -0.8, -0.8, 1, -0.1, 0.9, 0.3, 0.7, 1, 1),
  size: /** @type {const} */ ([2, 4]), separable: false,
};

/** An increasing separable warp. @param {readonly number[]} xs @param {readonly number[]} ys */
function separableWarp(xs, ys) {
  return {
    nodes: Float64Array.from(ys.flatMap((y) => xs.flatMap((x) => [x, y]))),
    size: /** @type {[number, number]} */ ([ys.length, xs.length]), separable: true,
  };
}

/** A cross product. @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
const cross = (a, b) => a[0] * b[1] - a[1] * b[0];

test("convention: corners are centres, x before y, one pixel sits in the middle", () => {
  assert.equal(toPixel(-1, 5), 0);
  assert.equal(toPixel(1, 5), 4);
  assert.equal(toNormalised(3, 5), 0.5);
  assert.equal(toNormalised(0, 1), 0);
  assert.equal(toPixel(0, 1), 0);
  close(forwardPoints(BENT, [-1, -1, 1, -1, -1, 1, 1 / 3, -1]), [-1, -1, 1, -0.8, -0.8, 1, 0.4, -1], 1e-15);
  close(forwardGrid(identityWarp([3, 3]), [1, 2]), [-1, 0, 1, 0], 0);
  close(gridToPixels(Float64Array.of(-1, -1, 0, 0.5, 1, 1), [9, 4]), [0, 0, 1.5, 6, 3, 8], 1e-15);
});

test("inside a tile the map is bilinear, outside the border tile continues", () => {
  // Tile 0 spans x in [-1, -1/3]; its middle is x = -2/3, y = 0.
  close(forwardPoints(BENT, [-2 / 3, 0]), [(-1 - 0.5 - 0.8 - 0.1) / 4, (-1 - 0.9 + 1 + 0.9) / 4], 1e-15);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => forwardPoints(BENT, [x, y]);
  const [one, two, three] = [at(1.2, 0.3), at(1.4, 0.3), at(1.6, 0.3)];
  close(three, two.map((value, k) => 2 * value - one[k]), 1e-14);
});

test("the grid at a lattice is the map at its points", () => {
  const warp = shaken(5, [4, 6], 0.8);
  for (const size of /** @type {const} */ ([[7, 11], [1, 5], [4, 1], [1, 1], [31, 2]])) {
    close(forwardGrid(warp, size), forwardPoints(warp, latticePoints(size)), 1e-14);
  }
});

test("the Jacobian equals differences of the map, in source pixels", () => {
  const warp = shaken(9, [4, 6], 0.5);
  const zoomed = /** @type {const} */ ([13, 18]), source = /** @type {const} */ ([101, 47]);
  const jacobian = jacobianGrid(warp, zoomed, source);
  const e = 1e-6;
  for (const [r, c] of [[1, 2], [6, 7], [11, 16]]) {
    const at = (/** @type {number} */ dr, /** @type {number} */ dc) => gridToPixels(
      forwardPoints(warp, [toNormalised(c + dc, 18), toNormalised(r + dr, 13)]), source);
    const origin = at(0, 0);
    const slope = cross(at(0, e).map((v, k) => (v - origin[k]) / e), at(e, 0).map((v, k) => (v - origin[k]) / e));
    assert.ok(Math.abs(jacobian[r * 18 + c] - slope) < 1e-3, `${jacobian[r * 18 + c]} ${slope}`);
  }
  const uniform = new Float64Array(13 * 18).fill((100 / 12) * (46 / 17));
  close(jacobianGrid(identityWarp([3, 5]), zoomed, source), uniform, 1e-12);
});

test("folds: strictly negative at some corner; empty tiles are none", () => {
  const flipped = separableWarp([-1, 0.5, 0.2, 1], [-1, 1]);
  assert.deepEqual([...foldTiles(flipped)], [0, 1, 0]);
  assert.deepEqual([...foldTiles(separableWarp([-1, -1, 0.2, 1], [-1, 1, 1]))], [0, 0, 0, 0, 0, 0]);
  const pulled = { ...identityWarp([3, 3]), separable: false };
  pulled.nodes[8] = 1.5;
  assert.deepEqual([...foldTiles(pulled)], [0, 1, 0, 1]);
});

test("density counts every sample once, outside ones at the border", () => {
  const density = densityMap(Float64Array.of(-1, -1, 1, 1, 0, 0, -7, 0.5, 0.25, -1), [3, 5]);
  assert.equal(density.reduce((a, b) => a + b), 5);
  close(density, [1, 0, 0.5, 0.5, 0, 0.5, 0, 1, 0, 0, 0.5, 0, 0, 0, 1], 1e-15);
});

test("magnification against uniform, and its histogram in log2", () => {
  assert.equal(uniformJacobian([5, 9], [9, 33]), 2 * 4);
  close(magnification(Float64Array.of(8, 2, 32, 0, -1), 8), [1, 2, 0.5, Infinity, Infinity], 1e-15);
  const { counts, edges, min, max } = magnificationHistogram(Float64Array.of(1.01, 2.1, 0.5, Infinity, 9), {
    bins: 6, low: -1, high: 2 });
  assert.deepEqual([...counts], [1, 0, 1, 0, 1, 1]);
  assert.deepEqual([...edges], [-1, -0.5, 0, 0.5, 1, 1.5, 2]);
  assert.deepEqual([min, max], [0.5, 9]);
});

/** Every tile, every pixel: lowest index with a positively oriented solution. */
function slowInverse(/** @type {import("../../lzviz/canvas/engine/coords.js").Warp} */ warp,
  /** @type {readonly [number, number]} */ size) {
  const [h, w] = warp.size;
  const uv = new Float64Array(2);
  return [...latticePoints(size)].reduce((answers, x, k, all) => {
    if (k % 2) return answers;
    for (let tile = 0; tile < (h - 1) * (w - 1); tile++) {
      const i = Math.floor(tile / (w - 1)), j = tile % (w - 1);
      solveTile(warp, i, j, x, all[k + 1], 1, uv);
      if (!uv.every((t) => t >= -1e-9 && t <= 1 + 1e-9)) continue;
      answers.push([(2 * (j + uv[0])) / (w - 1) - 1, (2 * (i + uv[1])) / (h - 1) - 1]);
      return answers;
    }
    answers.push(null);
    return answers;
  }, /** @type {(number[] | null)[]} */ ([]));
}

for (const amount of [0.3, 0.9, 2.5]) {
  test(`the inverse on a lattice equals asking every tile: displaced by ${amount} tiles`, () => {
    const warp = shaken(11, [5, 7], amount);
    const { grid, valid } = invertLattice(warp, [23, 31]);
    const expected = slowInverse(warp, [23, 31]);
    let asked = 0;
    expected.forEach((answer, k) => {
      if (!answer) return;
      assert.equal(valid[k], 1);
      close(grid.subarray(2 * k, 2 * k + 2), answer, 1e-11);
      asked += 1;
    });
    assert.ok(asked > 500 && grid.every(Number.isFinite));
  });
}

test("what a map without folds shows is the area inside its border, clipped at the picture's", () => {
  const scaled = (/** @type {number} */ x, /** @type {number} */ y) => {
    const { nodes, size } = identityWarp([5, 7]);
    return enclosed({ nodes: nodes.map((value, k) => value * (k % 2 ? y : x)), size });
  };
  assert.ok(Math.abs(scaled(0.9, 0.5) - 0.45) < 1e-15 && Math.abs(scaled(-0.9, 0.5) - 0.45) < 1e-15);
  assert.ok(Math.abs(scaled(1.4, 0.5) - 0.5) < 1e-15 && scaled(3, 3) === 1);
  const turned = { nodes: Float64Array.of(0, -2, 2, 0, -2, 0, 0, 2), size: /** @type {[number, number]} */ ([2, 2]) };
  assert.ok(Math.abs(enclosed(turned) - 1) < 1e-15);
  const half = { nodes: Float64Array.of(0, -1, 1, 0, -1, 0, 0, 1), size: /** @type {[number, number]} */ ([2, 2]) };
  assert.ok(Math.abs(enclosed(half) - 0.5) < 1e-15);
  const away = { nodes: identityWarp([2, 2]).nodes.map((value) => value + 5), size: half.size };
  assert.equal(enclosed(away), 0);
});

test("inverse undoes forward where nothing folds, to the last digits, also at one pixel", () => {
  const warp = shaken(2, [6, 9], 0.7);
  assert.equal(foldTiles(warp).indexOf(1), -1);
  for (const size of /** @type {const} */ ([[300, 411], [1, 40], [40, 1], [1, 1]])) {
    const inverse = invertLattice(warp, size);
    const { max, coverage } = roundTrip(warp, inverse, size, [1024, 2048]);
    assert.ok(max < 1e-9 && coverage > 0.8, `${max} ${coverage}`);
  }
});

test("a sheared map has an exact inverse and no holes", () => {
  const warp = { ...identityWarp([4, 5]), separable: false };
  for (let k = 0; k < warp.nodes.length; k += 2) warp.nodes[k] += 0.4 * warp.nodes[k + 1];
  const { grid, valid } = invertLattice(warp, [51, 51]);
  for (let k = 0; k < valid.length; k++) {
    const x = -1 + (k % 51) / 25, y = -1 + Math.floor(k / 51) / 25;
    assert.equal(valid[k], Math.abs(x - 0.4 * y) <= 1 + 1e-6 ? 1 : 0);
    if (valid[k]) close(grid.subarray(2 * k, 2 * k + 2), [x - 0.4 * y, y], 1e-13);
  }
});

test("the separable inverse is the general one", () => {
  const warp = separableWarp([-1, -0.9, -0.1, 0.2, 0.2, 1], [-0.8, 0.1, 0.9]);
  const one = invertLattice(warp, [17, 29]);
  const two = invertLattice({ ...warp, separable: false }, [17, 29]);
  assert.deepEqual([...one.valid], [...two.valid]);
  assert.equal(one.valid[0], 0, "the crop leaves the corner out");
  close(one.grid, two.grid, 1e-12);
});

test("the border of the map counts, with a tolerance of 1e-6 of the range", () => {
  for (const separable of [true, false]) {
    const warp = { ...separableWarp([-1 + 1.9e-6, 0, 1], [-1, 1]), separable };
    assert.equal(invertLattice(warp, [3, 3]).valid[0], 1);
    warp.nodes.forEach((value, k) => { if (k % 2 === 0 && value < -0.9) warp.nodes[k] = -1 + 2.2e-6; });
    assert.equal(invertLattice(warp, [3, 3]).valid[0], 0);
    assert.equal(invertLattice(warp, [3, 3]).valid[1], 1);
  }
});

test("where the map folds, the positively oriented tile of lowest index answers", () => {
  const warp = { ...separableWarp([-1, 0.5, -0.2, 1], [-1, 1]), separable: false };
  const { grid, valid } = invertLattice(warp, [1, 41]);
  assert.ok(valid.every((one) => one === 1));
  const first = grid.filter((_, k) => k % 2 === 0);
  // x <= 0.5 is reached by the first tile, the rest by the third alone.
  assert.ok(first.every((x, k) => (-1 + k / 20 <= 0.5 ? x <= -1 / 3 + 1e-12 : x >= 1 / 3)));
});

test("a point that only a fold reaches gets the fold's answer", () => {
  const warp = { ...separableWarp([0.3, -0.6, 1], [-1, 1]), separable: false };
  const { x, valid } = invertPoint(warp, -0.5, 0);
  assert.ok(valid && x > 0, "first the positive tile");
  const turned = { ...separableWarp([0.3, -0.6], [-1, 1]), separable: false };
  assert.deepEqual(invertPoint(turned, -0.15, 0), { x: 0, y: 0, valid: true });
  assert.equal(invertLattice(turned, [1, 21]).valid[8], 1);
});

test("empty tiles never answer, an empty map answers nothing", () => {
  const nowhere = { ...identityWarp([3, 3]), nodes: new Float64Array(3 * 3 * 2).fill(0.25), separable: false };
  const { grid, valid } = invertLattice(nowhere, [5, 5]);
  assert.ok(valid.every((one) => one === 0) && grid.every(Number.isFinite));
  assert.deepEqual(invertPoint(nowhere, 0.25, 0.25), { x: 0.25, y: 0.25, valid: false });
});

test("points: the same as the lattice, and the border tile's formula outside", () => {
  const warp = shaken(21, [5, 8], 0.6);
  const { grid, valid } = invertLattice(warp, [9, 9]);
  latticePoints([9, 9]).forEach((x, k, points) => {
    if (k % 2 || !valid[k / 2]) return;
    const answer = invertPoint(warp, x, points[k + 1]);
    close([answer.x, answer.y], grid.subarray(k, k + 2), 1e-12);
    assert.ok(answer.valid);
  });
  const outside = invertPoint(warp, 1.3, 0.2);
  assert.equal(outside.valid, false);
  close(forwardPoints(warp, [outside.x, outside.y]), [1.3, 0.2], 1e-12);
});

test("buffers are reused and do not remember", () => {
  const workspace = createInverseWorkspace();
  const warp = shaken(4, [5, 6], 0.5);
  const first = invertLattice(warp, [20, 30], workspace);
  const copy = Float64Array.from(first.grid);
  invertLattice(shaken(5, [3, 3], 0.9), [20, 30], workspace);
  const again = invertLattice(warp, [20, 30], workspace);
  assert.equal(again.grid, first.grid);
  close(again.grid, copy, 0);
});

test("a mirrored warp is mirrored once and folds nowhere; its one turned tile folds", () => {
  const mirrored = separableWarp([1, 0.2, -0.4, -1], [-1, 0, 1]);
  assert.ok(isMirrored(mirrored) && !isMirrored(separableWarp([-1, 0, 1], [-1, 1])));
  assert.ok(foldTiles(mirrored).every((fold) => fold === 0));
  assert.deepEqual([...foldTiles(separableWarp([1, -0.4, 0.2, -1], [-1, 1]))], [0, 1, 0]);
});

test("a mirrored warp is said to be mirrored once, with the zoom of the map that it mirrors", () => {
  const plain = separableWarp([-1, -0.2, 0.4, 1], [-1, 0.1, 1]);
  const mirrored = separableWarp([1, 0.4, -0.2, -1], [-1, 0.1, 1]);
  const [straight, turned] = [plain, mirrored].map((warp) => measure(/** @type {any} */ ({ warp, zoomed: [9, 12],
    source: [60, 90], grid: forwardGrid(warp, [9, 12]), warpMs: 0 }), null, false));
  assert.equal(turned.folds, 0);
  close(turned.zoomRange ?? [], straight.zoomRange ?? [0, 0], 1e-12);
  close(turned.histogram.shares, straight.histogram.shares.map((share) => share), 1e-12);
  assert.equal(turned.sentence.match(/mirrored/g)?.length, 1);
  assert.ok(!straight.sentence.includes("mirrored") && turned.sentence.includes("no folds"));
  const [field, as] = [plain, mirrored].map((warp) =>
    magnificationField(warp, [20, 30], invertLattice(warp, [20, 30])));
  close([field.low, field.high], [as.low, as.high], 1e-12);
});

test("nodes that were computed in float32 keep their border lines, here as in Python", () => {
  const short = 1 - 1.1e-5;
  for (const separable of [true, false]) {
    const warp = { ...separableWarp([-short, -0.2, 0.4, short], [-short, 0.1, short]), separable };
    const own = [...invertLattice(warp, [20, 30]).valid];
    assert.equal(own.filter((valid) => !valid).length, 2 * 30 + 2 * 18);
    const given = { ...warp, tolerance: FLOAT32_TOLERANCE };
    assert.ok(invertLattice(given, [20, 30]).valid.every((valid) => valid === 1));
    assert.ok(invertPoint(given, 1, -1).valid && !invertPoint(given, 1 + 4e-5, 0).valid);
    assert.ok(!invertPoint(warp, 1, 0).valid);
    const seen = windowed(given, [20, 30], { x0: 20, y0: 10, x1: 29, y1: 19 });
    assert.ok(invertLattice(seen, [37, 41]).valid.every((valid) => valid === 1));
  }
});
