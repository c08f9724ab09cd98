// @ts-check
/**
 * The state as the text after # in the address, and back.
 *
 * `#image=street&strength=34&nodes=31x51&layers=points,mesh&boxes=1,2,3,4_5,6,7,8&paint=128x64.<base64url>`: the image
 * always, every other key only when it is not its default. Reading never fails: a value that makes no sense is
 * clamped or left out, and told in `problems`.
 */
import { same } from "./store.js";
import { clamp, defaults } from "./schema.js";
import { readOptions, writeOptions } from "./options.js";
import { t } from "./text.js";

/**
 * @typedef {import("./store.js").State} State
 * @typedef {import("./store.js").PaintMap} PaintMap
 * @typedef {import("./schema.js").Schema} Schema
 * @typedef {import("./schema.js").Field} Field
 *
 * @typedef {object} Codec  bytes <-> base64url text
 * @property {(bytes: Uint8Array) => string | Promise<string>} encode
 * @property {(text: string, length: number) => Uint8Array | Promise<Uint8Array>} decode  `length` bytes, or throws
 */

/** A longer link is not one of ours: two full maps stay far below. */
const MAX_LENGTH = 200_000;

/** @param {PaintMap} map @param {Codec} codec @returns {Promise<string>} */
export async function writeMap(map, codec) {
  return `${map.w}x${map.h}.${await codec.encode(map.data)}`;
}

/**
 * @param {string} text @param {Codec} codec @param {number} largest cells of the longer side
 * @returns {Promise<PaintMap>}
 */
export async function readMap(text, codec, largest) {
  const match = /^(\d{1,4})x(\d{1,4})\.([\w-]+)$/.exec(text);
  if (!match) throw new Error("not a map");
  const [w, h] = [Number(match[1]), Number(match[2])];
  if (Math.min(h, w) < 2 || Math.max(h, w) > largest) throw new Error("size of the map out of range");
  const data = await codec.decode(match[3], h * w);
  if (data.length !== h * w) throw new Error("incomplete map");
  return Object.freeze({ h, w, data });
}

/** @param {any} value @param {Field} field @param {Codec} codec @returns {Promise<string>} */
async function write(value, field, codec) {
  if (value === null) return field.type === "map" ? "none" : "auto";
  switch (field.type) {
    case "boolean": return value ? "1" : "0";
    case "size": return value.join("x");
    case "boxes": return value.length ? value.map((/** @type {number[]} */ box) => box.join(",")).join("_") : "none";
    case "flags": return (field.choices ?? []).filter((name) => value[name]).join(",") || "none";
    case "map": return writeMap(value, codec);
    case "camera": return value.join(",");
    case "names": return value.map(encodeURIComponent).join(",") || "none";
    case "options": return writeOptions(value);
    case "methods": return value.map(encodeURIComponent).join(",");
    default: return encodeURIComponent(String(value));
  }
}

/** @param {string} text @param {Field} field @param {(why: string) => void} complain */
function readNumber(text, field, complain) {
  if (field.nullable && text === "auto") return null;
  const value = text.trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(value)) throw new Error("not a number");
  const kept = clamp(field.type === "integer" ? Math.round(value) : value, field);
  if (kept !== value) complain(t("link.outOfRange", { label: field.label, text, kept: String(kept) }));
  return kept;
}

/** @param {string} text @param {Field} field @param {(why: string) => void} complain */
function readSize(text, field, complain) {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  if (!match) throw new Error("not a size");
  const asked = [Number(match[1]), Number(match[2])];
  const kept = asked.map((n) => clamp(n, field));
  if (!same(asked, kept)) complain(t("link.outOfRange", { label: field.label, text, kept: kept.join("x") }));
  return kept;
}

/** @param {string} text @param {Field} field @param {number} most */
function readBoxes(text, field, most) {
  if (text === "none") return [];
  return text.split("_").slice(0, most).map((part) => {
    const box = part.split(",").map(Number);
    if (box.length !== 4 || box.some((n) => !Number.isFinite(n) || n !== clamp(n, field))) throw new Error("not a box");
    if (box[2] <= box[0] || box[3] <= box[1]) throw new Error("empty box");
    return box;
  });
}

/** @param {string} text @param {Field} field */
function readFlags(text, field) {
  const on = text === "none" ? [] : text.split(",");
  if (!on.every((name) => field.choices?.includes(name))) throw new Error("unknown layer");
  return Object.fromEntries((field.choices ?? []).map((name) => [name, on.includes(name)]));
}

/** @param {string} text @param {Field} field */
function readCamera(text, field) {
  const value = text.split(",").map((part) => (part.trim() ? Number(part) : NaN));
  const [low, high] = [field.min ?? 1, field.max ?? Infinity];
  const within = value.every((n, at) => (at < 2 ? n >= 0 && n <= 1 : n >= low && n <= high));
  if (value.length !== 3 || !within) throw new Error("not a camera");
  return value;
}

/** Most names that a key holds. */
const NAMES = 32;

/** @param {string} text */
function readNames(text) {
  const names = text === "none" ? [] : text.split(",");
  if (names.length > NAMES || !names.every((name) => /^[\w -]{1,40}$/.test(name))) throw new Error("not names");
  return [...new Set(names)];
}

/** @param {string} text @param {Field} field */
function readChoice(text, field) {
  const value = (field.choices ?? []).find((choice) => String(choice) === text);
  if (value === undefined) throw new Error("not one of the choices");
  return value;
}

/** @param {string} text @param {readonly string[] | undefined} known */
function readId(text, known) {
  if (!/^[\w-]{1,80}$/.test(text)) throw new Error("not an id");
  if (known && !known.includes(text)) throw new Error("not in its registry");
  return text;
}

/** A sampler or a checkpoint, and settings of its own: `lzu:published`, `cad:threshold=high:depth=2`. */
const METHOD = /^[\w-]{1,80}(:[\w-]{1,40}(=[\w.-]{1,80})?){0,6}$/;

/** @param {string} text @param {Field} field */
function readMethods(text, field) {
  const names = text.split(",");
  if (!names.every((name) => METHOD.test(name))) throw new Error("not an id");
  if (names.length !== clamp(names.length, field) || new Set(names).size < names.length) throw new Error("not methods");
  return names;
}

/** @param {string} text */
function readBoolean(text) {
  if (text !== "0" && text !== "1") throw new Error("neither 0 nor 1");
  return text === "1";
}

/**
 * @param {string} text @param {Field} field @param {Schema} schema @param {Codec} codec
 * @param {(why: string) => void} complain
 * @returns {Promise<unknown>} throws an Error when the text means nothing
 */
async function read(text, field, schema, codec, complain) {
  switch (field.type) {
    case "boolean": return readBoolean(text);
    case "size": return readSize(text, field, complain);
    case "boxes": return readBoxes(text, field, schema.limits.boxes);
    case "flags": return readFlags(text, field);
    case "camera": return readCamera(text, field);
    case "names": return readNames(text);
    case "map": return text === "none" ? null : readMap(text, codec, schema.limits.lattice);
    case "choice": return readChoice(text, field);
    case "options":
      return readOptions(text, schema, (part) => complain(t("link.unreadable", { part: `“${clip(part)}”` })));
    case "methods": return readMethods(text, field);
    case "id": return readId(text, schema.registries[field.of ?? ""]);
    default: return readNumber(text, field, complain);
  }
}

/**
 * The text after #.
 * @param {State} state @param {Schema} schema @param {Codec} codec
 * @returns {Promise<string>}
 */
export async function writeLink(state, schema, codec) {
  const parts = [];
  for (const field of schema.state) {
    const value = state[/** @type {keyof State} */ (field.key)];
    if (field.key !== "image" && same(value, field.default)) continue;
    parts.push(`${field.url}=${await write(value, field, codec)}`);
  }
  return parts.join("&");
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The state that a link asks for.
 * @param {string} hash with or without its #
 * @param {Schema} schema @param {Codec} codec
 * @returns {Promise<{state: State, problems: string[]}>}
 */
export async function readLink(hash, schema, codec) {
  /** @type {Record<string, unknown>} */
  const state = { ...defaults(schema) };
  /** @type {string[]} */
  const problems = [];
  const text = hash.replace(/^#/, "");
  if (text.length > MAX_LENGTH) return { state: defaults(schema), problems: [t("link.tooLong")] };
  const byUrl = new Map(schema.state.map((field) => [field.url, field]));
  for (const given of text.split("&").filter(Boolean)) {
    const part = Object.hasOwn(schema.renamed, given) ? schema.renamed[given] : given;
    const cut = part.indexOf("=");
    const field = byUrl.get(part.slice(0, cut));
    if (cut < 1 || !field) {
      problems.push(t("link.unknown", { part: `“${clip(decoded(part))}”` }));
      continue;
    }
    try {
      const complain = (/** @type {string} */ why) => problems.push(why);
      state[field.key] = await read(decoded(part.slice(cut + 1)), field, schema, codec, complain);
    } catch {
      problems.push(t("link.unreadable", { part: field.label }));
    }
  }
  return { state: /** @type {any} */ (state), problems };
}

/** @param {string} text */
const clip = (text) => (text.length > 24 ? `${text.slice(0, 24)}…` : text);

/**
 * One line about what a link asked for and did not get, or null.
 * @param {readonly string[]} problems
 */
export function linkNotice(problems) {
  if (!problems.length) return null;
  const values = { problems: problems.slice(0, 2), more: problems.length - 2 };
  return t(problems.length > 2 ? "link.problemsAndMore" : "link.problems", values);
}
