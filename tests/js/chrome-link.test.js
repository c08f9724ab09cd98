// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./words.mjs";

import * as codec from "../../lzviz/canvas/engine/codec.js";
import { linkNotice, readLink, writeLink } from "../../lzviz/canvas/core/link.js";
import { createSchema, defaults, fromPosition } from "../../lzviz/canvas/core/schema.js";

/** @typedef {import("../../lzviz/canvas/core/schema.js").Field} Field */

const json = JSON.parse(readFileSync(new URL("../../lzviz/canvas/schema.json", import.meta.url), "utf8"));
/** @type {Record<string, string[]>} */
const REGISTRIES = { samplers: ["uniform", "lz", "lzu", "es"], sources: ["paint", "edges", "boxes", "spectral"] };
/** @param {string} name @param {any} more */
const option = (name, more) => ({ name, default: null, key: null, own: true, label: "", help: "", ...more });
const schema = createSchema(json, REGISTRIES, {
  es: [option("nodes", { kind: "size", min: 2, max: 99, default: [8, 8] })],
  lds: [option("form", { kind: "choice", choices: ["a,b & e"] }), option("radius", { kind: "number", default: 1 })],
});

/** A small generator of numbers in [0, 1), so that a failure can be repeated. @param {number} seed */
function random(seed) {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

/** @param {Field} field @param {() => number} next @returns {any} */
function anyValue(field, next) {
  const below = (/** @type {number} */ n) => Math.floor(next() * n);
  const choices = field.choices ?? [];
  const [min, max] = [field.min ?? 0, field.max ?? 1];
  switch (field.type) {
    case "id": return (REGISTRIES[field.of ?? ""] ?? ["street", "chelsea", "own", "a_b-9"])[below(4)];
    case "choice": return choices[below(choices.length)];
    case "options": return below(2) ? {} : { es: { nodes: [2 + below(9), 4] }, lds: { form: "a,b & e", radius: 2.5 } };
    case "methods": return ["es", "lzu", "lds-x"].slice(below(2));
    case "boolean": return next() < 0.5;
    case "size": return [min + below(max - min + 1), min + below(max - min + 1)];
    case "camera": return [below(101) / 100, below(101) / 100, 1 + below(900) / 100];
    case "names": return ["camvid", "street scenes", "48x64"].slice(below(4));
    case "flags": return Object.fromEntries(choices.map((name) => [name, next() < 0.5]));
    case "boxes": return Array.from({ length: below(4) }, () => {
      const [x, y] = [next() * 500, Math.round(next() * 500)];
      return [x, y, x + 1 + next() * 100, y + 0.5];
    });
    case "map": return next() < 0.3 ? null : anyMap(next);
    case "integer": return fromPosition(next(), field);
    default:
      if (field.nullable && next() < 0.5) return null;
      return next() < 0.5 ? fromPosition(next(), field) : min + next() * (max - min);
  }
}

/** @param {() => number} next */
function anyMap(next) {
  const [h, w] = [2 + Math.floor(next() * 127), 2 + Math.floor(next() * 127)];
  const rough = next() < 0.5;
  return { h, w, data: Uint8Array.from({ length: h * w }, (_, at) => (rough ? next() * 256 : (at / w) * 2)) };
}

test("every state comes back from its link exactly", async () => {
  for (let seed = 1; seed <= 120; seed++) {
    const next = random(seed);
    const state = /** @type {any} */ (Object.fromEntries(schema.state.map((field) =>
      [field.key, next() < 0.3 ? field.default : anyValue(field, next)])));
    const { state: back, problems } = await readLink(`#${await writeLink(state, schema, codec)}`, schema, codec);
    assert.deepEqual(problems, []);
    assert.deepEqual(JSON.stringify(back), JSON.stringify(state), `seed ${seed}`);
  }
});

test("the link of the defaults names the image and nothing else", async () => {
  assert.equal(await writeLink(defaults(schema), schema, codec), "image=street");
});

test("a link is readable", async () => {
  const state = { ...defaults(schema), strength: 34, nodes: /** @type {[number, number]} */ ([15, 20]), separable: true,
    boxes: /** @type {[number, number, number, number][]} */ ([[1, 2, 3.5, 4]]),
    saliency: /** @type {const} */ ("boxes"),
    layers: { ...defaults(schema).layers, mesh: true, saliency: false } };
  assert.equal(await writeLink(state, schema, codec),
    "image=street&from=boxes&strength=34&nodes=15x20&separable=1&boxes=1,2,3.5,4&layers=mesh,points");
});

test("a painted map stays short", async () => {
  const data = new Uint8Array(128 * 64);
  for (let i = 20; i < 30; i++) data.fill(200, i * 128 + 40, i * 128 + 60);
  const link = await writeLink({ ...defaults(schema), paint: { h: 64, w: 128, data } }, schema, codec);
  assert.ok(link.length < 200, `${link.length} characters`);
});

const bad = /** @type {const} */ ([
  ["strength=9999", "strength", 1000], ["strength=-4", "strength", 1], ["strength=NaN", "strength", 50],
  ["strength=", "strength", 50], ["width=99.6", "width", 100], ["sampler=magic", "sampler", "lzu"],
  ["separable=yes", "separable", false], ["nodes=1x500", "nodes", [2, 128]], ["nodes=3", "nodes", [31, 51]],
  ["boxes=5,5,1,1", "boxes", []], ["boxes=1,2,x,4", "boxes", []], ["paint=4x4.AAAA", "paint", null],
  ["paint=9999x9999.AAAA", "paint", null], ["paint=<script>", "paint", null], ["layers=points,bombs", "layers", null],
  ["image=../../etc/passwd", "image", "street"], ["image=%E0%A4%A", "image", "street"], ["floor=7", "floor", 1],
]);
for (const [text, key, kept] of bad) {
  test(`a bad value is clamped or left out, and told: ${text}`, async () => {
    const { state, problems } = await readLink(`#${text}&fwhm=3`, schema, codec);
    const wanted = kept ?? /** @type {any} */ (defaults(schema))[key];
    assert.deepEqual(/** @type {any} */ (state)[key], wanted);
    assert.equal(state.fwhm, 3);
    assert.equal(problems.length, 1);
    assert.match(linkNotice(problems) ?? "", /^Part of this link was not used: .*\.$/);
  });
}

test("what is no key is told, and many complaints stay one line", async () => {
  const { problems } = await readLink("#__proto__=1&constructor=2&toString&a=b", schema, codec);
  assert.equal(problems.length, 4);
  assert.match(linkNotice(problems) ?? "", /and 2 more/);
  assert.equal(linkNotice([]), null);
});

test("an endless link is not read", async () => {
  const { state, problems } = await readLink(`#strength=2&${"x".repeat(300_000)}`, schema, codec);
  assert.equal(state.strength, 50);
  assert.equal(problems.length, 1);
});

test("a map never unpacks beyond its size, nor is filled up", async () => {
  const many = await codec.encode(new Uint8Array(1_000_000));
  await assert.rejects(codec.decode(many, 16), /16 bytes/);
  await assert.rejects(codec.decode(await codec.encode(new Uint8Array(8)), 16), /16 bytes/);
  await assert.rejects(codec.decode("!!", 16));
});

test("the alphabet of a map is that of a link", async () => {
  const next = random(5);
  for (let turn = 0; turn < 20; turn++) {
    const bytes = Uint8Array.from({ length: 300 }, () => next() * 256);
    const text = await codec.encode(bytes);
    assert.match(text, /^[\w-]+$/);
    assert.deepEqual(await codec.decode(text, 300), bytes);
  }
});
