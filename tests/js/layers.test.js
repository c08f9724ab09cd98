// @ts-check
/** Layers: arrows of displacement, aliasing against the taps, holes. */
import assert from "node:assert/strict";
import test from "node:test";
import "./words.mjs";
import { identityWarp } from "../../lzviz/canvas/engine/coords.js";
import { createInverseWorkspace, invertLattice } from "../../lzviz/canvas/engine/inverse.js";
import { forwardGrid } from "../../lzviz/canvas/engine/warp.js";
import { aliasingLayer, spacing } from "../../lzviz/canvas/viewer/layers/aliasing.js";
import { displacements, longest } from "../../lzviz/canvas/viewer/layers/arrows.js";
import { holesLayer } from "../../lzviz/canvas/viewer/layers/holes.js";

/** @typedef {[number, number]} Size */
const SOURCE = /** @type {Size} */ ([41, 81]);
/** The identity, scaled about the middle. @param {number} share */
const scaled = (share) => {
  const { nodes, ...warp } = identityWarp([3, 4]);
  return { ...warp, nodes: nodes.map((value) => share * value) };
};
/** @param {ReturnType<typeof scaled>} warp @param {Size} zoomed */
const frameOf = (warp, zoomed) =>
  /** @type {any} */ ({ warp, zoomed, source: SOURCE, grid: forwardGrid(warp, zoomed) });

test("spacing is in taps: 40 px over 10 gaps are 4 px, twice what bilinear reads and four times a pixel", () => {
  const frame = frameOf(scaled(1), [11, 21]);
  for (const [interpolation, times] of /** @type {const} */ ([["bilinear", 2], ["nearest", 4], ["antialias", 0]])) {
    const { most, times: all } = spacing(frame, interpolation);
    assert.ok(Math.abs(most - times) < 1e-9, interpolation);
    assert.ok(all.every((value) => Math.abs(value - times) < 1e-9));
  }
});

test("aliasing shows beyond the taps alone", () => {
  const size = SOURCE;
  for (const [zoomed, shown] of /** @type {readonly [Size, boolean][]} */ ([[[11, 21], true], [[41, 81], false]])) {
    const frame = frameOf(scaled(1), zoomed);
    const inverse = invertLattice(frame.warp, size, createInverseWorkspace());
    const { field, range } = aliasingLayer(frame, "bilinear", size, inverse);
    assert.equal(Array.from(field.values).some((value) => value > 0), shown);
    assert.equal(range.includes("2"), shown);
  }
});

test("holes are what no zoomed pixel covers: half of each axis seen leaves three quarters", () => {
  const size = /** @type {Size} */ ([101, 101]);
  const share = (/** @type {number} */ of) => {
    const { field: { values } } = holesLayer(size, invertLattice(scaled(of), size, createInverseWorkspace()));
    return values.reduce((sum, value) => sum + value, 0) / 255 / values.length;
  };
  assert.equal(share(1), 0);
  assert.ok(Math.abs(share(0.5) - 0.75) < 0.02);
});

test("arrows lead from uniform places to the warp's", () => {
  const pairs = displacements(scaled(0.5), 440, 220);
  assert.equal(pairs.length, 4 * 10 * 5);
  for (let k = 0; k < pairs.length; k += 4) {
    assert.ok(Math.abs(pairs[k + 2] - 0.5 * pairs[k]) < 1e-12 && Math.abs(pairs[k + 3] - 0.5 * pairs[k + 1]) < 1e-12);
  }
  assert.match(longest(pairs, { width: 81, height: 41 }), /20/);
  assert.match(longest(displacements(scaled(1), 340, 170), { width: 81, height: 41 }), /0 px/);
});
