// Reads links and writes states as the page does; one JSON object in, one out (see tests/test_contract_link.py).
import "./words.mjs";
import { readFileSync } from "node:fs";
import { readLink, writeLink, writeMap } from "../../lzviz/canvas/core/link.js";
import { createSchema } from "../../lzviz/canvas/core/schema.js";
import * as codec from "../../lzviz/canvas/engine/codec.js";

const json = JSON.parse(readFileSync(new URL("../../lzviz/canvas/schema.json", import.meta.url), "utf8"));
const { links, registries, options } = JSON.parse(readFileSync(0, "utf8"));
const schema = createSchema(json, registries, options);
const maps = json.state.filter(({ type }) => type === "map").map(({ key }) => key);

/** @param {any} state */
async function plain(state) {
  const texts = await Promise.all(maps.map(async (key) => [key, state[key] && (await writeMap(state[key], codec))]));
  return { ...state, ...Object.fromEntries(texts) };
}

const answers = [];
for (const link of links) {
  const { state, problems } = await readLink(link, schema, codec);
  answers.push({ state: await plain(state), problems, link: await writeLink(state, schema, codec) });
}
process.stdout.write(JSON.stringify(answers));
