import assert from "node:assert/strict";
import { test } from "node:test";
import { identityWarp, toPixel } from "../../lzviz/canvas/engine/coords.js";
import { footprint, tapsOf } from "../../lzviz/canvas/engine/footprint.js";
import { invertLattice } from "../../lzviz/canvas/engine/inverse.js";
import { createPicture } from "../../lzviz/canvas/engine/picture.js";
import {
  createBoxes, differenceImage, findBoxes, sampleImage, unzoomImage,
} from "../../lzviz/canvas/engine/resample.js";
import { forwardGrid, latticePoints } from "../../lzviz/canvas/engine/warp.js";
import { close, random, shaken } from "./engine.helpers.js";

/** @typedef {readonly [number, number]} Size */
const KINDS = /** @type {const} */ (["nearest", "bilinear", "antialias"]);

/** Random colours. @param {number} seed @param {Size} size */
function noise(seed, [h, w]) {
  const { next } = random(seed);
  return Uint8ClampedArray.from({ length: h * w * 4 }, (_, k) => (k % 4 === 3 ? 255 : 256 * next()));
}

/** Red is the column, green the row. @param {Size} size */
const ramp = ([h, w]) => Uint8ClampedArray.from({ length: h * w * 4 }, (_, k) => {
  const pixel = k >> 2;
  return [pixel % w, Math.floor(pixel / w), 7, 255][k & 3];
});

test("the pyramid: means of the pixels that exist, down to one", () => {
  const picture = createPicture(ramp([3, 5]), [3, 5]);
  assert.deepEqual(picture.levels.map(({ height, width }) => [height, width]), [[3, 5], [2, 3], [1, 2], [1, 1]]);
  const { data, levels } = picture;
  const red = (/** @type {number} */ level) => {
    const { offset, height, width } = levels[level];
    return Array.from({ length: height * width }, (_, k) => data[offset + 3 * k]);
  };
  close(red(1), [0.5, 2.5, 4, 0.5, 2.5, 4], 1e-6);
  close(red(2), [1.5, 4], 1e-6);
  close(red(3), [2.75], 1e-6);
});

test("a shrunk source: area means over every pixel that is touched", () => {
  const picture = createPicture(ramp([2, 5]), [2, 5], 0.5);
  assert.deepEqual(picture.size, [1, 3]);
  close(picture.data.subarray(0, 9), [0.5, 0.5, 7, 2, 0.5, 7, 3.5, 0.5, 7], 1e-6);
  assert.throws(() => createPicture(ramp([2, 5]), [2, 5], 0), /scale/);
  assert.throws(() => createPicture(ramp([2, 5]), [5, 5]), /5 x 5 x 4 numbers of a picture, got 40/);
});

test("identity: every interpolation gives the picture back", () => {
  const size = /** @type {Size} */ ([4, 7]);
  const picture = createPicture(noise(1, size), size);
  for (const kind of KINDS) {
    const out = sampleImage(picture, forwardGrid(identityWarp([2, 2]), size), size, kind);
    close(out.filter((_, k) => k % 4 < 3), picture.data.subarray(0, 4 * 7 * 3), 1e-4);
  }
});

test("bilinear reads a ramp exactly, nearest rounds half up, the border answers outside", () => {
  const picture = createPicture(ramp([3, 6]), [3, 6]);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => Float64Array.of((2 * x) / 5 - 1, (2 * y) / 2 - 1);
  const read = (/** @type {Float64Array} */ grid, /** @type {typeof KINDS[number]} */ kind) =>
    [...sampleImage(picture, grid, [1, 1], kind)].slice(0, 2);
  close(read(at(3.25, 1.75), "bilinear"), [3.25, 1.75], 1e-6);
  close(read(at(9, -3), "bilinear"), [5, 0], 1e-6);
  close(read(at(3.5, 0.49), "nearest"), [4, 0], 0);
  close(read(at(-9, 7), "nearest"), [0, 2], 0);
});

test("anti-aliased shrinking sees all pixels: a checkerboard becomes grey", () => {
  const size = /** @type {Size} */ ([64, 64]);
  const board = Uint8ClampedArray.from({ length: 64 * 64 * 4 }, (_, k) =>
    (k % 4 === 3 || ((k >> 2) % 64 + (k >> 8)) % 2 === 0 ? 255 : 0));
  const picture = createPicture(board, size);
  const grid = forwardGrid(identityWarp([2, 2]), [8, 8]);
  const colours = sampleImage(picture, grid, [8, 8], "antialias");
  assert.ok(colours.every((value, k) => k % 4 === 3 || Math.abs(value - 127.5) < 6), "13 of 25 are white at a corner");
  assert.ok(sampleImage(picture, grid, [8, 8], "bilinear").some((value) => value < 100));
});

test("while a hand moves: the same where few pixels are averaged, an eighth of bilinear's error elsewhere", () => {
  const size = /** @type {Size} */ ([256, 384]);
  const blocks = Uint8ClampedArray.from({ length: 256 * 384 * 4 }, (_, k) => {
    const x = (k >> 2) % 384, y = Math.floor((k >> 2) / 384);
    return k % 4 === 3 || ((x * 7 + y * 3) % 61 < 23) !== (x > 131) ? 255 : 20;
  });
  const picture = createPicture(blocks, size);
  const off = (/** @type {Float32Array} */ a, /** @type {Float32Array} */ b) =>
    Math.sqrt(a.reduce((sum, value, k) => sum + (value - b[k]) ** 2, 0) / a.length);
  for (const zoomed of /** @type {const} */ ([[32, 48], [16, 24], [9, 13]])) {
    const grid = forwardGrid(shaken(3, [6, 9], 0.6), zoomed);
    const [exact, quick] = [false, true].map((q) => sampleImage(picture, grid, zoomed, "antialias", undefined, q));
    const rough = off(sampleImage(picture, grid, zoomed, "bilinear"), exact);
    assert.ok(off(quick, exact) > 0 && off(quick, exact) < rough / 8, `${off(quick, exact)} of ${rough}`);
  }
  const near = forwardGrid(identityWarp([2, 2]), [128, 192]);
  assert.deepEqual(...[false, true].map((q) => sampleImage(picture, near, [128, 192], "antialias", undefined, q)));
});

test("a box is as large as the footprint, on the finest level where a square of 24 pixels is the largest", () => {
  const picture = createPicture(new Uint8ClampedArray(65 * 129 * 4), [65, 129]);
  const boxes = (/** @type {Size} */ zoomed, r = 0, c = 0) =>
    findBoxes(picture, forwardGrid(identityWarp([2, 2]), zoomed), zoomed, r, c, createBoxes());
  const found = boxes([17, 33], 3, 4);
  assert.deepEqual([found.level, found.count], [0, 1]);
  close(found.ends.subarray(0, 4), [14.5, 18.5, 10.5, 14.5], 1e-9);
  assert.deepEqual([...boxes([129, 257], 2, 2).ends.subarray(0, 4)], [1, 2, 1, 2], "magnified: one pixel");
  assert.equal(boxes([5, 9], 1, 1).level, 0, "16 pixels");
  assert.equal(boxes([3, 5], 1, 1).level, 1, "32 pixels");
  assert.equal(boxes([65, 3], 1, 1).level, 0, "1 x 64 pixels err no more than 24 x 24");
  close(boxes([1, 1]).ends.subarray(0, 4), [64, 65, 32, 33], 1e-9);
});

test("uniform sampling is the area average of white noise at every factor and size", () => {
  const size = /** @type {Size} */ ([203, 331]);
  const rgba = noise(5, size), picture = createPicture(rgba, size);
  const sizes = [[185, 301], [68, 110], [41, 66], [25, 37], [23, 41], [17, 19], [7, 11], [5, 9], [180, 9]];
  for (const [rows, columns] of sizes) {
    const grid = latticePoints([rows, columns]).map((g, k) => {
      const [n, m] = k % 2 === 0 ? [size[1], columns] : [size[0], rows];
      return ((((g + 1) / 2) * (m - 1) + 0.5) * n / m - 0.5) * 2 / (n - 1) - 1;
    });
    const read = sampleImage(picture, grid, [rows, columns], "antialias");
    let error = 0;
    for (let i = 0, k = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, k += 4) {
        const mean = areaMean(rgba, size, i / rows, (i + 1) / rows, j / columns, (j + 1) / columns);
        error += (read[k] - mean) ** 2;
      }
    }
    const decibels = -10 * Math.log10(error / (rows * columns) / 255 ** 2);
    assert.ok(decibels >= 45, `${rows} x ${columns}: ${decibels} dB`);
  }
});

/** The mean red of a part of a picture, of shares of its sides. @param {ArrayLike<number>} rgba @param {Size} size
 * @param {number} top @param {number} bottom @param {number} left @param {number} right */
function areaMean(rgba, [h, w], top, bottom, left, right) {
  let sum = 0;
  for (let y = Math.floor(top * h); y < bottom * h; y++) {
    const down = Math.min(y + 1, bottom * h) - Math.max(y, top * h);
    for (let x = Math.floor(left * w); x < right * w; x++) {
      sum += down * (Math.min(x + 1, right * w) - Math.max(x, left * w)) * rgba[4 * (y * w + x)];
    }
  }
  return sum / ((bottom - top) * h * (right - left) * w);
}

test("taps are what is read: their sum over the picture is the colour", () => {
  for (const size of /** @type {Size[]} */ ([[37, 61], [1, 1], [5, 1], [64, 64]])) {
    const rgba = noise(3, size);
    const picture = createPicture(rgba, size);
    const zoomed = /** @type {Size} */ ([6, 9]);
    const grid = forwardGrid(shaken(6, [4, 5], 0.7), zoomed);
    for (const kind of KINDS) {
      const colours = sampleImage(picture, grid, zoomed, kind);
      for (const [r, c] of [[0, 0], [2, 5], [5, 8]]) {
        const { x, y, width, height, weights } = tapsOf(picture, grid, zoomed, r, c, kind);
        let sum = 0, red = 0;
        for (let k = 0; k < width * height; k++) {
          sum += weights[k];
          red += weights[k] * rgba[4 * ((y + Math.floor(k / width)) * size[1] + x + (k % width))];
        }
        assert.ok(Math.abs(sum - 1) < 1e-12);
        assert.ok(Math.abs(red - colours[4 * (r * 9 + c)]) < 1e-3, `${kind} ${size}: ${red}`);
      }
    }
  }
});

test("convention: a footprint goes clockwise from the top left, in source pixels", () => {
  const quad = footprint(identityWarp([2, 2]), 1, 3, [3, 5], [5, 17]);
  close(quad, [10, 1, 14, 1, 14, 3, 10, 3], 1e-12);
  const corner = footprint(identityWarp([2, 2]), 0, 0, [3, 5], [5, 17]);
  close(corner, [-2, -1, 2, -1, 2, 1, -2, 1], 1e-12);
});

test("unzoom: constants survive where valid, the fill stands elsewhere", () => {
  const crop = { ...identityWarp([2, 2]), separable: true };
  for (let k = 0; k < 8; k += 2) crop.nodes[k] *= 0.5;
  const inverse = invertLattice(crop, [3, 5]);
  const image = new Float32Array(4 * 6 * 4).map((_, k) => [10, 20, 30, 255][k % 4]);
  const out = unzoomImage(image, [4, 6], inverse, new Uint8ClampedArray(60), { fill: [1, 2, 3, 4] });
  for (let k = 0; k < 15; k++) {
    assert.deepEqual([...out.subarray(4 * k, 4 * k + 4)], [0, 4].includes(k % 5) ? [1, 2, 3, 4] : [10, 20, 30, 255]);
  }
});

test("unzoom: a ramp of the zoomed image is read where the inverse says", () => {
  const warp = shaken(13, [4, 5], 0.6);
  const zoomed = /** @type {Size} */ ([9, 12]), source = /** @type {Size} */ ([21, 33]);
  const image = new Float32Array(9 * 12 * 4).map((_, k) => ((k >> 2) % 12) * 10);
  const inverse = invertLattice(warp, source);
  const bilinear = unzoomImage(image, zoomed, inverse, new Float32Array(21 * 33 * 4));
  const nearest = unzoomImage(image, zoomed, inverse, new Float32Array(21 * 33 * 4), { interpolation: "nearest" });
  for (let k = 0; k < 21 * 33; k++) {
    if (!inverse.valid[k]) continue;
    const x = Math.min(Math.max(toPixel(inverse.grid[2 * k], 12), 0), 11);
    assert.ok(Math.abs(bilinear[4 * k] - 10 * x) < 1e-3);
    assert.equal(nearest[4 * k], 10 * Math.floor(x + 0.5));
  }
});

test("an image of one pixel can be read and brought back", () => {
  const picture = createPicture(Uint8ClampedArray.of(9, 8, 7, 255), [1, 1]);
  for (const kind of KINDS) {
    const zoomed = sampleImage(picture, latticePoints([2, 3]), [2, 3], kind);
    close(zoomed.subarray(20, 24), [9, 8, 7, 255], 1e-6);
    const back = unzoomImage(zoomed, [2, 3], invertLattice(identityWarp([2, 2]), [1, 1]), new Uint8ClampedArray(4));
    assert.deepEqual([...back], [9, 8, 7, 255]);
  }
});

test("difference: absolute, transparent where either is", () => {
  assert.deepEqual([...differenceImage([5, 9, 0, 255, 1, 1, 1, 0], [7, 2, 0, 255, 9, 9, 9, 255])],
    [2, 7, 0, 255, 8, 8, 8, 0]);
  assert.throws(() => differenceImage([1], [1, 2]), /one size/);
});
