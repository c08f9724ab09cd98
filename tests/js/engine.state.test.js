import { LARGEST_ZOOM } from "../../lzviz/canvas/schema/limits.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "../../lzviz/canvas/engine/codec.js";
import { identityWarp } from "../../lzviz/canvas/engine/coords.js";
import { areaOf, coverageOf, emphasisOf, shareOf } from "../../lzviz/canvas/engine/measures.js";
import { invertLattice } from "../../lzviz/canvas/engine/inverse.js";
import {
  axisWeights, boxDensity, computeSaliency, resizeMask, saliencyOf,
} from "../../lzviz/canvas/engine/saliency.js";
import {
  darkenOutside, lostLines, publishedInverse, samplerWarp, zoomedSize,
} from "../../lzviz/canvas/engine/samplers.js";
import { forwardGrid, gridToPixels } from "../../lzviz/canvas/engine/warp.js";
import { close, random } from "./engine.helpers.js";

/** @typedef {import("../../lzviz/canvas/engine/saliency.js").SaliencyState} SaliencyState */
/** @typedef {SaliencyState & import("../../lzviz/canvas/engine/samplers.js").SamplerState} State */

/** @type {State} */
const STATE = {
  sampler: "lzu", mode: "fixed", saliency: "paint", strength: 50, contrast: 1, floor: null, fwhm: 10, width: 24,
  nodes: [7, 9], separable: false, antiCrop: true, paint: null, edgePaint: null, boxes: [],
};

/** A byte map. @param {number} h @param {number} w @param {Record<number, number>} cells value at cell */
function bytes(h, w, cells, rest = 0) {
  const data = new Uint8Array(h * w).fill(rest);
  for (const [cell, value] of Object.entries(cells)) data[Number(cell)] = value;
  return { h, w, data };
}

test("resizing: a triangle filter that widens where the map shrinks, plain bilinear where it grows", () => {
  const { first, starts, weight } = axisWeights(5, 3);
  assert.deepEqual([...first], [0, 1, 3]);
  assert.deepEqual([...starts], [0, 2, 5, 7]);
  close(weight, [2 / 3, 1 / 3, 0.25, 0.5, 0.25, 1 / 3, 2 / 3], 1e-15);
  close(resizeMask(Float64Array.of(0, 6), [1, 2], [1, 4]), [0, 2, 4, 6], 1e-14);
  const map = Float64Array.of(1, 2, 3, 4, 5, 6);
  close(resizeMask(map, [2, 3], [2, 3]), map, 0);
  close(resizeMask(map, [2, 3], [3, 5]), [1, 1.5, 2, 2.5, 3, 2.5, 3, 3.5, 4, 4.5, 4, 4.5, 5, 5.5, 6], 1e-14);
});

test("a thin stroke between two nodes is not lost", () => {
  const mask = new Float64Array(101).fill(0);
  mask[37] = 1;
  assert.ok(resizeMask(mask, [1, 101], [1, 5]).some((value) => value > 0));
  assert.ok(resizeMask(mask, [1, 101], [1, 5], undefined, undefined, false).every((value) => value === 0));
});

test("paint: strength times where it is full, 1 where there is none", () => {
  const paint = bytes(7, 9, { 40: 255, 0: 51 });
  const saliency = computeSaliency({ ...STATE, paint }, {}, [7, 9], [70, 90]);
  assert.ok(Math.abs(saliency[40] - 50) < 1e-12 && Math.abs(saliency[0] - (1 + 49 * 0.2)) < 1e-12);
  assert.equal(saliency[8], 1);
  close(computeSaliency({ ...STATE, paint: null }, {}, [7, 9], [70, 90]), new Float64Array(63).fill(1), 0);
  close(computeSaliency({ ...STATE, paint, contrast: 2 }, {}, [7, 9], [70, 90]), saliency.map((s) => s ** 2), 1e-9);
});

test("edges: what is found plus what is painted, clipped", () => {
  const found = { ...bytes(2, 3, { 0: 255, 1: 51, 2: 204 }), of: "edges" };
  const edgePaint = bytes(2, 3, { 0: 255, 1: 0, 2: 64, 4: 255 }, 128);
  const saliency = computeSaliency({ ...STATE, saliency: "edges", edgePaint }, { found }, [2, 3], [20, 30]);
  close(saliency, [1, 0, 0.8 - 64 / 127, 0, 1, 0], 1e-12);
  const wrong = { ...STATE, saliency: /** @type {const} */ ("edges"), edgePaint: bytes(3, 3, {}) };
  assert.throws(() => computeSaliency(wrong, { found }, [2, 3], [20, 30]), /map is 2 x 3, its paint is 3 x 3/);
});

test("boxes: FOVEA's density; none, one without size, one box of literals", () => {
  const out = new Float64Array(6);
  close(boxDensity([], [10, 20], [2, 3], 1, out), new Float64Array(6).fill(1 / 6), 1e-15);
  assert.ok(boxDensity([[5, 5, 5, 5]], [10, 20], [2, 3], 1, out).every((value) => value > 0 && value < 1));
  // X = 0, 10, 20 and Y = 0, 10; a box 8 x 2 around (10, 4): variances 512 and 128.
  const across = [-10, 0, 10].map((d) => Math.exp((-0.5 * d ** 2) / 512));
  const down = [-4, 6].map((d) => Math.exp((-0.5 * d ** 2) / 128));
  const kernels = down.flatMap((y) => across.map((x) => x * y));
  const total = kernels.reduce((a, b) => a + b);
  const raw = kernels.map((k) => (3 * k) / (1e-5 + total) + 1 / 9);
  const sum = raw.reduce((a, b) => a + b);
  close(boxDensity([[6, 3, 14, 5]], [10, 20], [2, 3], 3, out), raw.map((k) => k / sum), 1e-14);
});

test("centre, file and fixed", () => {
  const centre = computeSaliency({ ...STATE, saliency: "centre" }, {}, [3, 5], [30, 50]);
  assert.equal(centre[7], 1);
  assert.ok(Math.abs(centre[6] - Math.exp(-0.25 / (2 * 0.35 ** 2))) < 1e-7);
  const file = computeSaliency({ ...STATE, saliency: "file" }, { file: bytes(2, 2, { 1: 255 }) }, [2, 2], [9, 9]);
  close(file, [0, 1, 0, 0], 1e-15);
  const fixed = { h: 2, w: 2, data: Float32Array.of(1, 4, 9, 16) };
  const state = { ...STATE, saliency: /** @type {const} */ ("fixed"), contrast: 0.5 };
  close(computeSaliency(state, { fixed }, [3, 2], [9, 9]), [1, 2, 2, 3, 3, 4], 1e-12);
  assert.equal(saliencyOf(state, { fixed }, [3, 2], [9, 9]), fixed);
});

test("the height of the zoomed image follows the source, at least one pixel", () => {
  assert.deepEqual(zoomedSize(192, [1024, 2048]), [96, 192]);
  assert.deepEqual(zoomedSize(8, [10, 4000]), [1, 8]);
  assert.deepEqual(zoomedSize(10, [5, 20]), [3, 10]);
});

test("a thin picture makes no more pixels than are allowed, at any width", () => {
  for (const source of /** @type {[number, number][]} */ ([[4000, 30], [65536, 1], [1e8, 1], [2049, 1000]])) {
    const [height, width] = zoomedSize(1024, source);
    assert.ok(height * width <= LARGEST_ZOOM && height * width > LARGEST_ZOOM / 3, `${source}`);
  }
  assert.deepEqual(zoomedSize(1024, [2048, 1024]), [2048, 1024]);
  assert.deepEqual(zoomedSize(64, [4000, 30]), [8533, 64]);
});

test("uniform, two readings: corners on corners, and the middle of its own pixels", () => {
  const source = /** @type {const} */ ([30, 64]);
  const pixels = (/** @type {string} */ sampler, /** @type {[number, number]} */ zoomed) =>
    gridToPixels(forwardGrid(samplerWarp({ ...STATE, sampler }, null, zoomed, source), zoomed), source);
  close(pixels("uniform", [2, 4]).subarray(0, 8), [0, 0, 21, 0, 42, 0, 63, 0], 1e-12);
  const middles = [7, 22].flatMap((y) => [7.5, 23.5, 39.5, 55.5].flatMap((x) => [x, y]));
  close(pixels("uniform-area", [2, 4]), middles, 1e-12);
  close(pixels("uniform-area", [1, 1]), [31.5, 14.5], 1e-12);
});

test("published LZ: half-pixel stretch, half-pixel reading, no floor", () => {
  const zoomed = /** @type {[number, number]} */ ([4, 8]), source = /** @type {const} */ ([40, 80]);
  /** @type {State} */
  const state = { ...STATE, sampler: "lz", mode: "published", nodes: [2, 2] };
  const warp = samplerWarp(state, [1, 1, 1, 1], zoomed, source);
  assert.deepEqual(warp.size, zoomed);
  // Nodes -1, 1 stretched half-pixel to 8: -1, -1 + ..; the first sample reads half a pixel before the image begins.
  const x = gridToPixels(warp.nodes, source).filter((_, k) => k % 2 === 0).slice(0, 8);
  const g = [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1].map((share) => -1 + 2 * share);
  close(x, g.map((value) => ((value + 1) * 80 - 1) / 2), 1e-12);
  const fixed = samplerWarp({ ...state, mode: "fixed" }, [1, 1, 1, 1], zoomed, source);
  close(fixed.nodes, identityWarp([2, 2]).nodes, 1e-14);
});

test("published LZU: a lost last row or column gets the marker, valid on small lattices only", () => {
  const lost = { row: true, column: true };
  const inverse = invertLattice(identityWarp([31, 51]), [4, 6]);
  publishedInverse(inverse, [4, 6], [31, 51], lost);
  assert.deepEqual([...inverse.valid.subarray(0, 6)], [1, 1, 1, 1, 1, 1]);
  close(inverse.grid.subarray(10, 12), [(2 * 12) / 50 - 1, (2 * 12) / 30 - 1], 1e-15);
  const large = invertLattice(identityWarp([31, 51]), [40, 60]);
  publishedInverse(large, [40, 60], [31, 51], lost);
  assert.equal(large.valid[59], 0);
  assert.equal(large.valid[58], 1);
  assert.equal(coverageOf(large.valid), (39 * 59) / (40 * 60));
  const row = invertLattice(identityWarp([31, 51]), [40, 60]);
  publishedInverse(row, [40, 60], [31, 51], { row: true, column: false });
  assert.equal(coverageOf(row.valid), 39 / 40);
});

test("published LZU: which lines are lost hangs on rounding, and never without it", () => {
  /** @type {State} */
  const state = { ...STATE, sampler: "lzu", mode: "published", separable: true, antiCrop: true, nodes: [31, 51] };
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const lose = Array.from({ length: 100 }, () => lostLines(state, Float32Array.from({ length: 1581 }, random)));
  const share = lose.filter((lost) => lost && (lost.row || lost.column)).length / 100;
  assert.ok(share > 0.3 && share < 0.9, `${share}`);
  assert.equal(lostLines({ ...state, mode: "fixed" }, new Float32Array(1581).fill(1)), null);
});

test("published LZ: outside the picture is black", () => {
  /** @type {State & {interpolation: string}} */
  const state = { ...STATE, sampler: "lz", mode: "published", interpolation: "bilinear" };
  const colours = new Float32Array(12).fill(200), grid = Float64Array.from([-1 - 1 / 9, 0, 0, 1 + 1 / 4, 1, 1]);
  darkenOutside(state, grid, [5, 10], colours);
  close([colours[0], colours[4], colours[8], colours[3]], [100, 100, 200, 200], 1e-4);
});

test("errors: an unknown sampler, a missing map", () => {
  assert.throws(() => samplerWarp({ ...STATE, sampler: "es" }, null, [4, 4], [9, 9]), /no twin of es/);
  assert.throws(() => samplerWarp(STATE, null, [4, 4], [9, 9]), /needs a saliency map/);
});

test("share and area of what is emphasised", () => {
  const half = { h: 1, w: 3, data: Float64Array.of(0, 1, 1) };
  assert.equal(areaOf(half), 0.75);
  assert.equal(shareOf(half, Float64Array.of(-1, 0, -0.5, 0, 0, 0, 1, 0)), 2.5 / 4);
  assert.equal(emphasisOf({ ...STATE, paint: bytes(2, 2, {}) }, half, [9, 9]), null);
  const boxes = emphasisOf({ ...STATE, saliency: "boxes", boxes: [[1, 0, 3, 2]] }, half, [3, 5]);
  assert.deepEqual(Array.from(boxes?.data ?? []), [0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  close(emphasisOf({ ...STATE, saliency: "centre" }, { h: 1, w: 3, data: [2, 6, 3] }, [9, 9])?.data ?? [],
    [0, 1, 0.25], 1e-15);
});

test("maps survive as text, damaged text does not", async () => {
  const { next } = random(4);
  const map = Uint8Array.from({ length: 128 * 64 }, () => (next() < 0.9 ? 0 : 256 * next()));
  const text = await encode(map);
  assert.match(text, /^[\w-]+$/);
  assert.deepEqual(await decode(text, map.length), map);
  assert.ok((await encode(new Uint8Array(128 * 128))).length < 60, "an empty map is short");
  await assert.rejects(decode(text, map.length - 1), /got more/);
  await assert.rejects(decode(text, map.length + 1), /got 8192/);
  await assert.rejects(decode("!!", 4), /base64url/);
  await assert.rejects(decode("AAAAAAAA", 4), RangeError);
});
