// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { createAgain } from "../../lzviz/canvas/core/again.js";
import { createBrought } from "../../lzviz/canvas/core/brought.js";
import { ServerError } from "../../lzviz/canvas/core/errors.js";

const away = new ServerError("Python cannot be reached", 0);

test("what nobody answered is asked again, later and later, and at once when back online", (/** @type {any} */ t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const page = new EventTarget();
  const again = createAgain(/** @type {any} */ (page));
  /** @type {string[]} */
  const asked = [];
  const fail = (/** @type {string} */ what) => again.failed(what, away, () => asked.push(what));
  assert.equal(fail("mask"), true);
  fail("features");
  fail("mask");
  t.mock.timers.tick(999);
  assert.deepEqual(asked, []);
  t.mock.timers.tick(1);
  assert.deepEqual(asked, ["mask", "features"]);
  fail("mask");
  t.mock.timers.tick(1500);
  assert.equal(asked.length, 2);
  page.dispatchEvent(new Event("online"));
  assert.deepEqual(asked, ["mask", "features", "mask"]);
  for (let k = 0; k < 20; k++) {
    fail("mask");
    t.mock.timers.tick(15_000);
  }
  assert.equal(asked.length, 23);
  again.stop();
  page.dispatchEvent(new Event("online"));
  assert.equal(asked.length, 23);
});

test("what was answered meanwhile, and what was refused for good, is not asked again", (/** @type {any} */ t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const again = createAgain(/** @type {any} */ (new EventTarget()));
  const run = () => assert.fail("asked again");
  again.failed("mask", away, run);
  again.answered("mask");
  assert.equal(again.failed("cost", new ServerError("width: expected a number", 400), run), false);
  assert.equal(again.failed("cost", new Error("inside the page"), run), false);
  t.mock.timers.tick(60_000);
  for (const status of [502, 503, 504]) assert.ok(again.failed("x", new ServerError("busy", status), () => {}));
});

/** A server of several processes, asked in turn; each knows what it was given itself. @param {number} processes */
function inTurn(processes) {
  const held = Array.from({ length: processes }, () => new Set());
  let turn = 0;
  const next = () => held[turn++ % processes];
  return {
    give: async (/** @type {string} */ kind) => Boolean(next().add(kind)),
    ask: async (/** @type {string[]} */ ...kinds) => {
      const mine = next();
      const missing = kinds.find((kind) => !mine.has(kind));
      if (missing) throw new ServerError(`no longer holds this ${missing}`, 404, { missing });
      return "answered";
    },
  };
}

for (const processes of [1, 2, 3, 4]) {
  test(`a picture, labels and a checkpoint reach each of ${processes} processes that answer in turn`, async () => {
    const { give, ask } = inTurn(processes);
    const brought = createBrought();
    for (const kind of /** @type {const} */ (["picture", "truth", "checkpoint"])) brought.giver(kind, () => give(kind));
    for (let k = 0; k < 2 * processes; k++) {
      assert.equal(await brought.answered(() => ask("picture")), "answered");
      assert.equal(await brought.answered(() => ask("picture", "truth", "checkpoint")), "answered");
    }
  });
}

test("what the page has not got, or gives in vain, is told as it was refused", async () => {
  const brought = createBrought();
  const refused = async () => { throw new ServerError("no longer holds this picture", 404, { missing: "picture" }); };
  await assert.rejects(brought.answered(refused), /no longer holds/);
  let given = 0;
  brought.giver("picture", async () => Boolean(++given));
  await assert.rejects(brought.answered(refused), /no longer holds/);
  assert.equal(given, 15);
  brought.giver("picture", async () => false);
  await assert.rejects(brought.answered(refused), /no longer holds/);
});
