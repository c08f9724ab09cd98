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

for (const aspect of [2, 1.48, 1, 0.5, 0.25, 4, 8]) {
  for (const compared of [false, true]) {
    test(`of all arrangements the largest that fits: aspect ${aspect}, compared ${compared}`, () => {
      const [room, results] = [{ width: 1096, height: 520 }, compared ? 4 : 2];
      const { source, result, extent, narrow, columns, above } = arrange(room, aspect, compared);
      assert.equal(narrow, false);
      assert.ok(extent.width <= room.width + 2 && extent.height <= room.height + 2, JSON.stringify(extent));
      // One dimension is used up: nothing could be larger.
      assert.ok(room.width - extent.width < 14 || room.height - extent.height < 14, JSON.stringify(extent));
      for (const { width, height } of [source, result]) {
        assert.ok(Math.abs(width / aspect - height) <= 1 || height === 40, `${width} x ${height}`);
      }
      const rows = results / columns;
      const below = rows * (result.height + 28) + (rows - 1) * 12;
      const beside = Math.max(source.height + 28, below);
      assert.equal(extent.height, above ? source.height + 28 + 12 + below : beside);
    });
  }
}

test("a shape is chosen by what it shows: wide pictures over each other, tall ones in a row", () => {
  const room = { width: 1400, height: 900 };
  assert.equal(arrange(room, 6, false).above, true);
  assert.equal(arrange(room, 6, false).columns, 1);
  assert.deepEqual([arrange(room, 0.5, false).above, arrange(room, 0.5, false).columns], [false, 2]);
  assert.deepEqual([arrange(room, 1.5, false).above, arrange(room, 1.5, false).columns], [false, 1]);
});

test("on a phone the source is as wide as the page and the results share a row", () => {
  const { narrow, source, result } = arrange({ width: 390, height: 0 }, 1.5, false, 844);
  assert.equal(narrow, true);
  assert.deepEqual([source.width, source.height], [390, 260]);
  assert.ok(2 * result.width < 390);
});
