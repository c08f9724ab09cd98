// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore, same } from "../../lzviz/canvas/core/store.js";

const start = () => createStore({ a: 1, b: [1, 2], tool: "paint" }, { untracked: ["tool"] });

test("setting tells listeners synchronously, once, what changed", () => {
  const store = start();
  /** @type {string[][]} */
  const told = [];
  const stop = store.subscribe((state, changed) => told.push([...changed, String(state.a)]));
  store.set({ a: 2, b: [1, 2] });
  store.set({ a: 2 });
  stop();
  store.set({ a: 3 });
  assert.deepEqual(told, [["a", "2"]]);
});

test("states are never changed in place", () => {
  const store = start();
  const before = store.get();
  store.set({ a: 5 });
  assert.equal(before.a, 1);
  assert.throws(() => { /** @type {any} */ (store.get()).a = 7; }, TypeError);
});

test("a slider on its way is one step, closed when it is let go", () => {
  const store = start();
  for (const a of [2, 3, 4]) store.set({ a });
  store.set({ a: 5 }, { history: true });
  store.undo();
  assert.equal(store.get().a, 1);
  store.redo();
  assert.equal(store.get().a, 5);
});

test("the close of a slider makes a step even when its last value was set before", () => {
  const store = start();
  store.set({ a: 2 });
  store.set({ a: 2 }, { history: true });
  store.set({ a: 3 }, { history: true });
  store.undo();
  assert.equal(store.get().a, 2);
});

test("undo leaves what is untracked alone and makes no step of it", () => {
  const store = start();
  store.set({ a: 2 }, { history: true });
  store.set({ tool: "erase" }, { history: true });
  assert.equal(store.canUndo(), true);
  store.undo();
  assert.deepEqual([store.get().a, store.get().tool], [1, "erase"]);
  assert.equal(store.canUndo(), false);
});

test("undo of an unsettled change goes back to the settled state, and redo returns", () => {
  const store = start();
  store.set({ a: 2 }, { history: true });
  store.set({ a: 9 });
  store.undo();
  assert.equal(store.get().a, 2);
  store.redo();
  assert.equal(store.get().a, 9);
});

test("a new step forgets what was undone", () => {
  const store = start();
  store.set({ a: 2 }, { history: true });
  store.undo();
  store.set({ a: 3 }, { history: true });
  assert.equal(store.canRedo(), false);
  store.undo();
  assert.equal(store.get().a, 1);
});

test("any walk of undo and redo visits the same states", () => {
  const store = start();
  for (let a = 2; a < 40; a++) store.set({ a }, { history: true });
  let at = 39;
  let seed = 11;
  for (let turn = 0; turn < 300; turn++) {
    seed = (seed * 16807) % 2147483647;
    if (seed % 2) { if (store.canUndo()) at--; store.undo(); }
    else { if (store.canRedo()) at++; store.redo(); }
    assert.equal(store.get().a, at);
  }
});

test("listeners may set again; the later ones see the newest state", () => {
  const store = start();
  store.subscribe((state) => state.a === 2 && store.set({ a: 3 }));
  /** @type {number[]} */
  const seen = [];
  store.subscribe((state) => seen.push(state.a));
  store.set({ a: 2 });
  assert.equal(store.get().a, 3);
  assert.deepEqual(seen, [3, 3]);
});

test("plain data are equal by content, typed arrays by identity", () => {
  assert.ok(same({ a: [1, { b: null }] }, { a: [1, { b: null }] }));
  assert.ok(!same([1, 2], { 0: 1, 1: 2 }));
  assert.ok(!same({ a: 1 }, { a: 1, b: undefined }));
  assert.ok(!same({ a: undefined }, { b: undefined }));
  assert.ok(!same(new Uint8Array(2), new Uint8Array(2)));
});
