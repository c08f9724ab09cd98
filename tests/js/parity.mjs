// Computes what test_parity.py asks for: JSON cases on standard input, numbers out.
//
// Output: one line of JSON, for each case a list of [name, count], then all arrays as little-endian float64.
import { attract } from "../../lzviz/canvas/engine/attraction.js";
import { decode } from "../../lzviz/canvas/engine/codec.js";
import { areaOf, emphasisOf, shareOf } from "../../lzviz/canvas/engine/measures.js";
import { foldTiles, jacobianGrid } from "../../lzviz/canvas/engine/warp.js";
import { createModel, createPictures } from "../../lzviz/canvas/viewer/frame.js";
import { there } from "../../lzviz/canvas/rooms/warp/numbers.js";
import { createUnzoom } from "../../lzviz/canvas/viewer/unzoom.js";

/** One of each for all cases, as on a page: what they keep must never show. */
const model = createModel(createPictures());
const back = createUnzoom();

/** A map as the link holds it. */
async function mapOf(text) {
  if (text === null) return null;
  const [, w, h, data] = /^(\d+)x(\d+)\.(.*)$/.exec(text);
  return { h: Number(h), w: Number(w), data: await decode(data, w * h) };
}

/** A page's state on a picture. */
async function frameOf({ state, picture, found, file, fixed, unzoom }) {
  const { h, w, data } = picture;
  const rgba = new Uint8ClampedArray(h * w * 4).fill(255);
  Buffer.from(data, "base64").forEach((value, k) => { rgba[4 * Math.floor(k / 3) + (k % 3)] = value; });
  const image = { data: rgba, width: w, height: h, displayWidth: w, displayHeight: h };
  const seen = found && { ...(await mapOf(found)), of: state.saliency };
  const live = { image, found: seen, file: await mapOf(file), fixed };
  const given = { ...state, paint: await mapOf(state.paint), edgePaint: await mapOf(state.edgePaint) };
  const { attracting, saliency, warp, grid, colours, ...frame } = model.frame(given, live);
  const weights = emphasisOf(given, saliency, [h, w]);
  const unzoomed = new Float32Array(unzoom[0] * unzoom[1] * 4);
  const inverse = back.image({ warp, colours, ...frame }, unzoom, undefined, unzoomed);
  return {
    attracting: attracting ?? [], nodes: warp.nodes, size: warp.size, grid, inverse: inverse.grid, valid: inverse.valid,
    folds: foldTiles(warp), jacobian: jacobianGrid(warp, frame.zoomed, [h, w]), zoomed: colours, unzoomed,
    trip: Object.values(there({ warp, source: [h, w] })), share: weights ? [shareOf(weights, grid),
      areaOf(weights)] : [],
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
