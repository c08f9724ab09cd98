// @ts-check
import assert from "node:assert/strict";
import { wantsFeatures } from "../../lzviz/canvas/rooms/pipeline/asking.js";
import { test } from "node:test";
import "./words.mjs";
import { ROOMS } from "../../lzviz/canvas/rooms/list.js";
import { placeAt } from "../../lzviz/canvas/rooms/pipeline/hover.js";
import { cornerAligned, covering } from "../../lzviz/canvas/viewer/cover.js";
import { modelPatch } from "../../lzviz/canvas/rooms/pipeline/menu.js";
import { classTable, coloured, errorsOf } from "../../lzviz/canvas/viewer/layers/own/labels.js";
import { fromPatch } from "../../lzviz/canvas/rooms/pipeline/rail.js";
import { at, blockAt, decodeRoom, offers, planeOf, shownOf } from "../../lzviz/canvas/rooms/pipeline/answer.js";
import { isOther, roomKeys } from "../../lzviz/canvas/rooms/pipeline/asking.js";
import { mapRaster } from "../../lzviz/canvas/rooms/pipeline/training.js";
import {
  checkpointOf, fits, menuItems, shortTitle, snapshotAt, summary, validation, waterfall,
} from "../../lzviz/canvas/rooms/pipeline/words.js";
import { matching } from "../../lzviz/canvas/kit/menu.js";
import { pair } from "../../lzviz/canvas/viewer/arrange.js";

/** @param {readonly number[]} values */
const floats = (values) => Buffer.from(new Float32Array(values).buffer).toString("base64");

/** A picture of 8 x 4 pixels. @type {any} */
const picture = { id: "p", width: 8, height: 4, displayWidth: 8, displayHeight: 4, scale: 1, data: null };
const extent = { width: 8, height: 4 };

/** Stands in for the decoder of PNGs: the text is "WxH:" and one value a pixel. @param {string} text */
async function decode(text) {
  const [size, values] = text.split(":");
  const [width, height] = size.split("x").map(Number);
  const grey = values.split(",").map(Number);
  return { width, height, data: new Uint8ClampedArray(grey.flatMap((value) => [value, value, value, 255])) };
}

/** Python's answer for 4 x 2 samples, without deformation; the left half is road, one pixel of it wrong. */
const answer = () => ({
  picture: { w: 8, h: 4 }, working: { w: 4, h: 2 }, zoomed: { w: 4, h: 2 }, image: "4x2:1,2,3,4,5,6,7,8",
  mesh: { h: 2, w: 2, nodes: floats([-1, -1, 1, -1, -1, 1, 1, 1]) },
  levels: null, saliency: { h: 1, w: 2, data: floats([0.5, 1]), low: 0.5, high: 1, title: "Deformation map" },
  target: null, wantedMesh: null, own: null, weights: null, correction: null,
  classes: [{ name: "road", colour: "#804080", share: 0.5 }, { name: "sky", colour: "#4682b4", share: 0.5 }],
  labels: "4x2:0,0,1,1,0,1,1,1", confidence: "2x1:255,51", prediction: "4x2:0,0,1,1,0,0,1,1",
  truth: { source: "scene", labels: "4x2:0,0,1,1,0,0,1,255", error: "4x2:0,0,0,0,0,1,0,255",
    zoomed: "4x2:0,0,1,1,0,0,1,1", miou: 0.8, perClass: [] },
});

/** @param {object} [patch] */
const room = async (patch = {}) =>
  /** @type {import("../../lzviz/canvas/rooms/pipeline/answer.js").Room} */ (
    await decodeRoom({ ...answer(), ...patch }, picture, null, decode));

test("an answer is decoded whole: planes, samples in normalised places, maps", async () => {
  const { labels, truth, grid, zoomed, saliency, stale } = await room();
  assert.deepEqual([...(labels?.data ?? [])], [0, 0, 1, 1, 0, 1, 1, 1]);
  assert.deepEqual([...(truth?.error.data ?? [])], [0, 0, 0, 0, 0, 1, 0, 255]);
  assert.deepEqual([...(grid ?? [])].slice(0, 2), [-1, -1]);
  assert.deepEqual([...(grid ?? [])].slice(-2), [1, 1]);
  assert.equal(grid?.length, 16);
  assert.deepEqual(zoomed, [2, 4]);
  assert.deepEqual([...(saliency?.values ?? [])], [0.5, 1]);
  assert.equal(stale, false);
});

test("samples without the network move at once; what the network said stays and is known to be older", async () => {
  const before = await room();
  const { picture: size, working, zoomed, mesh, saliency } = answer();
  const samples = { picture: size, working, zoomed, mesh, saliency, image: answer().image };
  const moved = await decodeRoom({ ...samples, image: "4x2:9,9,9,9,9,9,9,9" }, picture, before, decode);
  assert.equal(moved?.stale, true);
  assert.equal(moved?.labels, before.labels);
  assert.equal(moved?.image?.data[0], 9);
  assert.equal(await decodeRoom(samples, picture, null, decode), null);
});

test("the views offer what this pipeline has, and fall back where it lacks what was chosen", async () => {
  const lds = offers(await room(), true);
  assert.deepEqual(Object.keys(lds.right).filter((key) => (/** @type {any} */ (lds.right))[key]),
    ["image", "labels", "truth", "features", "training"]);
  const cad = offers(await room({ image: null, mesh: null, prediction: null }), false);
  assert.equal(cad.right.image, false);
  assert.equal(shownOf(cad.right, "image", () => false), "features");
  assert.equal(shownOf(lds.right, "weights", () => false), "labels");
  assert.equal(shownOf(lds.left, "error", (value) => value === "error"), "labels");
});

test("a place in one view is the same place in the other, with its classes", async () => {
  const shown = await room();
  const there = placeAt(shown, extent, "source", 7, 3);
  assert.deepEqual([there?.pixel, there?.label, there?.truth, there?.predicted], [[3, 1], 1, 255, 1]);
  assert.equal(there?.confidence, 0.2);
  const back = placeAt(shown, extent, "zoomed", 3, 1);
  assert.deepEqual(back?.source, [7, 3]);
  assert.deepEqual(back?.quad, there?.quad);
  assert.equal(placeAt(shown, extent, "source", 8, 1), null);
});

test("where nothing is zoomed the block of the quadtree is the place", async () => {
  const levels = { h: 1, w: 2, stride: 2, data: Uint8Array.from([1, 1]) };
  const shown = await room({ image: null, mesh: null, prediction: null });
  const place = placeAt({ ...shown, levels }, extent, "source", 5, 1);
  const whole = [[-0.5, -0.5], [7.5, -0.5], [7.5, 3.5], [-0.5, 3.5]];
  assert.deepEqual([place?.level, place?.pixel, place?.quad], [1, null, whole]);
  const fine = { ...levels, data: Uint8Array.from([0, 0]) };
  assert.deepEqual(blockAt(fine, shown.working, 5, 1, extent).edges, [4, 0, 8, 4]);
});

test("features are asked for where they are shown, chosen or for want of anything else", async () => {
  const state = /** @type {any} */ ({ learnedLeft: "labels", learnedRight: "image" });
  const zooming = await room();
  const cad = await room({ image: null, mesh: null, prediction: null });
  assert.equal(wantsFeatures(zooming, state), false);
  assert.equal(wantsFeatures(zooming, { ...state, learnedRight: "features" }), true);
  assert.equal(wantsFeatures(cad, state), true);
  assert.equal(wantsFeatures(null, { ...state, learnedLeft: "features" }), true);
});

test("a class that stands out keeps its colour, the others fade, no label has none", () => {
  const classes = answer().classes;
  const table = classTable(classes, 1);
  assert.equal(table[1], (255 << 24 | 0xb4 << 16 | 0x82 << 8 | 0x46) >>> 0);
  assert.ok(table[0] >>> 24 < 64);
  assert.equal(table[255], 0);
  const raster = coloured({ width: 2, height: 1, data: Uint8Array.from([1, 255]) }, classTable(classes, null));
  assert.deepEqual([...raster.data], [0x46, 0x82, 0xb4, 255, 0, 0, 0, 0]);
});

test("errors of one class are where it is, or was said to be", async () => {
  const { labels: read, truth: known } = await room();
  const labels = /** @type {import("../../lzviz/canvas/rooms/pipeline/answer.js").Plane} */ (read);
  const truth = /** @type {import("../../lzviz/canvas/rooms/pipeline/answer.js").Truth} */ (known);
  assert.equal(errorsOf(truth.error, labels, truth.labels, null), truth.error);
  assert.equal(errorsOf(truth.error, labels, truth.labels, 0).data[5], 1);
  assert.equal(errorsOf(truth.error, labels, truth.labels, 1).data[5], 1);
  assert.equal(errorsOf(truth.error, labels, truth.labels, 2).data[5], 0);
});

test("planes cover the picture edge to edge; features lie corner to corner", () => {
  const plane = planeOf({ width: 2, height: 1, data: Uint8ClampedArray.from([7, 7, 7, 255, 9, 9, 9, 255]) });
  assert.deepEqual([at(plane, 3.4, 0, extent), at(plane, 3.6, 0, extent), at(plane, 99, 9, extent)], [7, 9, 9]);
  const p = { scale: 10, x: 5, y: 0 };
  assert.deepEqual(covering(p, extent), { x: 5, y: 0, width: 80, height: 40 });
  const raster = { width: 2, height: 2, data: new Uint8ClampedArray(16) };
  assert.deepEqual(cornerAligned(p, extent, raster), { x: -25, y: -10, width: 140, height: 60 });
});

/** @param {object} patch @returns {any} */
const checkpoint = (patch) => ({ name: "x", title: "X", system: "x", systemTitle: "X", trained: true,
  task: "segmentation", size: [96, 128],
  data: "camvid", metrics: {}, adjusts: [], lambda: false, snapshots: false, ...patch });

test("the menu starts with none and groups what can be compared, trained checkpoints first", () => {
  const items = menuItems([
    checkpoint({ name: "u", title: "LZ (untrained)", trained: false }),
    checkpoint({ name: "a", title: "LDS, joint", metrics: { train: {}, val: { miou: 0.5812 } } }),
    checkpoint({ name: "b", title: "uniform, CamVid 48 × 64", size: [48, 64] }),
  ]);
  assert.deepEqual(items.map(({ value }) => value), ["", "a", "b", "u"]);
  assert.deepEqual(items.slice(1).map((item) => "group" in item && item.group),
    ["Segmentation · CamVid", "Segmentation · CamVid", "Untrained: random weights"]);
  assert.deepEqual(items.slice(1).map(({ note }) => note), ["96 × 128 · mIoU 58.1", "48 × 64", "96 × 128"]);
  assert.equal(items[2].title, "Uniform");
  assert.equal(shortTitle(checkpoint({ title: "LZ (untrained)" })), "LZ");
  assert.deepEqual(validation(null), { split: "", metrics: null });
});

/** @type {any} */
const gallery = { catalogue: { checkpointDefault: "lds", pictures: [
  { id: "street", dataset: "street scenes", checkpoint: "scenes" }, { id: "cat", dataset: "", checkpoint: "lds" }],
  checkpoints: [checkpoint({ name: "lds" }), checkpoint({ name: "scenes", data: "street scenes" })] } };

test("a picture opens with the checkpoint that learned from its kind; the others say that they did not", () => {
  const [lds, scenes] = gallery.catalogue.checkpoints;
  const opens = (/** @type {string} */ image) =>
    checkpointOf(gallery, /** @type {any} */ ({ checkpoint: "auto", image }));
  assert.deepEqual(["street", "cat", "own"].map((image) => opens(image)?.name), ["scenes", "lds", "lds"]);
  assert.equal(checkpointOf(gallery, /** @type {any} */ ({ checkpoint: "lds", image: "street" })), lds);
  assert.deepEqual([scenes, lds].map((each) => fits(gallery, { image: "street" }, each)), [true, false]);
  assert.deepEqual([fits(gallery, { image: "cat" }, scenes), fits(gallery, { image: "own" }, scenes)], [false, null]);
  const items = menuItems([lds, scenes], (each) => fits(gallery, { image: "street" }, each));
  assert.deepEqual(items.map(({ value }) => value), ["", "scenes", "lds"]);
  assert.match(/** @type {any} */ (items[2]).group, /CamVid · trained on other pictures/);
  assert.match(summary(lds, false), /^CamVid · 96 × 128 · trained on other pictures/);
  assert.doesNotMatch(summary(checkpoint({ macs: 5e8, parameters: 7 })), /multiply/);
});

test("the answer of one model is not taken for that of another", () => {
  assert.equal(isOther({ checkpoint: "lds" }, "es"), true);
  assert.equal(isOther({ checkpoint: "lds" }, "lds"), false);
  assert.equal(isOther({}, "lds"), false);
});

test("the field of the menu leaves what has all its words, with or without the sign of multiplication", () => {
  const items = menuItems([checkpoint({ name: "a", title: "LDS" }),
    checkpoint({ name: "b", title: "LZ", size: [48, 64] })]);
  assert.deepEqual(matching(items, ""), [0, 1, 2]);
  assert.deepEqual(matching(items, "camvid lz"), [2]);
  assert.deepEqual(matching(items, "96x128"), [1]);
  assert.deepEqual(matching(items, "nothing such"), []);
});

test("stages fall one after the other and fill the whole", () => {
  const rows = waterfall([{ name: "look", ms: 1, macs: 0 }, { name: "network", ms: 3, macs: 5 }]);
  assert.deepEqual(rows.map(({ title, start, length }) => [title, start, length]),
    [["Look", 0, 0.25], ["Network", 0.25, 0.75]]);
});

test("a step of the training means the nearest snapshot; -1 the last", () => {
  const steps = [0, 100, 300];
  assert.deepEqual([-1, 0, 40, 60, 250, 999].map((step) => snapshotAt(steps, step)), [2, 0, 0, 1, 2, 2]);
});

test("moments of a training share one scale", () => {
  const table = Uint32Array.from({ length: 256 }, (_, k) => k);
  const { width, data } = mapRaster(Float32Array.from([0, 1]), 1, 2, 0, 2, table);
  assert.deepEqual([width, data[0], data[4 * (width - 1)]], [8, 0, 128]);
});

/** @param {object} [patch] @returns {any} */
const state = (patch = {}) => ({ room: "pipeline", checkpoint: "x", learnedFrom: "network", tool: "pick",
  saliency: "boxes", cadView: "features", ...patch });

test("another model keeps what it can be told; none brings the sampler of before back", () => {
  const told = state({ learnedFrom: "paint" });
  assert.equal(modelPatch(told, checkpoint({ name: "es", adjusts: ["paint"] }), "warp").learnedFrom, "paint");
  assert.equal(modelPatch(told, checkpoint({ name: "resizer" }), "warp").learnedFrom, "network");
  assert.deepEqual(modelPatch(told, null, "cad"), { room: "cad" });
});

test("perfect knowledge by hand takes the brush, on the map that belongs to it; boxes are not for it", () => {
  const pipeline = ROOMS.of(state());
  assert.equal(pipeline.paintKey(state()), null);
  assert.equal(pipeline.paintKey(state({ learnedFrom: "paint" })), "paint");
  assert.equal(pipeline.paintKey(state({ learnedFrom: "edges" })), "edgePaint");
  assert.equal(pipeline.takesBoxes(state()), false);
  assert.match(pipeline.toolReason("box", state()) ?? "", /paint/);
  assert.deepEqual(fromPatch(state(), "edges"), { learnedFrom: "edges", tool: "paint", learnedLeft: "saliency" });
  assert.deepEqual(fromPatch(state(), "truth"), { learnedFrom: "truth" });
});

test("only what the pipeline reads asks again", () => {
  assert.ok(!roomKeys(state()).includes("learnedLambda"));
  assert.ok(roomKeys(state({ learnedFrom: "truth" })).includes("learnedLambda"));
  assert.ok(roomKeys(state({ learnedFrom: "paint" })).includes("paint"));
  assert.ok(!roomKeys(state({ learnedFrom: "paint" })).includes("edgePaint"));
});

test("two frames of one height fill the width", () => {
  const { narrow, frames: [left, right] } = pair({ width: 936, height: 460 }, [2, 4 / 3]);
  assert.equal(narrow, false);
  assert.equal(left.height, right.height);
  assert.equal(left.width + right.width + 16, 936);
  assert.ok(Math.abs(right.width / right.height - 4 / 3) < 0.01);
  const low = pair({ width: 936, height: 260 }, [1, 1]).frames;
  assert.deepEqual([low[0].height, low[1].width], [200, 200]);
  assert.ok(pair({ width: 390, height: 0 }, [2, 1], 844).narrow);
});
