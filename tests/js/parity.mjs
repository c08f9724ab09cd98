// Computes what test_parity.py asks for: JSON cases on standard input, numbers out.
//
// Output: one line of JSON, for each case a list of [name, count], then all arrays as little-endian float64.
import { attract } from "../../lzviz/canvas/engine/attraction.js";
import { decode } from "../../lzviz/canvas/engine/codec.js";
import { computeFrame, createWorkspace } from "../../lzviz/canvas/engine/frame.js";
import { unzoomImage } from "../../lzviz/canvas/engine/resample.js";
import { saliencyAtNodes } from "../../lzviz/canvas/engine/saliency.js";
import { foldTiles } from "../../lzviz/canvas/engine/warp.js";
import { emphasisOf, shareOf, areaOf } from "../../lzviz/canvas/engine/measures.js";

/** One workspace for all cases: what it keeps must never show. */
const workspace = createWorkspace();

/** A map as the link holds it. */
async function mapOf(text) {
  if (text === null) return null;
  const [, w, h, data] = /^(\d+)x(\d+)\.(.*)$/.exec(text);
  return { h: Number(h), w: Number(w), data: await decode(data, w * h) };
}

/** A page's state on a picture. */
async function frameOf({ state, picture, edges, file, fixed, unzoom }) {
  const { h, w, data } = picture;
  const rgba = new Uint8ClampedArray(h * w * 4).fill(255);
  Buffer.from(data, "base64").forEach((value, k) => { rgba[4 * Math.floor(k / 3) + (k % 3)] = value; });
  const image = { data: rgba, width: w, height: h, displayWidth: w, displayHeight: h };
  const sources = { edges: await mapOf(edges), file: await mapOf(file), fixed };
  const given = { ...state, paint: await mapOf(state.paint), edgePaint: await mapOf(state.edgePaint) };
  const frame = computeFrame(given, image, sources, { unzoom, jacobian: true, folds: true }, workspace);
  const { grid, valid } = frame.inverse;
  const weights = emphasisOf(given, frame.saliency, frame.source);
  const unzoomed = unzoomImage(frame.zoomedColours, frame.zoomed, frame.inverse, new Float32Array(valid.length * 4));
  return {
    attracting: frame.saliency ? saliencyAtNodes(frame.saliency, state.contrast, state.nodes) : [],
    nodes: frame.warp.nodes, size: frame.warp.size, grid: frame.grid, inverse: grid, valid, folds: frame.folds,
    jacobian: frame.jacobian, zoomed: frame.zoomedColours, unzoomed,
    share: weights ? [shareOf(weights, frame.grid), areaOf(weights)] : [],
  };
}

/** The attraction alone, with the options that no state has. */
function attractionOf({ saliency, h, w, options }) {
  const nodes = attract(saliency, h, w, options);
  return { nodes, folds: foldTiles({ nodes, size: [h, w], separable: options.separable }) };
}

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const heads = [];
const bodies = [];
for (const one of JSON.parse(Buffer.concat(chunks).toString())) {
  const arrays = Object.entries(one.options ? attractionOf(one) : await frameOf(one));
  heads.push(arrays.map(([name, values]) => [name, values.length]));
  for (const [, values] of arrays) bodies.push(Buffer.from(Float64Array.from(values).buffer));
}
process.stdout.write(`${JSON.stringify(heads)}\n`);
for (const body of bodies) process.stdout.write(body);
