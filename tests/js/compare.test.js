// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./words.mjs";

import { createSchema, defaults } from "../../lzviz/canvas/core/schema.js";
import { readLink, writeLink } from "../../lzviz/canvas/core/link.js";
import { isFresh, noAnswers, pictureOf, trailOf } from "../../lzviz/canvas/rooms/compare/asking.js";
import { cellOf, COLUMNS, shownOf, sorted } from "../../lzviz/canvas/rooms/compare/columns.js";
import { judgesOf } from "../../lzviz/canvas/rooms/compare/axes.js";
import { curveOf, endsOf } from "../../lzviz/canvas/rooms/compare/curves.js";
import { toldAt } from "../../lzviz/canvas/rooms/compare/titles.js";
import { hoverTree, treeOf } from "../../lzviz/canvas/rooms/compare/trees.js";
import { areaOf, windowOf } from "../../lzviz/canvas/rooms/compare/crops.js";
import { handed } from "../../lzviz/canvas/rooms/compare/watched.js";
import { fillings, placed, SLIVER, STRIP } from "../../lzviz/canvas/rooms/compare/layout.js";
import { KEYS, offered, replaced, stateOf, titleOf, withOne } from "../../lzviz/canvas/rooms/compare/methods.js";

const schema = createSchema(JSON.parse(readFileSync(new URL("../../lzviz/canvas/schema.json", import.meta.url),
  "utf8")));
const codec = { encode: () => "", decode: () => new Uint8Array() };
const state = defaults(schema);

const BARE = { edges: [0, 1], shares: [1] };

/** @param {string} link */
const read = (link) => readLink(link, schema, codec);

/** @param {number} at @param {Partial<import("../../lzviz/canvas/rooms/compare/columns.js").Row> | null} row */
const line = (at, row) => ({ at, name: "abcd"[at], row: /** @type {any} */ (row), drawn: null });

test("the methods stand in the link, in their order, and what makes no sense is left out and told", async () => {
  const { state: read1, problems } = await read("image=street&methods=uniform,lzu,lds-scenes-64x128&equal=macs");
  assert.deepEqual([read1.compared, read1.comparedEqual, problems], [["uniform", "lzu", "lds-scenes-64x128"], "macs",
    []]);
  assert.equal(await writeLink(read1, schema, codec),
    "image=street&methods=uniform,lzu,lds-scenes-64x128&equal=macs");
  for (const wrong of ["uniform", "uniform,uniform", "a,b,c,d,e", "uniform,", "uniform,a b", ""]) {
    const { state: kept, problems: told } = await read(`methods=${wrong}`);
    assert.deepEqual(kept.compared, state.compared, wrong);
    assert.equal(told.length, 1, wrong);
  }
});

test("panes fill the room in the columns in which they are largest, whatever the picture's shape", () => {
  for (const aspect of [0.25, 0.8, 2, 8]) {
    for (const count of [2, 3, 4]) {
      const room = { width: 960, height: 520 };
      const all = fillings(room, aspect, count);
      const { columns, frame } = placed({ width: 960, height: 520 - STRIP }, aspect, count);
      assert.equal(Math.max(...all.map(({ area }) => area)), count * frame.width * frame.height);
      assert.ok(columns * frame.width <= 960 && !(count === 4 && columns === 3));
    }
  }
  const phone = placed({ width: 390, height: 300 }, 2, 4, 844);
  assert.deepEqual(phone, { narrow: true, columns: 1, frame: { width: 390 - SLIVER, height: 183 } });
  assert.ok(fillings({ width: 60, height: 20 }, 2, 4).every(({ frame }) => frame.width > 0 && frame.height > 0));
});

test("a sampler stands there as its paper sets it, whatever the visitor has set for another", () => {
  const samplers = [{ name: "fovea", title: "FOVEA", prescribes: { fwhm: 4, nodes: [31, 51], own: 3 },
    options: [{ name: "fwhm", key: "fwhm" }, { name: "nodes", key: "nodes" }, { name: "own", default: 1 },
      { name: "free", key: "contrast" }] }];
  const context = /** @type {any} */ ({ host: { catalogue: { samplers } } });
  const mine = stateOf(context, { ...state, fwhm: 20, nodes: [9, 9], contrast: 2, options: { es: { smoothness: 2 } } },
    "fovea");
  assert.deepEqual([mine.sampler, mine.fwhm, mine.nodes, mine.contrast], ["fovea", 4, [31, 51], 2]);
  assert.deepEqual(mine.options, { es: { smoothness: 2 }, fovea: { own: 3 } });
  assert.equal(stateOf(context, state, "unknown").sampler, "unknown");
});

test("checkpoints of one title say what they learned from; two panes were both called \"LDS, joint loss\"", () => {
  const told = (/** @type {[string, string][]} */ ...lines) => (/** @type {string} */ name) => titleOf(
    /** @type {any} */ ({ host: { catalogue: { samplers: [],
      checkpoints: lines.map(([each, title]) => ({ name: each, title })) } } }), name);
  const several = told(["lds-camvid-96x128", "LDS"], ["lds-aerial-64x64", "LDS"], ["es-camvid-48x64", "ES"]);
  assert.equal(several("lds-camvid-96x128"), "LDS · camvid 96x128");
  assert.equal(several("lds-aerial-64x64"), "LDS · aerial 64x64");
  assert.equal(several("es-camvid-48x64"), "ES");
  assert.equal(told(["mine", "Mine"])("mine"), "Mine");
  assert.equal(several("nowhere"), "nowhere");
});

test("without Python only what the browser computes itself is offered", () => {
  const catalogue = { samplers: ["uniform", "lzu", "es", "cad", "given"].map((name) => ({ name, title: name,
    options: name === "cad" ? [{ name: "threshold", kind: "choice", default: "low", choices: ["low", "high"] }]
      : name === "lzu" ? [{ name: "mode", kind: "choice", default: "fixed", choices: ["fixed", "published"] }] : [] })),
    checkpoints: [{ name: "lds-x", title: "LDS", task: "segmentation" },
      { name: "fcos-x", title: "FCOS", task: "detection" }] };
  const names = (/** @type {boolean} */ python) => {
    const { samplers, settings, trained, detectors, given } = offered(/** @type {any} */ ({
      host: { catalogue, transport: { answers: () => python } } }));
    return [...[...samplers, ...settings, ...trained, ...detectors].map(({ name }) => name), given];
  };
  assert.deepEqual(names(false), ["uniform", "lzu", "lzu:published", false]);
  assert.deepEqual(names(true), ["uniform", "lzu", "es", "cad", "lzu:published", "cad:threshold=high", "cad:depth=2",
    "cad:depth=3", "lds-x", "fcos-x", true]);
});

test("the precision of boxes is a column of its own, in which what finds none is not comparable", () => {
  const line = (/** @type {object} */ row) => /** @type {any} */ ({ at: 0, name: "", drawn: null,
    row: { note: null, ap: null, score: null, found: null, ...row } });
  const lines = [line({ ap: 0.25, found: {} }), line({ score: 0.5 }), line({ found: {} })];
  assert.deepEqual(shownOf(lines).map(({ name }) => name), ["score", "ap"]);
  const [score, ap] = shownOf(lines);
  assert.deepEqual(lines.map((each) => cellOf(each, ap).missing), [false, true, true]);
  assert.equal(cellOf(lines[1], ap).text, cellOf(lines[0], score).text); // said of both
  assert.notEqual(cellOf(lines[1], ap).text, cellOf(lines[2], ap).text); // a detector whose picture nobody knows
});

test("panes that look alike in a frame are told together", () => {
  const seen = (/** @type {string} */ looked, /** @type {number | null} */ from) =>
    /** @type {any} */ ({ row: { looked, follows: true }, from });
  const told = handed(new Map([["a", seen("before", 3)], ["b", seen("twice", null)], ["c", seen("before", 3)]]),
    ["a", "b", "c", "uniform"]);
  assert.match(told, /A.*C.*4.*B/);
  assert.equal(handed(undefined, ["a"]), "");
});

test("a method that stands elsewhere already changes places", () => {
  assert.deepEqual(replaced(["a", "b", "c"], 0, "c"), ["c", "b", "a"]);
  assert.deepEqual(replaced(["a", "b", "c"], 1, "x"), ["a", "x", "c"]);
});

test("an answer is fresh while nothing that it is about has changed", () => {
  const answers = { ...noAnswers(), about: state };
  assert.ok(isFresh(answers, { ...state, comparedView: "difference", tool: "pan" }));
  for (const key of KEYS) assert.ok(!isFresh(answers, { ...state, [key]: "other" }), key);
  assert.ok(!isFresh(noAnswers(), state));
});

test("another picture of the visitor's is another picture, though the state calls both the same", () => {
  const [first, second] = [new Blob(["1"]), new Blob(["2"])];
  const shown = (/** @type {Blob} */ blob, /** @type {string} */ id, image = id) => pictureOf(/** @type {any} */ (
    { own: { blob, id }, image: { id: image } }));
  assert.notEqual(shown(first, "x"), shown(second, "y"));
  assert.equal(shown(first, "x"), shown(first, "given anew"));
  assert.equal(shown(first, "x", "street"), "street");
  const entry = (/** @type {Blob} */ picture) => /** @type {any} */ ({ about: state, picture, table: {} });
  const trail = trailOf(trailOf([], entry(first)), entry(second));
  assert.deepEqual(trail.map(({ picture }) => picture), [first, second]);
  assert.equal(trailOf(trail, entry(second)).length, 2);
});

test("a grid that is dropped has a pane of its own while there is room", () => {
  assert.deepEqual(withOne(["a", "b"], "given"), ["a", "b", "given"]);
  assert.deepEqual(withOne(["a", "b", "c", "d"], "given"), ["a", "b", "c", "given"]);
  assert.deepEqual(withOne(["given", "b"], "given"), ["given", "b"]);
});

test("rows are sorted by any column, best first, and those without a value last", () => {
  const rows = [{ region: 0.1, macs: null, roundTrip: 2 }, { region: 0.3, macs: 5, roundTrip: 1 },
    { region: null, macs: 4, roundTrip: 3 }].map((row, at) => line(at, row));
  const order = (/** @type {string} */ name) => sorted(rows, name).map(({ at }) => at);
  assert.deepEqual([order(""), order("region"), order("macs"), order("roundTrip")],
    [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 0, 2]]);
  for (const { name } of COLUMNS) assert.equal(sorted(rows, name).length, 3);
});

test("what needs a network says that it is not comparable, and a size stands there only where sizes differ", () => {
  const rows = [line(0, { size: [8, 16], macs: null, folds: 0 }), line(1, { size: [8, 16], macs: 1e9, folds: 0.5 })];
  const shown = shownOf(rows);
  assert.deepEqual(shown.map(({ name }) => name), ["folds", "macs"]);
  assert.deepEqual(shown.map((column) => cellOf(rows[0], column).text), ["0", "not comparable"]);
  assert.deepEqual(shown.map((column) => cellOf(rows[1], column).text), ["50.0 %", "1.00 G"]);
  const other = [...rows, line(2, { size: [16, 16] })];
  assert.ok(shownOf(other).some(({ name }) => name === "size"));
});

test("the browser's own numbers stand in until Python has answered, and never beside an answer", () => {
  const region = COLUMNS.filter(({ name }) => name === "region")[0];
  const drawn = { region: 0.25, folds: 0, outOfRange: 0, histogram: BARE, largest: 1 };
  assert.equal(cellOf({ ...line(0, null), drawn }, region).text, "25.0 %");
  assert.equal(cellOf({ ...line(0, { region: null }), drawn }, region).text, "–");
});

test("crops show every footprint around one place", () => {
  const square = (/** @type {number} */ x, /** @type {number} */ side) => /** @type {[number, number][]} */ (
    [[x, 0], [x + side, 0], [x + side, side], [x, side]]);
  assert.equal(areaOf(square(3, 4)), 16);
  const { left, top, side } = windowOf([square(0, 4), square(10, 20)]);
  assert.ok(left <= 0 && top <= 0 && left + side >= 30 && top + side >= 20);
});

test("a name's own settings stand in place of the paper's", () => {
  const samplers = [{ name: "lz", title: "LZ", prescribes: { fwhm: 13 }, options: [
    { name: "fwhm", key: "fwhm", kind: "number", min: 0.5, max: 40, default: 10 },
    { name: "mode", key: "mode", kind: "choice", choices: ["fixed", "published"], default: "fixed" },
    { name: "nodes", key: "nodes", kind: "size", min: 2, max: 128, default: [31, 51] }] }];
  const context = /** @type {any} */ ({ host: { catalogue: { samplers } } });
  const made = stateOf(context, state, "lz:published:fwhm=4:nodes=9x8");
  assert.deepEqual([made.sampler, made.mode, made.fwhm, made.nodes], ["lz", "published", 4, [9, 8]]);
  assert.equal(stateOf(context, state, "lz:fwhm=4000").fwhm, 13, "what is out of range is left to Python to refuse");
  assert.equal(stateOf(context, { ...state, mode: "published" }, "lz:fixed").mode, "fixed");
});

test("magnification against area: what is twice as large stands for a quarter of the area", () => {
  assert.deepEqual(curveOf({ edges: [-0.5, 0.5, 1.5], shares: [0.5, 0.5] }), [[0, 1], [0.2, 1], [0.2, 0], [1, 0]]);
  assert.deepEqual(curveOf({ edges: [], shares: [] }), []);
  assert.deepEqual(endsOf([50, 20, 49, 51]), [60, 20, 49, 71], "letters keep the order of their curves");
});

test("a quadtree's samples stand at the corners of its blocks, and every cell has its block's colour", () => {
  const levels = { h: 2, w: 3, stride: 2, data: btoa(String.fromCharCode(1, 1, 0, 1, 1, 0)) };
  const data = new Uint8ClampedArray(4 * 24).map((_, k) => k >> 2);
  const tree = treeOf(levels, [4, 6], { width: 6, height: 4, data });
  assert.deepEqual([...tree.sites].map((v) => Number(v.toFixed(3))), [-1, -1, 0.6, -1, 0.6, 0.333]);
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((k) => tree.mosaic.data[4 * k]), [0, 0, 4, 0, 0, 16]);
  const { quad, pixel } = hoverTree(tree, 2, 1, { width: 6, height: 4 });
  assert.deepEqual([quad[0], quad[2], pixel], [[-0.5, -0.5], [3.5, 3.5], [0, 0]]);
});

test("a figure is drawn by the best judge that its rows have, and scores are held against multiply-adds alone", () => {
  const row = (/** @type {object} */ more) => /** @type {any} */ ({ score: null, intrinsic: null, region: null,
    unseen: null, macs: null, p50: null, samples: 9, ...more });
  const judges = (/** @type {any[]} */ ...rows) => Object.values(judgesOf(rows)).map(({ name }) => name);
  assert.deepEqual(judges(row({ score: 0.5, macs: 9, p50: 1 }), row({ intrinsic: 0.2 })), ["score", "macs"]);
  assert.deepEqual(judges(row({ intrinsic: 0.2, macs: 9, p50: 1 })), ["intrinsic", "ms"]);
  assert.deepEqual(judges(row({ region: 0.2 })), ["region", "samples"]);
  assert.deepEqual(judges(), ["seen", "samples"]);
});

test("the class under the pointer is told, and whether it is wrong there", () => {
  const plane = (/** @type {number[]} */ ...data) => ({ width: 2, height: 1, data: Uint8Array.from(data) });
  const planes = { labels: plane(1, 255), error: plane(1, 0), perfect: false, lines: [{ name: "sky", colour: "" },
    { name: "road", colour: "" }] };
  const hover = (/** @type {number} */ x) => /** @type {any} */ ({ source: [x, 0] });
  const extent = { width: 2, height: 1 };
  assert.deepEqual(toldAt(planes, hover(0), extent), { name: "road", wrong: true });
  assert.equal(toldAt(planes, hover(1), extent), null);
  assert.deepEqual(toldAt({ ...planes, error: null }, hover(0), extent), { name: "road", wrong: false });
});
