// @ts-check
/** Long work is told of, with the time that it took before, and can be stopped. */
import assert from "node:assert/strict";
import { test } from "node:test";

import "./words.mjs";
import { watchWork } from "../../lzviz/canvas/core/work.js";

/** @param {number} ms */
const after = (ms) => new Promise((done) => setTimeout(done, ms));

/** @param {(path: string) => Promise<any>} ask */
function watched(ask) {
  /** @type {(import("../../lzviz/canvas/core/work.js").Working | null)[]} */
  const told = [];
  const transport = /** @type {any} */ ({ ask, answers: () => true, kept: true });
  return { told, work: watchWork(transport, (working) => told.push(working), 40, 10) };
}

test("quick answers are not spoken of; long ones are, and with the time of the last one", async () => {
  let wait = 5;
  const { told, work } = watched(() => after(wait));
  await work.ask("a?page=1");
  await after(30);
  assert.ok(told.every((each) => each === null));
  wait = 120;
  const slow = work.ask("a?page=2");
  await after(90);
  const now = told.at(-1);
  assert.ok(now && now.seconds >= 0.04 && now.usual !== null && now.usual < 0.04, JSON.stringify(now));
  await slow;
  assert.equal(told.at(-1), null);
  assert.equal(work.kept, true);
});

test("stopping ends what is waited for, at once, even where nobody listens; later questions are answered", async () => {
  const { told, work } = watched((path) => (path === "slow" ? after(5000) : Promise.resolve("yes")));
  const slow = work.ask("slow");
  setTimeout(work.stopWork, 60);
  const began = performance.now();
  await assert.rejects(slow, (/** @type {any} */ error) => error.status === 499);
  assert.ok(performance.now() - began < 2000);
  assert.equal(told.at(-1), null);
  assert.equal(/** @type {any} */ (await work.ask("quick")), "yes");
});

test("who gives up by itself is not told that it was stopped", async () => {
  const { work } = watched(() => after(5000));
  const control = new AbortController();
  const asked = work.ask("a", { signal: control.signal });
  control.abort();
  await assert.rejects(asked, { name: "AbortError" });
});
