import assert from "node:assert/strict";
import { test } from "node:test";
import "./words.mjs";
import { levelColours, planeOf } from "../../lzviz/canvas/viewer/layers/own/quadtree.js";
import { boxOf, hoverAt } from "../../lzviz/canvas/rooms/cad/hover.js";
import { matchesOf, transformed } from "../../lzviz/canvas/rooms/cad/keypoints.js";
import { isActive } from "../../lzviz/canvas/rooms/cad/marks.js";
import { fits, forestOf, networkOf, viewOf } from "../../lzviz/canvas/rooms/cad/model.js";
import { difference, guarantee, sentence, weightsLabel } from "../../lzviz/canvas/rooms/cad/words.js";
import { operations } from "../../lzviz/canvas/kit/format.js";
import { ROOMS } from "../../lzviz/canvas/rooms/list.js";
import { newestOnly } from "../../lzviz/canvas/core/newest.js";

const grid = { h: 4, w: 6, stride: 8, depth: 1 };
const image = { h: 30, w: 48 };

/** A mask of one ring whose strength is its column. */
const mask = () => ({ image, grid, kind: /** @type {const} */ ("edges"), network: "resnet18", levels: null,
  strength: Float32Array.from({ length: 24 }, (_, k) => k % 6),
  macs: { fixed: 100, perRow: [0, 10], strided: 160, dilated: 340 } });

/** @param {object} patch @returns {any} */
const state = (patch = {}) => ({ room: "cad", cadMask: "edges", cadLevels: "8-16", cadThreshold: 2, cadPaint: null,
  cadView: "features", saliency: "paint", ...patch });

test("the threshold decides how many cells stay fine, and what that costs", () => {
  const forest = forestOf(mask(), state());
  assert.deepEqual(forest.rows, [16, 2]);
  assert.equal(forest.active, 18 / 24);
  assert.deepEqual(forest.macs, { strided: 160, adaptive: 280, dilated: 340 });
  assert.deepEqual(forestOf(mask(), state({ cadThreshold: 9 })).rows, [0, 6]);
  assert.deepEqual(forestOf(mask(), state({ cadMask: "inverse" })).rows, [8, 4]);
});

test("paint overrules the mask and is counted", () => {
  const paint = { h: 4, w: 6, data: new Uint8Array(24).fill(128) };
  assert.equal(forestOf(mask(), state({ cadPaint: paint })).forced, 0);
  const fine = forestOf(mask(), state({ cadPaint: { ...paint, data: paint.data.map(() => 255) } }));
  assert.deepEqual(fine.rows, [24, 0]);
  assert.equal(fine.forced, 8);
  const coarse = forestOf(mask(), state({ cadPaint: { ...paint, data: paint.data.map(() => 0) } }));
  assert.deepEqual(coarse.rows, [0, 6]);
});

test("edges and their inverse are one mask; other kinds and other strides are not", () => {
  assert.ok(fits(mask(), state({ cadMask: "inverse" })));
  assert.ok(!fits(mask(), state({ cadMask: "random" })));
  assert.ok(!fits(mask(), state({ cadLevels: "8-32" })));
  assert.ok(!fits(null, state()));
});

test("a hovered cell tells its block, cut off at the border, and nine taps", () => {
  const forest = forestOf(mask(), state());
  const hover = hoverAt(forest, 12, 29.5, false);
  assert.deepEqual(hover.cell, { y: 3, x: 1 });
  assert.deepEqual(hover.block, { y: 2, x: 0, level: 1 });
  assert.deepEqual(boxOf(hover.block, 8, image), [0, 16, 16, 30]);
  assert.equal(hover.taps.length, 9);
  assert.equal(hover.taps.filter(({ owner }) => !owner).length, 5);
  assert.ok(hover.taps.filter(({ owner }) => owner).every(isActive));
  assert.deepEqual(hoverAt(forest, -3, 400, false).cell, { y: 3, x: 0 });
});

test("a tap on an inactive cell is told from one on a row", () => {
  const forest = forestOf(mask(), state({ cadThreshold: 2 }));
  const { taps } = hoverAt(forest, 3 * 8 + 1, 1, false);
  const inactive = taps.filter((tap) => tap.owner && !isActive(tap));
  assert.deepEqual(inactive.map(({ y, x, owner }) => [y, x, owner?.y, owner?.x]), [[0, 1, 0, 0], [2, 1, 2, 0]]);
});

test("the newest call wins and none between is made", async () => {
  /** @type {(() => void)[]} */
  const ends = [];
  const line = newestOnly(() => new Promise((done) => void ends.push(() => done(undefined))));
  const all = [line.run(), line.run(), line.run()];
  assert.ok(line.waiting());
  ends[0]();
  await Promise.all(all.slice(1));
  await Promise.resolve();
  assert.equal(ends.length, 2);
  assert.ok(!line.waiting());
  ends[1]();
  await all[0];
});

test("cells lie on the picture whatever the size at which it is read", () => {
  const plane = planeOf({ scale: 0.5, x: 10, y: 20 }, { width: 960, height: 600 }, image, 8);
  assert.deepEqual(plane, { x: 10, y: 20, cell: 80, width: 480, height: 300 });
});

test("fine glows in amber, coarse takes the colour of the well", () => {
  const colours = levelColours({ saliency: "#ffb22e", well: "#0c0d0e" }, 2);
  assert.deepEqual(colours[0].slice(0, 3), [255, 178, 46]);
  assert.deepEqual(colours[2].slice(0, 3), [12, 13, 14]);
  assert.ok(colours[1][0] < colours[0][0] && colours[1][0] > colours[2][0]);
});

test("words: operations, differences, the guarantee, weights, the sentence", () => {
  assert.deepEqual([operations(13.523e9), operations(642e6), operations(900)], ["13.52 G", "642.0 M", "900"]);
  assert.deepEqual([difference(0), difference(3.4e-7), difference(0.734)], ["0", "3.4e-7", "0.73"]);
  assert.equal(weightsLabel({ key: "weights.random" }), "weights: random, seed 0");
  assert.equal(weightsLabel({ key: "weights.file", values: { file: "resnet18.pth" } }), "resnet18.pth");
  assert.match(sentence(forestOf(mask(), state())), /^Keeps 67 % of 24 cells at stride 8, .* 75 % .* 82 %/);
});

test("the guarantee is told of the reading that is shown", () => {
  const badge = { max: 0, exact: true, published: 0.75 };
  assert.deepEqual([guarantee(badge, "fixed").holds, guarantee(badge, "published").holds], [true, false]);
  assert.match(guarantee(badge, "fixed").number, /difference 0 \(exact\)/);
  assert.match(guarantee({ ...badge, max: 3e-6 }, "fixed").number, /3\.0e-6.*rounding/);
  assert.match(guarantee(badge, "published").short, /off by 0\.75/);
  assert.ok(!guarantee({ ...badge, exact: false, max: 0.1 }, "fixed").holds);
  const outside = guarantee({ ...badge, outside: ["group_norm in layer3.0.bn1"] }, "fixed");
  assert.ok(!outside.holds, "what happens to be equal is not guaranteed");
  assert.match(outside.words, /Outside the guarantee: group_norm in layer3/);
});

test("a homography takes points along", () => {
  assert.deepEqual(transformed([[2, 0, 1], [0, 2, -1], [0, 0, 2]], [3, 5]), [3.5, 4.5]);
});

test("matches of a curve: ends, where they should be, and whether they count as right", () => {
  const answer = /** @type {any} */ ({ points: [[0, 0], [4, 4]], warpedPoints: [[1, 1], [9, 4]], correct: 3,
    homography: [[1, 0, 1], [0, 1, 1], [0, 0, 1]], curves: [{ pairs: [] }, { pairs: [[0, 0, 0], [1, 1, 4.12]] }] });
  assert.deepEqual(matchesOf(answer, 1).map(({ right, truth }) => [right, truth]),
    [[true, [1, 1]], [false, [5, 5]]]);
  assert.deepEqual(matchesOf(answer, 7).length, 2);
  assert.deepEqual(matchesOf(answer, 0), []);
});

test("labels are shown of the trained network alone, whatever was chosen", () => {
  const view = (/** @type {any} */ patch) =>
    viewOf(state({ cadView: "segmentation", cadNetwork: "compact", ...patch }));
  assert.equal(view({}), "segmentation");
  assert.equal(view({ cadNetwork: "resnet18" }), "features");
  assert.equal(view({ cadNetwork: "resnet18", cadMask: "oracle" }), "segmentation");
  assert.equal(view({ cadLevels: "8-32" }), "features");
  assert.equal(view({ cadView: "keypoints", cadLevels: "8-32" }), "keypoints");
  assert.equal(networkOf(state({ cadLevels: "1-8", cadMask: "learned" })), "vgg16");
});

test("the brush forces cells where features are shown, and nothing else is drawn by hand", () => {
  assert.equal(ROOMS.of(state()).paintKey(state()), "cadPaint");
  assert.equal(ROOMS.of(state({ cadView: "keypoints" })).paintKey(state({ cadView: "keypoints" })), null);
  assert.equal(ROOMS.of(state({ room: "warp" })).paintKey(state({ room: "warp" })), "paint");
  assert.ok(!ROOMS.of(state({ saliency: "boxes" })).takesBoxes(state({ saliency: "boxes" })));
  const boxes = state({ saliency: "boxes", room: "warp" });
  assert.ok(ROOMS.of(boxes).takesBoxes(boxes));
});
