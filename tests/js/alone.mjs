// Findings of the page's own doctor on grids from a file of JSON: for tests/test_alone.py.
import { readFileSync } from "node:fs";
import { findingsOf } from "../../lzviz/canvas/alone/doctor.js";

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(cases.map(({ size, nodes, source }) =>
  findingsOf({ size, nodes: Float64Array.from(nodes) }, source)
    .findings.map(({ check, verdict }) => [check, verdict]))));
