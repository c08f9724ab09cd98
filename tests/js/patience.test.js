// @ts-check
/** A busy server is asked again; nothing of it is an error. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createPatience, delay, Superseded } from "../../lzviz/canvas/core/patience.js";

const busy = (after = 1) => Object.assign(new Error("busy"), { status: 503, after });

function page() {
  /** @type {boolean[]} */
  const told = [];
  /** @type {number[]} */
  const waits = [];
  const live = { set: (/** @type {any} */ { follows }) => void told.push(follows) };
  return { told, waits, live: /** @type {any} */ (live) };
}

test("a question to a busy server is asked until it is answered, and the page says that Python follows", async () => {
  const { told, waits, live } = page();
  const patiently = createPatience(live, async (ms) => void waits.push(ms));
  let asked = 0;
  const answer = await patiently(async () => {
    if (++asked < 4) throw busy();
    return asked;
  });
  assert.deepEqual([answer, waits.length, told], [4, 3, [true, false]]);
});

test("what is no is told at once: an error without a time to come again", async () => {
  const { told, live } = page();
  await assert.rejects(createPatience(live)(async () => { throw new Error("no"); }), /no/);
  assert.deepEqual(told, []);
});

test("a newer question ends the wait of an older one", async () => {
  const { told, live } = page();
  const control = new AbortController();
  const older = createPatience(live)(async () => { throw busy(60); }, control.signal);
  setTimeout(() => control.abort(), 5);
  await assert.rejects(older, Superseded);
  assert.deepEqual(told, [true, false]);
});

test("the pauses grow from what the server said to a longest one, and no two pages come at one moment", () => {
  const middle = (/** @type {number} */ n) => delay(n, 1, 0.5);
  assert.deepEqual([middle(0), middle(1)], [1000, 1600]);
  assert.equal(middle(20), 8000);
  assert.ok(delay(0, 1, 0) === 500 && delay(0, 1, 0.999) > 1490);
  assert.notEqual(delay(0, 1), delay(0, 1));
});
