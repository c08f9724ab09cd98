// @ts-check
import assert from "node:assert/strict";
import test from "node:test";
import { arrange, arrangements, pair, pairs, shapeOf } from "../../lzviz/canvas/viewer/arrange.js";
import { divide } from "../../lzviz/canvas/shell/space.js";

/** Room of views and dock together in windows of usual sizes: without bars, rail and padding. */
const WINDOWS = /** @type {const} */ ([[1280, 800], [1440, 900], [1920, 1080], [2560, 1440]]);
const BARS = { width: 48 + 256 + 2 * 16, height: 48 + 40 + 22 };

/**
 * @typedef {{width: number, height: number}} Box
 * @typedef {import("../../lzviz/canvas/core/rooms.js").Filled} Filled
 * @typedef {{need: import("../../lzviz/canvas/core/rooms.js").Need, drawn: (room: {width: number, height: number}) =>
 *   Filled}} Room what may be drawn, and what is
 */

/** @type {Record<string, (aspect: number) => Room>} */
const ROOMS = {
  "source and two results": (aspect) => ({ need: (room) => arrangements(room, shapeOf(aspect), false),
    drawn: (room) => arrange(room, shapeOf(aspect), false) }),
  "source and four results": (aspect) => ({ need: (room) => arrangements(room, shapeOf(aspect), true),
    drawn: (room) => arrange(room, shapeOf(aspect), true) }),
  "a pair": (aspect) => ({ need: (room) => pairs(room, [aspect, 4 / 3]),
    drawn: (room) => pair(room, [aspect, 4 / 3]) }),
};

/** What is empty of the views' part, in percent. @param {Room} of @param {readonly [number, number]} window */
function emptyOf({ need, drawn }, [width, height]) {
  const room = { width: width - BARS.width, height: height - BARS.height };
  const { side, dock, empty } = divide(room, need);
  const views = side ? { width: room.width - dock, height: room.height }
    : { width: room.width, height: room.height - dock };
  const { extent } = drawn(views);
  assert.ok(extent.width <= views.width + 2 && extent.height <= views.height + 2, "the views fit beside the dock");
  const measured = 1 - (extent.width * extent.height) / (views.width * views.height);
  assert.ok(Math.abs(measured - empty) < 0.02, `${measured} is what was counted on, ${empty}`);
  return { measured: 100 * measured, best: bestOf(need, room) };
}

/** The least that any arrangement leaves empty. @param {Room["need"]} need @param {Box} room */
function bestOf(need, room) {
  const below = need({ width: room.width, height: room.height - 190 }).map(({ extent }) => extent.width / room.width);
  const wide = room.width - 320;
  const beside = wide < 680 ? [] : need({ width: wide, height: room.height }).map(({ extent }) =>
    (extent.height / room.height) * Math.min(1, extent.width / 680));
  return 100 * (1 - Math.max(...below, ...beside));
}

for (const [name, room] of Object.entries(ROOMS)) {
  for (const aspect of [2, 4 / 3]) {
    test(`at most 8 % is empty: ${name}, aspect ${aspect.toFixed(2)}`, (/** @type {any} */ t) => {
      const shares = WINDOWS.map((size) => emptyOf(room(aspect), size).measured);
      t.diagnostic(WINDOWS.map(([width], at) => `${width}: ${shares[at].toFixed(1)} %`).join(", "));
      for (const share of shares) assert.ok(share <= 8, `${share}`);
    });
  }
  for (const aspect of [3, 1, 0.7, 0.4, 0.25, 6]) {
    test(`nothing leaves less empty by two points: ${name}, aspect ${aspect}`, (/** @type {any} */ t) => {
      const shares = WINDOWS.map((size) => emptyOf(room(aspect), size));
      t.diagnostic(WINDOWS.map(([width], at) => `${width}: ${shares[at].measured.toFixed(1)} %`).join(", "));
      for (const { measured, best } of shares) assert.ok(measured <= Math.max(8, best + 2), `${measured} of ${best}`);
    });
  }
}
