import assert from "node:assert/strict";
import test from "node:test";

import { arrange } from "../../lzviz/canvas/viewer/arrange.js";
import {
  FIT, fitScale, LARGEST_PIXEL, pan, project, restrain, toFrame, toImage, visibleEdges, zoomAt,
} from "../../lzviz/canvas/viewer/camera.js";
import { close } from "./engine.helpers.js";

const frame = { width: 600, height: 400 };
const image = { width: 2048, height: 512 };

test("fit shows the whole image, centred", () => {
  const p = project(FIT, frame, image);
  close(toFrame(p, -0.5, -0.5), [0, 125], 1e-9);
  close(toFrame(p, 2047.5, 511.5), [600, 275], 1e-9);
});

test("frame and image positions undo each other", () => {
  const p = project({ u: 0.3, v: 0.6, zoom: 7 }, frame, image);
  close(toImage(p, ...toFrame(p, 3, 1)), [3, 1], 1e-9);
});

test("a frame of the image's aspect up to a rounded pixel is filled, not letterboxed", () => {
  assert.equal(fitScale({ width: 301, height: 150 }, { width: 200, height: 100 }), 301 / 200);
  assert.equal(fitScale({ width: 320, height: 150 }, { width: 200, height: 100 }), 1.5);
});

test("zooming keeps the point under the pointer, and two frames with one camera show the same part", () => {
  const at = /** @type {const} */ ([140, 170]);
  const before = toImage(project(FIT, frame, image), ...at);
  const camera = zoomAt(FIT, frame, image, 20, ...at);
  close(toImage(project(camera, frame, image), ...at), before, 1e-6);
  const half = { width: 300, height: 200 };
  close(toImage(project(camera, half, image), 70, 85), before, 1e-6);
});

test("the camera stays between fit and the largest pixel, and inside the image", () => {
  const far = zoomAt(FIT, frame, image, 1e6, 599, 399);
  assert.equal(Math.round(project(far, frame, image).scale), LARGEST_PIXEL);
  const seen = visibleEdges(project(pan(far, frame, image, -1e9, -1e9), frame, image), frame, image);
  close([seen.x1, seen.y1], [2048, 512], 1e-6);
  assert.deepEqual(zoomAt(far, frame, image, 1e-9, 3, 3), FIT);
});

test("a frame of no size is harmless", () => {
  assert.deepEqual(restrain({ u: 0.2, v: 0.2, zoom: 9 }, { width: 0, height: 0 }, image), FIT);
});

for (const aspect of [2, 1.48, 1, 0.5, 8]) {
  for (const beside of [false, true]) {
    test(`source and results fill the room, bottoms aligned: aspect ${aspect}, beside ${beside}`, () => {
      const { source, result, columns, narrow } = arrange({ width: 1096, height: 520 }, aspect, beside);
      assert.equal(narrow, false);
      assert.equal(columns, beside ? 2 : 1);
      assert.equal(source.height, 2 * result.height + 28 + 16);
      assert.ok(source.height + 28 <= 520);
      const used = source.width + columns * (result.width + 20);
      assert.ok(used <= 1096 && used > 1096 - 13, `${used} of 1096`);
      assert.ok(source.width > result.width);
    });
  }
}

test("on a phone the source is as wide as the page and the results share a row", () => {
  const { narrow, source, result } = arrange({ width: 390, height: 0 }, 1.5, false, 844);
  assert.equal(narrow, true);
  assert.deepEqual([source.width, source.height], [390, 260]);
  assert.ok(2 * result.width < 390);
});
