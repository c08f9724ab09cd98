import assert from "node:assert/strict";
import test from "node:test";

import { createPicture } from "../../lzviz/canvas/engine/picture.js";
import { createPalette, magnificationIndex, parseColour } from "../../lzviz/canvas/viewer/colours.js";
import { areaResize, crop, difference, levelsOf, recede } from "../../lzviz/canvas/viewer/pixels.js";
import { createDot, drawHeat, drawPoints, over, pointStride } from "../../lzviz/canvas/viewer/raster.js";
import { close, random } from "./engine.helpers.js";

/** @param {number} width @param {number} height @param {(x: number, y: number) => number} grey */
function raster(width, height, grey) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let k = 0; k < width * height; k++) {
    data.fill(grey(k % width, Math.floor(k / width)), 4 * k, 4 * k + 3);
    data[4 * k + 3] = 255;
  }
  return { width, height, data };
}

/** @param {{width: number, height: number}} image */
const whole = ({ width, height }) => ({ x0: 0, y0: 0, x1: width, y1: height });

test("an area average of whole blocks is their mean, and of any part a constant stays one", () => {
  const image = raster(6, 4, (x, y) => 10 * x + 40 * y);
  const half = areaResize(image, whole(image), 3, 2);
  close([...half.data].filter((_, k) => k % 4 === 0), [25, 45, 65, 105, 125, 145], 0);
  const flat = areaResize(raster(7, 5, () => 99), { x0: 0.3, y0: 1.7, x1: 6.9, y1: 4.2 }, 4, 3);
  assert.ok(flat.data.every((value, k) => value === (k % 4 === 3 ? 255 : 99)));
});

test("an area average weighs cut pixels by what is seen of them", () => {
  const image = raster(2, 1, (x) => 100 * x);
  const seen = areaResize(image, { x0: 0.5, y0: 0, x1: 2, y1: 1 }, 1, 1);
  assert.equal(seen.data[0], Math.round(100 / 1.5));
});

test("cut out pixels are the pixels", () => {
  const image = raster(5, 4, (x, y) => x + 10 * y);
  const part = crop(image, { x0: 1, y0: 2, x1: 4, y1: 4 });
  close([...part.data].filter((_, k) => k % 4 === 0), [21, 22, 23, 31, 32, 33], 0);
});

test("levels are those of the picture, rounded", () => {
  const image = raster(9, 5, (x, y) => 3 * x + 7 * y);
  const levels = levelsOf(createPicture(image.data, [5, 9]), 2);
  assert.deepEqual(levels.map(({ width, height }) => [width, height]), [[9, 5], [5, 3], [3, 2], [2, 1]]);
  assert.equal(levels[1].data[0], 5);
});

test("a receding photograph keeps grey grey and loses light and colour", () => {
  const grey = recede(raster(1, 1, () => 200), 0.5, 0.72);
  assert.deepEqual([...grey.data], [144, 144, 144, 255]);
  const red = recede({ width: 1, height: 1, data: new Uint8ClampedArray([255, 0, 0, 255]) }, 0.5, 1);
  assert.ok(red.data[0] < 255 && red.data[1] > 0 && red.data[1] === red.data[2]);
});

test("a difference counts valid pixels only", () => {
  const out = new Float32Array(2);
  const mean = difference(raster(2, 1, (x) => 50 * x).data, raster(2, 1, () => 20).data, new Uint8Array([1, 0]), out);
  assert.equal(mean, 20);
  close(out, [20, 0], 0);
});

test("over is what painters do", () => {
  const red = 0xff0000ff;
  const halfWhite = 0x80ffffff;
  assert.equal(over(0, halfWhite), halfWhite);
  assert.equal(over(red, 0x00ffffff), red);
  assert.equal(over(halfWhite, red), red);
  const mixed = over(red, halfWhite);
  close([mixed & 255, (mixed >> 8) & 255, mixed >>> 24], [255, 128, 255], 1);
});

/** @param {number} width @param {number} height */
const surface = (width, height) => ({ width, height, pixels: new Uint32Array(width * height) });

test("a dot's light lies where its sample is, at any subpixel place", () => {
  const { next } = random(3);
  const dot = createDot(1, 1, 32);
  const image = { width: 33, height: 17 };
  for (let k = 0; k < 20; k++) {
    const [gx, gy] = [next() * 1.4 - 0.7, next() * 1.4 - 0.7];
    const target = surface(32, 32);
    const projection = { scale: 0.9, x: 0.4, y: 5.3 };
    drawPoints(target, projection, image, Float64Array.from([gx, gy]), 1, 1, 1, dot);
    let [sum, x, y] = [0, 0, 0];
    target.pixels.forEach((pixel, at) => {
      const light = (pixel >>> 24) * (pixel & 255);
      sum += light;
      x += light * ((at % 32) + 0.5);
      y += light * (Math.floor(at / 32) + 0.5);
    });
    const place = [((gx + 1) / 2) * 32, ((gy + 1) / 2) * 16].map((px, axis) => [0.4, 5.3][axis] + (px + 0.5) * 0.9);
    close([x / sum, y / sum], place, 0.2);
  }
});

test("dots at and beyond the border are cut, not wrapped", () => {
  const target = surface(8, 8);
  const corners = Float64Array.from([-1, -1, 1, 1, -3, 0, 5, 5]);
  drawPoints(target, { scale: 1, x: 0, y: 0 }, { width: 8, height: 8 }, corners, 1, 4, 1, createDot(1, 1, 8));
  assert.ok(target.pixels[0] && target.pixels[63]);
  assert.equal(target.pixels[7], 0);
  assert.equal(target.pixels[56], 0);
});

test("fewer dots are drawn where they would touch, and the number told is the number drawn", () => {
  assert.equal(pointStride(72, 108, 740, 500, 5), 1);
  assert.equal(pointStride(128, 256, 740, 370, 5), 2);
  assert.equal(pointStride(1, 1, 700, 300, 5), 1);
});

test("a heat map is exact on its lattice and leaves the rest of the frame alone", () => {
  const field = { h: 2, w: 3, values: [0, 100, 200, 50, 150, 250] };
  const table = Uint32Array.from({ length: 256 }, (_, k) => (0xff000000 | k) >>> 0);
  const target = surface(9, 6);
  drawHeat(target, { scale: 1, x: 2, y: 1 }, { width: 5, height: 3 }, field, table);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => target.pixels[y * 9 + x] & 255;
  close([at(2, 1), at(4, 1), at(6, 1), at(2, 3), at(6, 3), at(4, 2)], [0, 100, 200, 50, 250, 125], 1);
  assert.equal(target.pixels[0], 0);
  assert.equal(target.pixels[9 + 8], 0);
});

test("tokens of any form; alpha linear in saliency; both ends of a map differ in lightness from its middle", () => {
  assert.deepEqual(parseColour("#ffb22e"), [255, 178, 46]);
  assert.deepEqual(parseColour("#abc"), [170, 187, 204]);
  assert.deepEqual(parseColour(" rgb(1, 2, 3)"), [1, 2, 3]);
  for (const dark of [false, true]) {
    const { saliency, magnification } = createPalette(() => "", dark);
    assert.equal(saliency[0] >>> 24, 0);
    assert.equal(saliency[255] >>> 24, Math.round(0.62 * 255));
    assert.equal(saliency[128] >>> 24, Math.round(0.62 * 128));
    const light = (/** @type {number} */ c) => 0.21 * (c & 255) + 0.72 * ((c >> 8) & 255) + 0.07 * ((c >> 16) & 255);
    assert.ok(Math.abs(light(magnification[0]) - light(magnification[128])) > 40);
    assert.ok(Math.abs(light(magnification[255]) - light(magnification[128])) > 40);
  }
  assert.deepEqual([-9, -2, 0, 2, 9].map(magnificationIndex), [0, 0, 127.5, 255, 255]);
});
