// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./words.mjs";

import { missingFromLink } from "../../lzviz/canvas/core/address.js";
import { samplerPatch, saliencyPatch } from "../../lzviz/canvas/shell/actions.js";
import { keyOf, pageCommands } from "../../lzviz/canvas/shell/keys.js";
import { reasonAgainst } from "../../lzviz/canvas/core/context.js";
import { warpNumbers } from "../../lzviz/canvas/rooms/warp/dock.js";
import { windowOf } from "../../lzviz/canvas/rooms/warp/footprint.js";
import { fixed, milliseconds, short, span, tiny, whole } from "../../lzviz/canvas/kit/format.js";
import { spots } from "../../lzviz/canvas/core/maps.js";
import { moreSummary, parseFloor } from "../../lzviz/canvas/rooms/warp/more.js";
import { readout, weightsText } from "../../lzviz/canvas/rooms/warp/readout.js";
import { createSchema, defaults, fromPosition, toPosition } from "../../lzviz/canvas/core/schema.js";
import { sentence, total } from "../../lzviz/canvas/shell/status.js";
import { ROOMS } from "../../lzviz/canvas/rooms/list.js";
import { floatsFromBase64 } from "../../lzviz/canvas/core/wire.js";
import { emptyLive } from "../../lzviz/canvas/core/context.js";
import { comparison, keep, now, prescribed, take } from "../../lzviz/canvas/core/prescribed.js";
import { createStore } from "../../lzviz/canvas/core/store.js";
import { overHttp } from "../../lzviz/canvas/core/transport.js";

const schema = createSchema(JSON.parse(
  readFileSync(new URL("../../lzviz/canvas/schema.json", import.meta.url), "utf8")));
const state = defaults(schema);

/** @param {string} name @param {any} value @param {any} [more] */
const option = (name, value, more) => ({ name, kind: "number", default: value, key: name, own: false, ...more });
const SAMPLERS = [
  { name: "uniform", title: "Uniform", controls: ["interpolation"], modes: ["fixed"], saliency: [], prescribes: {},
    options: [option("interpolation", "bilinear")] },
  { name: "lz", title: "LZ", controls: ["mode", "fwhm", "nodes", "saliency"], modes: ["fixed", "published"],
    saliency: ["paint"], prescribes: { fwhm: 13, nodes: [31, 31], separable: true },
    options: [option("fwhm", 13), option("nodes", [31, 31]), option("separable", true)] },
  { name: "lzu", title: "LZU", controls: ["fwhm", "nodes", "antiCrop", "saliency"], modes: ["fixed"],
    saliency: ["paint"], prescribes: {}, options: [option("fwhm", 10)] },
  { name: "es", title: "ES", controls: ["nodes"], modes: ["fixed"], saliency: ["paint"], prescribes: { smoothness: 1 },
    options: [option("smoothness", 1, { key: null, own: true, min: 0.01, max: 100 })] },
];

const SOURCES = [{ name: "paint", weighs: true, options: [] }, { name: "centre", weighs: false, options: [] }];

/** @param {Partial<typeof state>} [patch] */
const context = (patch = {}) => /** @type {any} */ ({ schema, store: createStore({ ...state, ...patch }),
  live: createStore(emptyLive()), rooms: ROOMS,
  host: { transport: overHttp("http://x/"), catalogue: { samplers: SAMPLERS, sources: SOURCES, pictures: [] } } });

test("every key of the schema is declared whole", () => {
  const urls = schema.state.map(({ url }) => url);
  assert.equal(new Set(urls).size, urls.length);
  for (const field of schema.state) {
    assert.ok(field.label && field.help && "default" in field, field.key);
    if (field.type === "choice") assert.ok(field.choices?.includes(field.default), field.key);
    if (field.labels) assert.equal(field.labels.length, field.choices?.length, field.key);
  }
  assert.throws(() => schema.field("nonsense"), /nonsense/);
});

test("a slider's position and its value are inverse to one another", () => {
  for (const field of schema.state.filter(({ scale }) => scale)) {
    for (let step = 0; step <= 20; step++) {
      const value = fromPosition(step / 20, field);
      assert.ok(value >= (field.min ?? 0) && value <= (field.max ?? 0), field.key);
      assert.equal(fromPosition(toPosition(value, field), field), value, field.key);
    }
  }
});

test("numbers have fixed digits", () => {
  assert.deepEqual([whole(7776), whole(1234567), whole(0)], ["7,776", "1,234,567", "0"]);
  assert.deepEqual([short(370500), short(2097152)], ["370,500", "2.10 M"]);
  assert.deepEqual([tiny(0.0004), tiny(0.25), tiny(12.34)], ["< 0.001", "0.250", "12.3"]);
  assert.deepEqual([milliseconds(0.42), milliseconds(25.7)], ["0.4 ms", "26 ms"]);
  assert.equal(fixed(-0.0001, 2), "0.00");
  assert.deepEqual([span([4, 5]), span([3, 3])], ["4–5", "3"]);
});

const hover = { zoomed: [63, 42], source: [409.63, 284.83], det: 5.794, footprint: [2.67, 2.2],
  quad: [[408, 284], [411, 284], [411, 286], [408, 286]], inside: true, colour: [145, 138, 134.4],
  taps: [{ x: 409, y: 284, weight: 0.06 }, { x: 410, y: 285, weight: 0.94 }] };

test("the read-out tells both coordinates in both conventions", () => {
  const texts = readout(hover, { width: 741, height: 500 }, { width: 108, height: 73 });
  assert.deepEqual([texts.zoomedPixel, texts.sourcePixel], ["63, 42", "409.63, 284.83"]);
  assert.equal(texts.sourceCorners, "0.107, 0.142"); // 2 * 409.63 / 740 - 1, 2 * 284.83 / 499 - 1
  assert.equal(texts.sourceHalf, "0.107, 0.141"); // (2 * 409.63 + 1) / 741 - 1, (2 * 284.83 + 1) / 500 - 1
  assert.equal(texts.zoomedCorners, "0.178, 0.167"); // 126 / 107 - 1, 84 / 72 - 1
  assert.equal(texts.zoomedHalf, "0.176, 0.164"); // 127 / 108 - 1, 85 / 73 - 1
  assert.deepEqual([texts.taps, texts.weights, texts.colour], ["409–410 × 284–285", "0.06  0.94", "145, 138, 134"]);
  assert.deepEqual(readout(null, { width: 1, height: 1 }, { width: 1, height: 1 }), {});
});

test("many weights are counted, not listed", () => {
  const taps = Array.from({ length: 9 }, (_, at) => ({ x: at, y: 0, weight: at === 4 ? 0.2 : 0.1 }));
  assert.equal(weightsText(taps), "9, largest 0.200");
});

test("the footprint's window holds it, and its side does not follow every movement", () => {
  const view = windowOf(hover);
  assert.ok(view.left < 407.5 && view.left + view.side > 411.5);
  const shifted = { ...hover, quad: hover.quad.map(([x, y]) => [x * 1.0001, y]) };
  assert.equal(windowOf(shifted).side, view.side);
});

test("the spot of a first visit is where it says", () => {
  const map = spots([{ x: 0.75, y: 0.25, r: 0.05 }], { width: 1000, height: 500 });
  const at = (/** @type {number} */ x, /** @type {number} */ y) =>
    map.data[Math.round(y * (map.h - 1)) * map.w + Math.round(x * (map.w - 1))];
  assert.equal(at(0.75, 0.25), 255);
  assert.equal(at(0.25, 0.75), 0);
});

test("settings survive a look at other samplers, whatever they are", () => {
  for (const fwhm of [4, 10, 13, 25]) {
    const page = context({ fwhm, nodes: [20, 20] });
    for (const name of ["lz", "uniform", "lzu"]) page.store.set(samplerPatch(page, name));
    assert.deepEqual(page.store.get(), { ...state, fwhm, nodes: [20, 20], sampler: "lzu" });
  }
});

test("what a method prescribes is taken by one press, and goes with the method", () => {
  const page = context({ sampler: "lz", fwhm: 25 });
  assert.equal(comparison("LZ", prescribed(page), now(page)),
    "LZ: fwhm 13, 31 × 31 nodes, separable; yours: fwhm 25, 31 × 51 nodes, not separable.");
  take(page);
  assert.deepEqual([page.store.get().fwhm, page.store.get().nodes, page.store.get().separable], [13, [31, 31], true]);
  keep(page);
  assert.deepEqual(page.store.get(), { ...state, sampler: "lz", fwhm: 25 });
  take(page);
  page.store.set({ nodes: [9, 9] });
  page.store.set(samplerPatch(page, "lzu"));
  assert.deepEqual([page.store.get().fwhm, page.store.get().nodes, page.store.get().separable], [25, [9, 9], false]);
});

test("an option that one sampler alone has is prescribed, taken and brought back too", () => {
  const page = context({ sampler: "es", options: { es: { smoothness: 7 } } });
  take(page);
  assert.deepEqual(page.store.get().options, {});
  keep(page);
  assert.deepEqual(page.store.get().options, { es: { smoothness: 7 } });
});

test("a control that does nothing says why", () => {
  assert.match(reasonAgainst(context({ sampler: "uniform" }), "fwhm") ?? "", /^Uniform does not .* Spread/);
  assert.match(reasonAgainst(context({ sampler: "uniform" }), "saliency") ?? "", /alike/);
  assert.match(reasonAgainst(context({ sampler: "lzu" }), "mode") ?? "", /one reading/);
  assert.match(reasonAgainst(context({ saliency: "centre" }), "strength") ?? "", /Contrast/);
  for (const key of ["fwhm", "antiCrop", "strength", "width"]) assert.equal(reasonAgainst(context(), key), null);
});

test("tools follow the saliency, and say so where they cannot", () => {
  assert.match(ROOMS.of(state).toolReason("paint", { ...state, saliency: "centre" }) ?? "", /Paint or Edges/);
  assert.match(ROOMS.of(state).toolReason("box", state) ?? "", /Boxes/);
  assert.equal(ROOMS.of(state).toolReason("erase", { ...state, saliency: "edges" }), null);
  assert.equal(saliencyPatch({ ...state, tool: "paint" }, "boxes").tool, "box");
  assert.equal(saliencyPatch({ ...state, tool: "erase" }, "edges").tool, "erase");
  assert.equal(saliencyPatch({ ...state, tool: "pan" }, "fixed").tool, "pan");
});

test("the closed part tells what is not ordinary", () => {
  assert.equal(moreSummary(state, schema), "31 × 51 nodes · anti-crop · Anti-alias");
  const other = { ...state, separable: true, antiCrop: false, floor: 0.01,
    sourceScale: /** @type {const} */ (0.5), compare: /** @type {const} */ ("uniform") };
  assert.equal(moreSummary(other, schema),
    "31 × 51 nodes · separable · crops · Anti-alias · source × 0.5 · floor 0.01 · beside uniform");
});

test("an empty floor is automatic", () => {
  const field = schema.field("floor");
  assert.deepEqual(["", "x", "0", "0,02", "9"].map((text) => parseFloor(text, field)), [null, null, 0, 0.02, 1]);
});

test("Python's numbers count only for the state they are about", () => {
  const live = /** @type {any} */ ({ measured: { coverage: 0.5, roundTrip: 1 }, image: { width: 20, height: 10 },
    answer: { coverage: 0.75, roundTrip: { max: 2 }, sentence: { key: "view.exact" } }, answered: state });
  assert.equal(warpNumbers(live, state).coverage, 0.75);
  assert.equal(warpNumbers(live, state).roundTrip, 2);
  assert.equal(warpNumbers(live, { ...state, width: 10 }).coverage, 0.5);
  assert.equal(warpNumbers(live, { ...state, width: 10 }).samples, 50);
  assert.equal(sentence(live, state), "exact inverse");
  assert.match(sentence({ ...live, answer: null, measured: null, image: null }, state), /Loading/);
  const line = { sentence: { key: "warp.says.noFolds" } };
  assert.equal(sentence({ ...live, answer: null, measured: line }, state), "no folds", "a line that a view tells");
});

test("the time of Python is its total", () => {
  assert.deepEqual([total(3), total({ total: 5, warp: 1 }), total({ warp: 1, zoom: 2 }), total(null)], [3, 5, 3, 0]);
});

test("what a link cannot carry is said", () => {
  assert.deepEqual(missingFromLink(state), []);
  assert.equal(missingFromLink({ ...state, image: "own", saliency: "file" }).length, 2);
});

test("keys are named as the table writes them", () => {
  const key = (/** @type {any} */ event) => keyOf({ ctrlKey: false, metaKey: false, shiftKey: false, ...event });
  assert.equal(key({ key: "Z", shiftKey: true }), "Shift+z");
  assert.equal(key({ key: "z", metaKey: true }), "Mod+z");
  assert.equal(key({ key: "?", shiftKey: true }), "?");
  assert.equal(key({ key: "Delete" }), "Delete");
});

test("no key means two things", () => {
  const commands = pageCommands(/** @type {any} */ ({ ...context(), actions: {} }));
  const keys = commands.flatMap((command) => [...command.keys]);
  assert.equal(new Set(keys).size, keys.length);
});

test("floats are read little-endian", () => {
  const bytes = new Uint8Array(new Float32Array([1.5, -2]).buffer);
  assert.deepEqual([...floatsFromBase64(btoa(String.fromCharCode(...bytes)))], [1.5, -2]);
});
