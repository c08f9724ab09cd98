// A light answer from a file as the page of a folder makes it whole again: for tests/test_alone.py.
import { readFileSync } from "node:fs";
import { restored } from "../../lzviz/canvas/alone/light.js";

const shared = async (/** @type {string} */ name) => Response.json(`of ${name}`);
const wrong = async (/** @type {string} */ labels, /** @type {string} */ truth) => `${labels} against ${truth}`;
console.log(JSON.stringify(await restored(JSON.parse(readFileSync(process.argv[2], "utf8")), shared, wrong)));
