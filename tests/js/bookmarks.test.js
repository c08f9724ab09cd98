// @ts-check
/** Bookmarks of one's own, and those of a file beside them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createBookmarks, MOST, readBookmarks, writeBookmarks } from "../../lzviz/canvas/core/bookmarks.js";

const some = (/** @type {number} */ count, /** @type {string} */ name) =>
  Array.from({ length: count }, (_, k) => ({ name: `${name} ${k}`, link: `#strength=${k}` }));

test("a file never pushes out what is one's own, and says how many it brought", () => {
  const kept = createBookmarks();
  kept.keep({ name: "mine", link: "#image=cat" });
  assert.equal(kept.add(some(300, "theirs")), MOST - 1);
  assert.equal(kept.list().length, MOST);
  assert.equal(kept.list()[0].name, "mine");
  assert.equal(kept.keep({ name: "one more", link: "#" }), false);
  assert.equal(kept.keep({ name: "mine", link: "#image=dog" }), true);
});

test("another state of a name that is there stands beside it, the same one is there already", () => {
  const kept = createBookmarks();
  kept.keep({ name: "far", link: "#strength=7" });
  assert.equal(kept.add([{ name: "far", link: "#strength=9" }, { name: "far", link: "#strength=7" }]), 2);
  assert.deepEqual(kept.list(), [{ name: "far", link: "#strength=7" }, { name: "far 2", link: "#strength=9" }]);
});

test("what is written is read, and links that lead elsewhere are left out", () => {
  const list = [...some(2, "a"), { name: "bad", link: "javascript:alert(1)" }];
  assert.deepEqual(readBookmarks(writeBookmarks(list)), list.slice(0, 2));
});
