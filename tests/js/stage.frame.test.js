import assert from "node:assert/strict";
import test from "node:test";
import "./words.mjs";
import { FORMATS, say } from "../../lzviz/canvas/core/text.js";

import { identityWarp } from "../../lzviz/canvas/engine/coords.js";
import { invertLattice, invertPoint } from "../../lzviz/canvas/engine/inverse.js";
import { coverageOf } from "../../lzviz/canvas/engine/measures.js";
import { forwardGrid, jacobianGrid } from "../../lzviz/canvas/engine/warp.js";
import {
  densityField, fieldSize, gridError, magnificationField, pulledBack, rangeField,
} from "../../lzviz/canvas/viewer/fields.js";
import { extentOf, footprintOf, hoverSource, hoverZoomed } from "../../lzviz/canvas/viewer/hover.js";
import { between, createModel, createPictures } from "../../lzviz/canvas/viewer/frame.js";
import { measure } from "../../lzviz/canvas/rooms/warp/numbers.js";
import { readoutOf, tapList } from "../../lzviz/canvas/viewer/readout.js";
import { place, sentence } from "../../lzviz/canvas/rooms/warp/sentence.js";
import { createUnzoom, windowed } from "../../lzviz/canvas/viewer/unzoom.js";
import { close, shaken } from "./engine.helpers.js";

const warp = shaken(5, [5, 7], 0.5);
/** @type {import("../../lzviz/canvas/viewer/hover.js").Scene} */
const scene = { warp, zoomed: [12, 20], source: [60, 90] };

test("the inverse through a window is the inverse at its points", () => {
  const window = { x0: 20, y0: 11, x1: 60, y1: 47 };
  const { grid, valid } = invertLattice(windowed(warp, scene.source, window), [10, 9]);
  for (let i = 0; i < 10; i++) {
    for (let j = 0; j < 9; j++) {
      const k = i * 9 + j;
      const at = invertPoint(warp, (2 * (20 + 5 * j)) / 89 - 1, (2 * (11 + 4 * i)) / 59 - 1);
      assert.equal(Boolean(valid[k]), at.valid);
      if (at.valid) close([grid[2 * k], grid[2 * k + 1]], [at.x, at.y], 1e-9);
    }
  }
});

test("a window of one row or column keeps its place", () => {
  const { grid } = invertLattice(windowed(identityWarp([4, 4]), [9, 9], { x0: 2, y0: 6, x1: 2, y1: 6 }), [1, 1]);
  close(grid, [-0.5, 0.5], 1e-9);
});

test("hovering a zoomed pixel and the place it reads are one hover", () => {
  const there = hoverZoomed(scene, 6.2, 4.8);
  assert.deepEqual(there.pixel, [6, 5]);
  const back = hoverSource(scene, ...there.source);
  assert.deepEqual(back.pixel, there.pixel);
  assert.deepEqual(back.quad, there.quad);
  assert.equal(back.inside, true);
});

test("neighbouring footprints share their edge: together they tile the source", () => {
  const [, b, c] = footprintOf(scene, [6, 5]);
  const [a, , , d] = footprintOf(scene, [7, 5]);
  close([...b, ...c], [...a, ...d], 1e-9);
});

test("footprints of the identity are squares of the right size, clockwise from top left", () => {
  /** @type {typeof scene} */
  const even = { ...scene, warp: identityWarp([3, 3]), zoomed: [3, 5] };
  const quad = footprintOf(even, [0, 0]);
  close(quad.flat(), [-11.125, -14.75, 11.125, -14.75, 11.125, 14.75, -11.125, 14.75], 1e-9);
  close(extentOf(quad), [22.25, 29.5], 1e-9);
});

test("a place that no sample reaches says so and stays finite", () => {
  const crop = between(identityWarp([3, 3]), { ...identityWarp([3, 3]), nodes: new Float64Array(18) }, 0.5);
  const hover = hoverSource({ ...scene, warp: crop }, 1, 1);
  assert.equal(hover.inside, false);
  assert.ok(hover.quad.flat().every(Number.isFinite));
});

/** A small page: gradient picture, paint in one corner. */
function page() {
  const [height, width] = [40, 60];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let k = 0; k < data.length; k += 4) data.set([(k / 4) % width, Math.floor(k / 4 / width), 7, 255], k);
  const paint = { h: 85, w: 128, data: new Uint8Array(85 * 128) };
  for (let i = 0; i < 30; i++) paint.data.fill(255, i * 128, i * 128 + 40);
  const state = /** @type {any} */ ({ image: "x", sampler: "lzu", mode: "fixed", saliency: "paint", strength: 50,
    fwhm: 6, width: 24, nodes: [9, 13], separable: false, antiCrop: true, interpolation: "bilinear", sourceScale: 1,
    contrast: 1, floor: null, paint, edgePaint: null, boxes: [] });
  const live = /** @type {any} */ ({ image: { id: "x", width, height, displayWidth: width, displayHeight: height, data,
    scale: 1 }, found: null, file: null, fixed: null });
  return { state, live };
}

/**
 * A frame of a new model.
 * @param {any} state @param {any} live @param {Parameters<ReturnType<typeof createModel>["frame"]>[2]} [how]
 */
function frameOf(state, live, how) {
  const frame = createModel(createPictures()).frame(state, live, how);
  if (!frame) throw new Error("no frame");
  return frame;
}

test("a frame: sizes, the uniform one, and the way between them", () => {
  const { state, live } = page();
  const frame = frameOf(state, live);
  assert.deepEqual(frame.zoomed, [16, 24]);
  assert.equal(frame.image.data.length, 16 * 24 * 4);
  close(frameOf(state, live, { t: 0 }).warp.nodes, identityWarp([9, 13]).nodes, 1e-12);
  close(frameOf(state, live, { t: 1 }).warp.nodes, frame.warp.nodes, 0);
  close(frameOf(state, live, { uniform: true }).grid, forwardGrid(identityWarp([2, 2]), [16, 24]), 1e-12);
  assert.equal(createModel(createPictures()).frame(state, { ...live, image: null }), null);
});

test("under a hand every other row of samples is read, and after a second frame all are", () => {
  const { state, live } = page();
  const painted = { ...state, interpolation: "antialias" }, before = { ...painted, paint: null };
  const model = createModel(createPictures());
  const old = model.frame(before, live, { quick: true })?.colours.slice() ?? [];
  const wanted = frameOf(painted, live, { quick: true }).colours;
  const row = (/** @type {ArrayLike<number>} */ colours, /** @type {number} */ r) =>
    Array.from(colours).slice(4 * 24 * r, 4 * 24 * (r + 1));
  const half = model.frame(painted, live, { quick: true, halves: true })?.colours.slice() ?? [];
  const read = Array.from({ length: 16 }, (_, r) => String(row(half, r)) === String(row(wanted, r)));
  assert.deepEqual(read.filter((fresh, r) => fresh === read[r % 2]).length, 16);
  assert.notEqual(read[0], read[1]);
  for (let r = read[0] ? 1 : 0; r < 16; r += 2) assert.deepEqual(row(half, r), row(old, r));
  assert.deepEqual(model.frame(painted, live, { quick: true, halves: true })?.colours, wanted);
  assert.deepEqual(createModel(createPictures()).frame(painted, live, { quick: true, halves: true })?.colours, wanted);
});

test("the picture is made once, and again where its scale changes", () => {
  const { state, live } = page();
  const pictures = createPictures();
  const picture = pictures(state, live)?.picture;
  assert.equal(pictures({ ...state, fwhm: 2 }, live)?.picture, picture);
  assert.deepEqual(pictures({ ...state, sourceScale: 0.5 }, live)?.picture.size, [20, 30]);
});

test("bringing back is over a window what it is over the source, and published LZU keeps its holes", () => {
  const { state, live } = page();
  const frame = frameOf(state, live);
  const back = createUnzoom();
  const whole = new Float32Array(40 * 60 * 4), part = new Float32Array(10 * 20 * 4);
  assert.equal(coverageOf(back.image(frame, [40, 60], undefined, whole).valid), 1);
  back.image(frame, [10, 20], { x0: 5, y0: 7, x1: 24, y1: 16 }, part);
  for (let i = 0; i < 10; i++) {
    const from = 4 * ((7 + i) * 60 + 5);
    close(part.subarray(80 * i, 80 * i + 80), whole.subarray(from, from + 80), 2e-4, `row ${i}`);
  }
  const published = frameOf({ ...state, mode: "published", separable: true }, live);
  const lost = published.faulty ?? { row: false, column: false };
  assert.ok(published.faulty, "which lines are lost is known");
  const coverage = ((40 - Number(lost.row)) * (60 - Number(lost.column))) / (40 * 60);
  assert.equal(coverageOf(back.inverse(published, [40, 60]).valid), coverage);
});

test("frames of every sampler and saliency are finite, on pictures of one pixel too", () => {
  const { state, live } = page();
  const one = { ...live.image, data: Uint8ClampedArray.of(1, 2, 3, 255), width: 1, height: 1, displayWidth: 1,
    displayHeight: 1 };
  const model = createModel(createPictures()), back = createUnzoom();
  const choices = ["uniform", "uniform-area", "lz", "fovea", "lzu"].flatMap((sampler) =>
    ["fixed", "published"].flatMap((mode) =>
      ["paint", "edges", "boxes", "centre", "fixed", "file"].map((saliency) => ({ sampler, mode, saliency }))));
  for (const image of [live.image, one]) {
    for (const choice of choices) {
      const given = { ...state, ...choice, nodes: [2, 2], width: 8, paint: null };
      const frame = model.frame(given, { ...live, image });
      if (!frame) throw new Error("no frame");
      const { grid } = back.inverse(frame, [5, 9]);
      const jacobian = jacobianGrid(frame.warp, frame.zoomed, [image.height, image.width]);
      for (const numbers of [frame.grid, frame.colours, grid, jacobian]) {
        assert.ok(numbers.every(Number.isFinite), JSON.stringify(choice));
      }
    }
  }
});

test("taps weigh one, and the colour that is told is the colour that was read", () => {
  const { state, live } = page();
  for (const interpolation of ["nearest", "bilinear", "antialias"]) {
    const pictures = createPictures();
    const frame = frameOf({ ...state, interpolation }, live);
    const picture = pictures(state, live)?.picture;
    if (!picture) throw new Error("no picture");
    const hover = hoverZoomed(frame, 9, 4);
    const taps = tapList(frame, picture, hover.pixel, /** @type {any} */ (interpolation));
    const told = readoutOf(hover, frame, taps, live.image);
    close([taps.reduce((sum, tap) => sum + tap.weight, 0)], [1], 5e-3);
    const colour = taps.reduce((sum, { x, weight }) => sum + weight * x, 0);
    close([told.colour[0]], [colour], 0.75, interpolation);
    assert.equal(told.colour[2], 7);
    const at = hover.pixel[1] * frame.zoomed[1] + hover.pixel[0];
    close([told.det], [jacobianGrid(frame.warp, frame.zoomed, frame.source)[at]], 1e-9);
  }
});

test("the read-out is in true source pixels when a smaller level is read", () => {
  const { state, live } = page();
  const frame = frameOf(state, live);
  const hover = hoverZoomed(frame, 0, 0);
  const full = { width: 6001, height: 3901 };
  const told = readoutOf(hover, frame, [{ x: 59, y: 39, weight: 1 }], full);
  assert.deepEqual([told.taps[0].x, told.taps[0].y], [6000, 3900]);
  close(told.normalised.source, [frame.grid[0], frame.grid[1]], 1e-12);
});

test("the numbers: shares sum to one, a painted corner gets more than its area, the uniform warp is even", () => {
  const { state, live } = page();
  const frame = frameOf(state, live);
  const weights = { h: state.paint.h, w: state.paint.w, data: Float64Array.from(state.paint.data, (v) => v / 255) };
  const told = measure(frame, weights, false);
  close([told.histogram.shares.reduce((a, b) => a + b, 0)], [1], 1e-9);
  assert.ok((told.share ?? 0) > 1.5 * (told.area ?? 1));
  assert.equal(told.folds, 0);
  assert.equal(told.outside, 0);
  assert.match(told.sentence, /^Spends \d+ % of 384 samples on \d+ % of the image, top left; no folds; at most/);
  const uniform = frameOf(state, live, { uniform: true });
  close(measure(uniform, null, true).zoomRange ?? [], [1, 1], 1e-9);
});

test("the sentence speaks as Python does", () => {
  const facts = { samples: 7776, share: 0.164, area: 0.04, place: { key: "places",
    values: { places: [{ key: "place.centre" }, { key: "place.right" }] } }, folds: 0, tiles: 1500,
    most: 3.31 };
  assert.equal(sentence(facts),
    "Spends 16 % of 7,776 samples on 4 % of the image, centre and right; no folds; at most 3.3× zoom.");
  assert.equal(sentence({ samples: 9, folds: 2, tiles: 1500, most: Infinity, coverage: 0.4 }),
    "Spreads 9 samples over the whole image; 2 of 1,500 tiles fold; unbounded zoom; shows 40.0 % of the image.");
  assert.deepEqual([0, 0.0004, 0.004, 0.09, 0.998, 1].map(FORMATS.percent),
    ["0 %", "under 0.1 %", "0.4 %", "9 %", "over 99 %", "100 %"]);
});

test("places are named on a board of nine", () => {
  const at = (/** @type {number[]} */ values) => {
    const found = place({ h: 3, w: 3, data: values });
    return found && say(found);
  };
  assert.equal(at([0, 0, 0, 0, 1, 0, 0, 0, 0]), "centre");
  assert.equal(at([0, 0, 0, 0, 1, 0, 0, 0, 2]), "bottom right and centre");
  assert.equal(at([1, 1, 1, 0, 0, 0, 0, 0, 0]), "across the top");
  assert.equal(at([0, 1, 0, 0, 1, 0, 0, 1, 0]), "down the middle");
  assert.equal(at(new Array(9).fill(1)), "all over");
  assert.equal(at(new Array(9).fill(0)), null);
});

test("the density of the identity is 1x everywhere, and that of a crop is not", () => {
  const even = densityField(forwardGrid(identityWarp([2, 2]), [41, 81]), [41, 81], [11, 21]);
  assert.ok(Array.from(even.values).every((value) => value === 63.75));
  const crop = forwardGrid(identityWarp([2, 2]), [41, 81]).map((value) => value / 2);
  const field = densityField(crop, [41, 81], [11, 21]);
  assert.equal(field.values[0], 0);
  close([field.values[5 * 21 + 10]], [255], 1);
});

test("the magnification map is that of the warp, and 1x for the identity", () => {
  const even = magnificationField(identityWarp([4, 6]), [9, 13], invertLattice(identityWarp([4, 6]), [9, 13]));
  close([even.low, even.high], [1, 1], 1e-9);
  assert.ok(Array.from(even.values).every((value) => Math.abs(value - 127.5) < 1e-6));
  const size = fieldSize([60, 90]);
  const field = magnificationField(warp, size, invertLattice(warp, size));
  assert.ok(field.low > 0.3 && field.low < 1 && field.high > 1 && field.high < 3);
});

test("the grid's error is nothing at the nodes, and shrinks with more of them", () => {
  const { state, live } = page();
  const most = [[9, 13, 5], [17, 25, 10]].map(([h, w, fwhm]) => {
    const frame = frameOf({ ...state, nodes: [h, w], fwhm, width: 49 }, live);
    const map = gridError(frame, [h, w]);
    assert.deepEqual(map.size, [33, 49]);
    close([map.error[0], map.error[48], map.error[16 * 49 + 24]], [0, 0, 0], 1e-9);
    const seen = pulledBack([20, 30], invertLattice(frame.warp, [20, 30]), map);
    close([Math.max(...Array.from(seen.values))], [255], 60);
    return map.most;
  });
  assert.ok(most[0] > 0.01 && most[1] < 0.7 * most[0], most.join(" "));
});

test("ranges stretch to the whole table", () => {
  const field = rangeField([3, 5, 4], 1, 3);
  close(field.values, [0, 255, 127.5], 1e-4);
  assert.deepEqual([field.low, field.high], [3, 5]);
  close(rangeField([2, 2], 1, 2).values, [0, 0], 0);
});
