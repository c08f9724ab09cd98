import assert from "node:assert/strict";
import test from "node:test";

import { emptyMap, latticeOf, openMap, paintSegment, segmentDistance } from "../../lzviz/canvas/viewer/brush.js";
import { ROOMS } from "../../lzviz/canvas/rooms/list.js";
import { createStrokes } from "../../lzviz/canvas/viewer/strokes.js";
import { createStore } from "../../lzviz/canvas/core/store.js";

const image = { width: 600, height: 300 };
const soft = { radius: 60, softness: 0.6, erase: false, signed: false };

test("the lattice has 128 cells on the long side, corner-aligned", () => {
  assert.deepEqual(latticeOf(image), { h: 64, w: 128 });
  assert.deepEqual(latticeOf({ width: 10, height: 5000 }), { h: 128, w: 2 });
});

test("a dab is full in its middle, falls to nothing at its radius, and is where it was put", () => {
  const map = emptyMap(image, false);
  paintSegment(map, image, [150, 75], [150, 75], soft);
  const value = (/** @type {number} */ x, /** @type {number} */ y) =>
    map.data[Math.round((y * 63) / 299) * 128 + Math.round((x * 127) / 599)];
  assert.equal(value(150, 75), 255);
  assert.equal(value(150, 75 + 66), 0);
  assert.ok(value(190, 75) > 20 && value(190, 75) < 235);
  assert.equal(value(75, 150), 0, "x before y");
});

test("a stroke is the same in any number of pointer events", () => {
  const once = emptyMap(image, false);
  const often = emptyMap(image, false);
  paintSegment(once, image, [40, 50], [540, 250], soft);
  for (let k = 0; k < 100; k++) {
    paintSegment(often, image, [40 + 5 * k, 50 + 2 * k], [45 + 5 * k, 52 + 2 * k], soft);
  }
  const off = once.data.map((value, k) => Math.abs(value - often.data[k]));
  assert.ok(Math.max(...off) <= 1);
});

test("painting twice changes nothing more, and erasing takes it away", () => {
  const map = emptyMap(image, false);
  assert.equal(paintSegment(map, image, [300, 150], [300, 150], soft), true);
  assert.equal(paintSegment(map, image, [300, 150], [300, 150], soft), false);
  paintSegment(map, image, [300, 150], [300, 150], { ...soft, radius: 90, softness: 0.1, erase: true });
  assert.ok(map.data.every((value) => value === 0));
});

test("edges are painted around 128: added above it, removed below", () => {
  const map = emptyMap(image, true);
  paintSegment(map, image, [100, 100], [100, 100], { ...soft, signed: true });
  paintSegment(map, image, [450, 200], [450, 200], { ...soft, signed: true, erase: true });
  assert.equal(Math.max(...map.data), 255);
  assert.equal(Math.min(...map.data), 0);
  assert.equal(map.data[0], 128);
});

test("the thinnest brush leaves no gap, whatever its place", () => {
  for (let x = 100; x < 105; x += 0.37) {
    const map = emptyMap({ width: 4000, height: 2000 }, false);
    const brush = { radius: 1, softness: 1, erase: false, signed: false };
    paintSegment(map, { width: 4000, height: 2000 }, [x, 500], [x + 900, 500], brush);
    assert.ok(map.data.some((value) => value > 0), `at ${x}`);
  }
});

test("a map of another picture is not painted on", () => {
  const other = { h: 9, w: 9, data: new Uint8Array(81).fill(7) };
  assert.ok(openMap(other, image, false).data.every((value) => value === 0));
});

test("the distance to a segment ends at its ends", () => {
  assert.equal(segmentDistance(0, 3, [0, 0], [10, 0]), 3);
  assert.equal(segmentDistance(13, 4, [0, 0], [10, 0]), 5);
  assert.equal(segmentDistance(3, 4, [0, 0], [0, 0]), 5);
});

/** A stage's stores with a picture. */
function stores() {
  const store = createStore(/** @type {any} */ ({ saliency: "paint", paint: null, edgePaint: null, brushSize: 0.2,
    brushSoftness: 0.5 }));
  const live = createStore(/** @type {any} */ ({ image: { ...image }, painting: false }));
  return { store, live, strokes: createStrokes(store, live, ROOMS.of({ room: "warp" }).paintKey) };
}

test("a stroke reaches the store once, at its end, and undo takes it back whole", () => {
  const { store, live, strokes } = stores();
  strokes.begin([100, 100], false);
  for (let x = 110; x < 200; x += 10) strokes.extend([x, 100]);
  assert.equal(store.get().paint, null);
  assert.equal(live.get().painting, true);
  assert.ok(strokes.shown(store.get()).paint?.data.some((value) => value > 0));
  strokes.end(true);
  const painted = store.get().paint;
  assert.ok(painted?.data.some((/** @type {number} */ value) => value > 0));
  assert.equal(live.get().painting, false);
  store.undo();
  assert.equal(store.get().paint, null);
  store.redo();
  assert.equal(store.get().paint, painted);
});

test("other changes during a stroke do not lose it", () => {
  const { store, strokes } = stores();
  strokes.begin([100, 100], false);
  store.set(/** @type {any} */ ({ strength: 200 }));
  strokes.extend([300, 150]);
  strokes.end(true);
  assert.ok(store.get().paint);
});

test("a stroke that was a pinch, or changed nothing, leaves no trace", () => {
  const { store, strokes } = stores();
  strokes.begin([100, 100], false);
  strokes.end(false);
  assert.equal(store.get().paint, null);
  strokes.begin([100, 100], true);
  strokes.end(true);
  assert.equal(store.canUndo(), false);
});

test("where nothing can be painted on there is no stroke", () => {
  const { store, strokes } = stores();
  store.set(/** @type {any} */ ({ saliency: "centre" }));
  assert.equal(strokes.begin([100, 100], false), false);
  assert.equal(strokes.active(), false);
});
