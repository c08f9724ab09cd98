// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import "./words.mjs";
import { costAxis, nearest, percentAxis, shortCost } from "../../lzviz/canvas/rooms/models/axes.js";

/** @param {ReturnType<typeof costAxis>} axis @param {number} apart */
function ordered(axis, apart) {
  const places = axis.ticks.map(({ at }) => at);
  assert.ok(places.length >= 1 && places.every((at) => at >= 0 && at <= 1), JSON.stringify(places));
  for (let k = 1; k < places.length; k++) assert.ok(places[k] - places[k - 1] > apart, JSON.stringify(places));
}

test("marks of the logarithmic axis are round numbers that keep apart", () => {
  for (const costs of [[276e6], [276e6, 559e6], [500e6, 2350e6], [17e6, 400e9], [1, 2e12]]) {
    const axis = costAxis(costs);
    ordered(axis, 0.05);
    assert.ok(axis.ticks.length <= 13);
    for (const cost of costs) assert.ok(axis.place(cost) > 0 && axis.place(cost) < 1);
  }
});

test("percents: one, many, at the ends of their range, none", () => {
  for (const values of [[50], [50, 50.4], [3, 97], [0, 100], [99.9, 100], []]) {
    const axis = percentAxis(values);
    ordered(axis, 0.05);
    assert.ok(axis.ticks.length >= 2 && axis.ticks.length <= 9, `${values}: ${axis.ticks.length}`);
    for (const value of values) assert.ok(axis.place(value) >= 0 && axis.place(value) <= 1);
    assert.equal(new Set(axis.ticks.map(({ text }) => text)).size, axis.ticks.length);
  }
});

test("costs are short", () => {
  assert.deepEqual([163e6, 1.5349e9, 2e12, 4096, 7].map(shortCost), ["163 M", "1.53 G", "2 T", "4.1 k", "7"]);
});

test("the nearest mark, within reach", () => {
  const places = [{ x: 0, y: 0 }, { x: 10, y: 0 }];
  assert.equal(nearest(places, 8, 3, 24), places[1]);
  assert.equal(nearest(places, 80, 3, 24), undefined);
  assert.equal(nearest([], 0, 0, 24), undefined);
});
