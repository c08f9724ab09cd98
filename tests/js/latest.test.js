// @ts-check
/** What was asked for last is what is shown: of addresses changed by hand, and of pictures. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./words.mjs";

import { followAddress, stateOfLink } from "../../lzviz/canvas/core/address.js";
import { createAgain } from "../../lzviz/canvas/core/again.js";
import { createBrought } from "../../lzviz/canvas/core/brought.js";
import { ServerError } from "../../lzviz/canvas/core/errors.js";
import { emptyLive } from "../../lzviz/canvas/core/context.js";
import { createImages } from "../../lzviz/canvas/core/images.js";
import { createSchema, defaults, untracked } from "../../lzviz/canvas/core/schema.js";
import { createStore } from "../../lzviz/canvas/core/store.js";
import { overHttp } from "../../lzviz/canvas/core/transport.js";
import * as codec from "../../lzviz/canvas/engine/codec.js";

const json = JSON.parse(readFileSync(new URL("../../lzviz/canvas/schema.json", import.meta.url), "utf8"));
const schema = createSchema(json, { samplers: ["uniform", "lz"], sources: ["paint"] }, {});
const pictures = ["coffee", "chelsea", "rocket"].map((id) => ({ id }));
const host = { transport: overHttp("http://x/"), catalogue: { pictures, samplers: [{ name: "lz" }] } };

/** A context whose parts are real where the state passes. @param {any} [more] @returns {any} */
const contextOf = (more) => ({ schema, host, rooms: ROOMS, brought: createBrought(),
  again: createAgain(/** @type {any} */ (new EventTarget())), patiently: (/** @type {any} */ ask) => ask(),
  store: createStore({ ...defaults(schema), image: "coffee" }, { untracked: untracked(schema) }),
  live: createStore(emptyLive()), ...more });

const COMPARE = { step: (/** @type {any} */ { compared }) => compared.join() };
const ROOMS = { ofSampler: () => null, of: (/** @type {any} */ { room }) => (room === "compare" ? COMPARE : {}) };

/** An address whose changes by hand are told later, as a browser does. @param {string} hash */
function addressBar(hash) {
  let now = hash;
  let heard = () => {};
  return {
    read: () => now,
    steps: /** @type {string[]} */ ([]),
    write(/** @type {string} */ next, /** @type {boolean} */ step) {
      if (step) this.steps.push(now);
      now = next;
    },
    link: (/** @type {string} */ next) => next,
    follow: (/** @type {() => void} */ changed) => (heard = changed, () => {}),
    type: (/** @type {string} */ next) => (now = next, () => heard()),
  };
}

const STRENGTH = defaults(schema).strength;

const while_ = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/** @param {string} hash @param {string} [known] */
function followed(hash, known) {
  const address = addressBar(hash);
  const context = contextOf({ host: { ...host, address } });
  const restore = (/** @type {any} */ { state }) => context.store.set(state, { history: true });
  const { stop } = followAddress(context, codec, restore, known);
  return { ...context, address, stop };
}

test("an address typed as that of the older state is about to be written is read, not written over", async () => {
  const { store, address, stop } = followed("#image=coffee");
  store.set({ strength: 50 });
  const tell = address.type("#image=rocket&width=149");
  // The pause of the older state ends before the browser tells.
  await while_(400);
  tell();
  await while_(400);
  assert.deepEqual([store.get().image, store.get().width, store.get().strength], ["rocket", 149, STRENGTH]);
  assert.match(address.read(), /^#image=rocket&(.*&)?width=149$/);
  stop();
});

test("an address typed while the page was being built is read", async () => {
  const { store, stop } = followed("#image=rocket&width=149", "#image=coffee");
  await while_(50);
  assert.deepEqual([store.get().image, store.get().width], ["rocket", 149]);
  stop();
});

/** Pictures that arrive when the test says so. @param {any} t */
function pictureServer(t) {
  /** @type {Map<string, {arrive: () => void, fail: (error: Error) => void}>} */
  const asked = new Map();
  t.mock.method(globalThis, "fetch", (/** @type {URL} */ url) => new Promise((done, fail) => {
    const arrive = () => done({ ok: true, blob: async () => ({}), headers: new Map() });
    asked.set(url.pathname.split("/").at(-1) ?? "", { arrive, fail });
  }));
  const bitmap = { width: 4, height: 2, close() {} };
  const pen = { drawImage() {}, getImageData: () => ({ data: new Uint8ClampedArray(32) }) };
  const globals = /** @type {any} */ (globalThis);
  globals.createImageBitmap = async () => bitmap;
  globals.document = { createElement: () => ({ getContext: () => pen }) };
  t.after(() => {
    delete globals.createImageBitmap;
    delete globals.document;
  });
  return asked;
}

/** A page that shows the coffee. @param {any} t */
async function shown(t) {
  const context = contextOf();
  const asked = pictureServer(t);
  const images = createImages(context);
  context.store.subscribe((/** @type {any} */ _, /** @type {any} */ changed) =>
    changed.has("image") && void images.follow());
  void images.follow();
  asked.get("coffee")?.arrive();
  await while_(5);
  assert.equal(context.live.get().image.id, "coffee");
  t.after(() => context.again.stop());
  return { ...context, asked, images };
}

const seen = (/** @type {any} */ { store, live }) => [store.get().image, live.get().image.id, live.get().loading];

test("a picture that arrives once the one before is wanted again is not shown", async (/** @type {any} */ t) => {
  const page = await shown(t);
  page.store.set({ image: "rocket" }, { history: true });
  page.store.set({ image: "coffee" }, { history: true });
  page.asked.get("rocket")?.arrive();
  await while_(5);
  assert.deepEqual(seen(page), ["coffee", "coffee", false]);
});

test("pressing the picture that is shown takes back the choice of another one", async (/** @type {any} */ t) => {
  const page = await shown(t);
  page.images.choose("chelsea");
  page.images.choose("coffee");
  page.asked.get("chelsea")?.arrive();
  await while_(5);
  assert.deepEqual(seen(page), ["coffee", "coffee", false]);
});

test("a picture that failed is not asked for again once the one before is wanted", async (/** @type {any} */ t) => {
  const page = await shown(t);
  const online = new Promise((done) => setTimeout(done, 1100));
  page.store.set({ image: "rocket" }, { history: true });
  page.asked.get("rocket")?.fail(new ServerError("Python cannot be reached", 0));
  await while_(5);
  assert.ok(page.live.get().error.press);
  page.store.undo();
  page.asked.clear();
  await online;
  assert.deepEqual([...seen(page), page.live.get().error, page.asked.size], ["coffee", "coffee", false, null, 0]);
});

test("what was painted on an own picture waits for it and does not lie on another one", async () => {
  const hash = `#image=own&strength=77&paint=4x2.${await codec.encode(new Uint8Array(8))}&boxes=1,2,3,4`;
  const told = await stateOfLink(/** @type {any} */ (contextOf({})), codec, hash);
  assert.deepEqual([told.state.paint, told.state.boxes, told.state.strength], [null, [], 77]);
  assert.deepEqual([told.aside?.boxes, told.aside?.paint?.w], [[[1, 2, 3, 4]], 4]);
  const there = contextOf({});
  there.live.set({ own: /** @type {any} */ ({ id: "x" }) });
  const mine = await stateOfLink(/** @type {any} */ (there), codec, `#image=own&boxes=1,2,3,4`);
  assert.deepEqual([mine.aside, mine.state.boxes, mine.state.image], [null, [[1, 2, 3, 4]], "own"]);
});

test("panes of a comparison are steps of the history, and of quick changes the last one is written", async () => {
  const { store, address, stop } = followed("#image=coffee");
  store.set({ room: "compare" });
  await while_(400);
  store.set({ compared: ["uniform", "lzu"] });
  store.set({ compared: ["uniform", "lz"] });
  store.set({ width: 149 });
  await while_(400);
  assert.equal(address.steps.length, 2);
  assert.doesNotMatch(address.steps[1], /methods=/);
  assert.match(address.read(), /methods=uniform,lz&|methods=uniform,lz$/);
  assert.match(address.read(), /width=149/);
  address.type(address.steps[1])();
  await while_(400);
  assert.equal(address.steps.length, 2);
  assert.equal(store.get().compared.length, 4);
  stop();
});
