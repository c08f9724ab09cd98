// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import "./words.mjs";

import { foldTiles } from "../../lzviz/canvas/engine/warp.js";
import { judged, valueOf } from "../../lzviz/canvas/rooms/learn/expression.js";
import { bent } from "../../lzviz/canvas/rooms/learn/figures/bend.js";
import { readings } from "../../lzviz/canvas/rooms/learn/figures/pixels.js";
import { paired } from "../../lzviz/canvas/rooms/learn/figures/seeds.js";
import { pulled, pulledPlane } from "../../lzviz/canvas/rooms/learn/figures/springs.js";
import { hiding } from "../../lzviz/canvas/shell/teaching.js";

test("an expression is computed with the precedence of school, and what is not known is no number", () => {
  const numbers = { a: 3, share: 0.25 };
  assert.equal(valueOf("1 + 2 * a ^ 2 - -4 / 2", numbers), 21);
  assert.equal(valueOf("-(a - 1)^2", numbers), -4);
  assert.equal(valueOf("max(abs(-a), sqrt(16), 2)", numbers), 4);
  assert.equal(valueOf("100 * share", numbers), 25);
  assert.ok(Number.isNaN(valueOf("a * nobody", numbers)));
  for (const wrong of ["1 +", "(1", "1 2", "a $ 2", "sqrt 4", "constructor.constructor(1)"]) {
    assert.throws(() => valueOf(wrong, numbers), wrong);
  }
});

test("a claim holds within its tolerance and not beyond it", () => {
  const claim = { state: "start", name: "x", left: "a", is: "=", right: "3", tolerance: 0.5 };
  assert.ok(judged(claim, { a: 3.5 }).holds);
  assert.ok(!judged(claim, { a: 3.51 }).holds);
  assert.ok(!judged(claim, {}).holds);
  assert.ok(judged({ ...claim, is: "<=", right: "a" }, { a: 1 }).holds);
});

test("springs of an even line leave a node at home, and J is the slope of where they leave it", () => {
  const even = new Float64Array(51).fill(1);
  const home = pulled(even, 25, 10, 30, "reflect");
  assert.ok(Math.abs(home.rest - 25) < 1e-9);
  const line = Float64Array.from({ length: 51 }, (_, q) => 1 + 9 * Math.exp(-(((q - 28) / 4) ** 2)));
  const at = (/** @type {number} */ p) => pulled(line, p, 10, 30, "reflect");
  const sigma = 10 / Math.sqrt(8 * Math.LN2);
  const slope = (at(20.001).rest - at(19.999).rest) / 0.002;
  assert.ok(Math.abs(at(20).variance / sigma ** 2 - slope) < 1e-4);
  const plane = pulledPlane(new Float64Array(31 * 51).fill(1), [31, 51], [20, 15], 10, 30, "reflect");
  assert.ok(Math.abs(plane.rest.x - 20) < 1e-9 && Math.abs(plane.covariance[1]) < 1e-9);
});

test("the bent warp folds from a slope of zero on", () => {
  assert.ok(!foldTiles(bent(0.99)).some(Boolean));
  assert.ok(foldTiles(bent(1.05)).some(Boolean));
});

test("a grid from corner to corner that is read as centres: half a pixel off at a border, right in the middle", () => {
  const off = readings(1).map(({ home, at }) => at.x - home.x);
  assert.deepEqual([off[0], off[3]], [-0.5, 0.5]);
  assert.ok(Math.abs(off[1] + off[2]) < 1e-12);
  assert.deepEqual(readings(2)[1].at, { x: 0, y: 1 });
});

test("seeds are paired in their order, and every pair is counted", () => {
  const { mean, wins, pairs, spread, first } = paired([50, 48, 49], [49, 49, 47]);
  assert.deepEqual([wins, pairs, spread, first], [5, 9, 2, 1]);
  assert.ok(Math.abs(mean - 2 / 3) < 1e-12);
});

test("what a link leaves out is named by words alone", () => {
  const style = hiding(["compare", "fwhm", "export", "} body { display: none } .x{"]);
  for (const part of ['[data-tab="compare"]', '[data-control="fwhm"]', ".lz-export"]) assert.ok(style.includes(part));
  assert.ok(!style.includes("body"));
  assert.ok(style.includes('[data-tab="compare"]:not([aria-selected="true"])'), "an open room keeps its tab");
  assert.equal(hiding(["<b>"]), "");
});
