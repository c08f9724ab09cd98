// Milliseconds of the parts of a frame, as the page composes it: 31 x 51 nodes, 256 x 128 samples of a 1024 x 2048
// source, brought back at 480 x 240.   node benchmarks/engine.mjs [frames]
import { createInverseWorkspace, invertLattice } from "../lzviz/canvas/engine/inverse.js";
import { unzoomImage } from "../lzviz/canvas/engine/resample.js";
import { foldTiles } from "../lzviz/canvas/engine/warp.js";
import { densityField, fieldSize, gridError, magnificationField, pulledBack } from "../lzviz/canvas/viewer/fields.js";
import { createModel, createPictures } from "../lzviz/canvas/viewer/frame.js";
import { createDot, drawHeat, drawPoints } from "../lzviz/canvas/viewer/raster.js";
import { createUnzoom } from "../lzviz/canvas/viewer/unzoom.js";

const FRAMES = Number(process.argv[2] ?? 300);
const WARM_UP = 20;
const [height, width] = [1024, 2048];
const BACK = [240, 480];
/** The source on the screen. */
const SHOWN = { width: 760, height: 380 };

/** A picture of smooth noise: nothing here depends on its content. */
function picture() {
  const data = new Uint8ClampedArray(height * width * 4);
  for (let k = 0; k < data.length; k++) data[k] = 128 + 90 * Math.sin(k / 37) + 30 * Math.cos(k / 7001);
  return { data, displayWidth: width, displayHeight: height, width, height };
}

/** Paint that follows a pointer on a circle: every frame has another warp. */
function painted(step) {
  const data = new Uint8Array(64 * 128);
  const [x, y] = [64 + 40 * Math.cos(step / 20), 32 + 18 * Math.sin(step / 20)];
  for (let i = 0; i < 64; i++) {
    for (let j = 0; j < 128; j++) data[128 * i + j] = 255 * Math.exp(-((i - y) ** 2 + (j - x) ** 2) / 60);
  }
  return { h: 64, w: 128, data };
}

const state = {
  sampler: "lzu", mode: "fixed", saliency: "paint", strength: 50, contrast: 1, floor: null, fwhm: 10, width: 256,
  nodes: [31, 51], separable: false, antiCrop: true, interpolation: "antialias", sourceScale: 1,
  paint: null, edgePaint: null, boxes: [],
};
const live = { image: picture() };
const pictures = createPictures();
const back = createUnzoom();
const layerSpace = createInverseWorkspace();
const out = new Uint8ClampedArray(BACK[0] * BACK[1] * 4);
const surface = { ...SHOWN, pixels: new Uint32Array(SHOWN.width * SHOWN.height) };
const projection = { scale: SHOWN.width / width, x: 0, y: 0 };
const dot = createDot(0.85, 0.75, SHOWN.width);
/** Neither clear nor opaque: blending is part of the price. */
const table = new Uint32Array(256).fill(0x80ff8040);

/** The parts that every frame has. */
function everyFrame(frame, timed) {
  const inverse = timed("inverse", () => back.inverse(frame, BACK));
  timed("unzoom", () => unzoomImage(frame.colours, frame.zoomed, inverse, out));
  surface.pixels.fill(0);
  timed("points", () => drawPoints(surface, projection, live.image, frame.grid, ...frame.zoomed, 2, dot));
}

/** What layers over the source cost when they are on. */
function layers(frame, timed) {
  const size = fieldSize(frame.source);
  timed("folds", () => foldTiles(frame.warp));
  timed("density", () => densityField(frame.grid, frame.zoomed, [40, 80]));
  const inverse = timed("their inverse", () => invertLattice(frame.warp, size, layerSpace));
  const field = timed("magnification", () => magnificationField(frame.warp, size, inverse));
  timed("grid error", () => pulledBack(size, inverse, gridError(frame, state.nodes)));
  timed("one heat map", () => drawHeat(surface, projection, live.image, field, table));
}

function measure(name, patch, { more = false, quick = false } = {}) {
  const model = createModel(pictures);
  const times = {};
  for (let step = 0; step < FRAMES; step++) {
    const taken = {};
    const timed = (part, work) => {
      const start = performance.now();
      const result = work();
      taken[part] = performance.now() - start;
      return result;
    };
    const given = { ...state, ...patch, paint: painted(step) };
    const start = performance.now();
    const frame = model.frame(given, live, { quick });
    Object.assign(taken, { warp: frame.warpMs, zoom: frame.zoomMs });
    everyFrame(frame, timed);
    if (more) layers(frame, timed);
    taken.frame = performance.now() - start;
    if (step >= WARM_UP) for (const [part, time] of Object.entries(taken)) (times[part] ??= []).push(time);
  }
  console.log(`\n${name}`);
  for (const [part, list] of Object.entries(times)) {
    list.sort((a, b) => a - b);
    const at = (share) => list[Math.ceil(share * list.length) - 1].toFixed(2).padStart(7);
    const [min, p50, p95, max] = [1 / list.length, 0.5, 0.95, 1].map(at);
    console.log(`  ${part.padEnd(14)} min ${min}   p50 ${p50}   p95 ${p95}   max ${max} ms`);
  }
}

measure("nonseparable, anti-aliased, while a hand moves", {}, { quick: true });
measure("nonseparable, anti-aliased, at rest", {});
measure("separable, anti-aliased", { separable: true });
measure("nonseparable, bilinear", { interpolation: "bilinear" });
measure("nonseparable, all layers", {}, { more: true });
