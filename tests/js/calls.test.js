// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import "./words.mjs";

import { createAgain } from "../../lzviz/canvas/core/again.js";
import { createCalls } from "../../lzviz/canvas/core/calls.js";
import { ServerError } from "../../lzviz/canvas/core/errors.js";
import { emptyLive } from "../../lzviz/canvas/core/context.js";
import { createStore } from "../../lzviz/canvas/core/store.js";

/** Questions of a room, and what is told. */
function asking() {
  const store = createStore(/** @type {any} */ ({ image: "rocket", threshold: 0.3 }));
  const live = createStore(emptyLive());
  const ask = createCalls({ store, live, again: createAgain(/** @type {any} */ (new EventTarget())) }, () => true);
  return {
    set: store.set,
    told: () => live.get().error?.text,
    yes: (/** @type {string} */ what) => ask(what, async () => ({}), () => {}, () => {}),
    no: (/** @type {string} */ what) =>
      ask(what, () => Promise.reject(new ServerError("asleep", 500)), () => {}, () => {}),
  };
}

test("an answer to one question does not hide that another about the same state failed", async () => {
  const { told, yes, no } = asking();
  await no("No features");
  assert.equal(told(), "No features.");
  await yes("No mask");
  assert.equal(told(), "No features.");
  await yes("No features");
  assert.equal(told(), undefined);
});

test("what failed about a state that has passed is told no more once anything is answered", async () => {
  const { set, told, yes, no } = asking();
  await no("No training");
  set({ threshold: 0.2 });
  assert.equal(told(), "No training.");
  await yes("No mask");
  assert.equal(told(), undefined);
});
