// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { following, known, momentOf, passed, readyAt } from "../../lzviz/canvas/core/streaming.js";

/** @param {number} count @param {number} every @param {number | readonly number[]} spent */
function run(count, every, spent) {
  const taken = [];
  for (let frame = 0, free = 0; frame < count; frame = following(frame, free, every)) {
    free = readyAt(frame, free, every, typeof spent === "number" ? spent : spent[frame]);
    taken.push({ frame, ready: free });
  }
  return { taken, known: known(taken, count, every) };
}

test("frames that pass are those of lzviz.measure.streaming", () => {
  assert.deepEqual(run(5, 100, 80).known, [null, 0, 1, 2, 3]);
  assert.deepEqual(run(4, 100, 100).known, [null, 0, 1, 2]);
  const slow = run(6, 100, 250);
  assert.deepEqual(slow.taken, [{ frame: 0, ready: 250 }, { frame: 2, ready: 500 }, { frame: 5, ready: 750 }]);
  assert.deepEqual(slow.known, [null, null, null, 0, 0, 2]);
  const uneven = run(4, 100, [10, 210, 10, 10]);
  assert.deepEqual(uneven.taken.map(({ frame, ready }) => [frame, ready]), [[0, 10], [1, 310], [3, 320]]);
  assert.deepEqual(uneven.known, [null, 0, 0, 0]);
});

test("a frame that passed is shown by the newest answer that was ready at its time, and one to come by none", () => {
  const { taken } = run(6, 100, 250);
  const film = { taken: taken.slice(0, 2), every: 100 }; // frames 0 and 2, ready at 250 and 500
  assert.equal(passed(film.taken, 100), 5);
  assert.deepEqual([0, 2, 3, 4, 5].map((k) => momentOf(6, film, k)), [
    { frame: 0, of: null, late: 0 }, { frame: 2, of: null, late: 0 }, { frame: 3, of: 0, late: 300 },
    { frame: 4, of: 0, late: 400 }, null]);
  assert.deepEqual(momentOf(6, { taken, every: 100 }, 5), { frame: 5, of: 2, late: 300 });
  assert.equal(momentOf(6, { taken, every: 0 }, 3), null, "a film that waits is late nowhere");
  assert.equal(momentOf(6, { taken: [], every: 100 }, 0), null);
});
