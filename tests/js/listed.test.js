// @ts-check
/** Which picture of a list of boxes is which frame of a film, or the picture that is shown. */
import assert from "node:assert/strict";
import test from "node:test";
import "./words.mjs";
import { placesIn, stemOf } from "../../lzviz/canvas/core/listed.js";

const image = { width: 96, height: 48 };
/** @param {string} file @param {number | null} [frame] @param {number | null} [width]
 * @param {number | null} [height] */
const listed = (file, frame = null, width = null, height = null) => ({ file, frame, width, height, boxes: 1 });
/** @param {object} film @param {number} [at] */
const shown = (film, at = 0) => ({ film: /** @type {any} */ (film), at, title: "", image });
const all = (/** @type {(k: number) => number | null} */ place, /** @type {number} */ count) =>
  Array.from({ length: count }, (_, k) => place(k));
const four = ["a", "b", "c", "d"].map((name) => listed(`${name}.jpg`));

test("a name is without its folders and its kind", () => {
  assert.equal(stemOf("train/Film\\0001.JPG"), "0001");
  assert.equal(stemOf("noending"), "noending");
});

test("a single picture is found by its name, or is the only one", () => {
  const one = { film: null, at: 0, title: "c.png", image };
  assert.equal(placesIn(four, one)(0), 2);
  assert.equal(placesIn([listed("other.jpg")], one)(0), 0);
  assert.throws(() => placesIn(four, { ...one, title: "z.png" }), /None of the 4 images of the list is called z.png/);
  assert.throws(() => placesIn([listed("x/c.jpg"), listed("y/c.jpg")], one), /None of the 2 images/);
});

test("frames are found by the names of their files; one that is not listed has nothing", () => {
  const names = ["d.png", "new.png", "a.png"];
  assert.deepEqual(all(placesIn(four, shown({ count: 3, total: 3, file: (/** @type {number} */ k) => names[k] })), 3),
    [3, null, 0]);
});

test("without names frames go by their order, as many as they are", () => {
  const file = (/** @type {number} */ k) => `frame${k}.png`;
  assert.deepEqual(all(placesIn(four, shown({ count: 4, total: 4, file })), 4), [0, 1, 2, 3]);
  // Of a thinned film every second one is shown.
  assert.deepEqual(all(placesIn(four, shown({ count: 2, total: 4, file })), 2), [0, 2]);
  assert.throws(() => placesIn(four, shown({ count: 5, total: 5, file })),
    /The list is of 4 frames and the film has 5, and no names of files fit/);
});

test("numbers of frames say which ones are listed", () => {
  const some = [listed("x", 6), listed("y", 0), listed("z", 3)];
  assert.deepEqual(all(placesIn(some, shown({ count: 8, total: 8 })), 8), [1, null, null, 2, null, null, 0, null]);
  assert.throws(() => placesIn(some, shown({ count: 4, total: 4 })), /The list is of 7 frames and the film has 4/);
});

test("frames of a player are found by their time", () => {
  // 30 frames a second were listed, 10 are shown.
  const many = Array.from({ length: 12 }, (_, k) => listed(`f${k}`));
  assert.deepEqual(all(placesIn(many, shown({ count: 4 })), 4), [1, 4, 7, 10]);
  assert.deepEqual(all(placesIn(many, shown({ count: 12 })), 12), many.map((_, k) => k));
});

test("the picture may have been made smaller, and is of no other form", () => {
  const one = (/** @type {number} */ width, /** @type {number} */ height) =>
    placesIn([listed("a.png", null, width, height)], { film: null, at: 0, title: "a.png", image });
  assert.equal(one(96, 48)(0), 0);
  assert.equal(one(289, 145)(0), 0);
  assert.throws(() => one(96, 96), /says that a.png has 96 x 96 pixels, and this picture has 96 x 48/);
});
