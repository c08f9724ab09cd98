// @ts-check
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import "./words.mjs";

import { createRooms } from "../../lzviz/canvas/core/rooms.js";
import { createSchema, defaults } from "../../lzviz/canvas/core/schema.js";
import { ROOMS } from "../../lzviz/canvas/rooms/list.js";

const canvas = new URL("../../lzviz/canvas/", import.meta.url);
const schema = createSchema(JSON.parse(readFileSync(new URL("schema.json", canvas), "utf8")));

test("every room keeps the promise with names of the state", () => {
  const rooms = schema.field("room").choices ?? [];
  const tools = schema.field("tool").choices ?? [];
  const state = defaults(schema);
  for (const room of ROOMS.all) {
    assert.ok(rooms.includes(room.id), room.id);
    assert.equal(ROOMS.of({ ...state, room: room.id }), room);
    for (const key of room.owns) assert.ok(schema.field(key), key);
    for (const tool of tools) {
      if (!room.tools.includes(tool)) assert.ok(room.toolReason(tool, state), `${room.id}: ${tool}`);
    }
    const key = room.paintKey(state);
    assert.ok(key === null || schema.field(key).type === "map");
    if (room.whole) assert.deepEqual([room.files, room.tools], [[], []]);
    else assert.ok(room.files.length && room.accepts && room.status.python);
  }
});

test("a room that nobody knows is the first one, and a line of the menu of samplers leads to its room", () => {
  const rooms = createRooms(ROOMS.all.filter(({ id }) => id !== "pipeline"));
  assert.equal(rooms.of(/** @type {any} */ ({ room: "pipeline" })).id, ROOMS.all[0].id);
  assert.equal(ROOMS.ofSampler("cad")?.id, "cad");
  assert.equal(ROOMS.ofSampler("lzu"), null);
  assert.deepEqual(ROOMS.tabs, ["explore", "compare", "doctor", "learn", "models"]);
  assert.deepEqual(ROOMS.below("explore").map(({ id }) => id), ["warp", "cad", "pipeline"]);
  assert.equal(ROOMS.examining()?.id, "doctor");
  const opening = (/** @type {string} */ name, room = "warp", python = true) => ROOMS.opening(name,
    /** @type {any} */ ({ store: { get: () => ({ room }) }, host: { transport: { answers: () => python },
      catalogue: { samplers: [{ name: "given", title: "", options: [] }], checkpoints: [] } } }))?.id ?? null;
  assert.deepEqual([opening("Grid.NPY"), opening("a.png")], ["doctor", null]);
  // A grid that is dropped on methods becomes one of them, where Python can read it.
  assert.deepEqual([opening("Grid.NPY", "compare"), opening("a.png", "compare"), opening("g.npy", "compare", false)],
    ["compare", null, "doctor"]);
  assert.deepEqual(ROOMS.all.filter(({ flip }) => flip !== "rail.flip").map(({ id }) => id), ["compare"]);
});

test("nobody outside a room's folder asks which room it is", () => {
  const ids = schema.field("room").choices ?? [];
  const asked = new RegExp(`[!=]==? ?"(${ids.join("|")})"|case "(${ids.join("|")})"`);
  const all = /** @type {string[]} */ (readdirSync(canvas, { recursive: true, encoding: "utf8" }));
  const files = all.filter((name) => name.endsWith(".js"));
  const outside = files.filter((name) => !name.startsWith("rooms/") || name.startsWith("rooms/list"));
  assert.ok(outside.length > 40);
  for (const name of outside) assert.doesNotMatch(readFileSync(new URL(name, canvas), "utf8"), asked, name);
});
