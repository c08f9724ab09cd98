// Milliseconds of each stage of a frame: 31 x 51 nodes, 256 x 128 samples of a 1024 x 2048 source, unzoomed at
// 480 x 240.   node benchmarks/engine.mjs [frames]
import { computeFrame, createWorkspace } from "../lzviz/canvas/engine/frame.js";

const FRAMES = Number(process.argv[2] ?? 300);
const [height, width] = [1024, 2048];

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
const image = picture();
const wanted = { unzoom: [240, 480] };

function measure(name, patch, more) {
  const workspace = createWorkspace();
  const times = {};
  for (let step = 0; step < FRAMES; step++) {
    const start = performance.now();
    const given = { ...state, ...patch, paint: painted(step) };
    const frame = computeFrame(given, image, {}, { ...wanted, ...more }, workspace);
    const taken = { ...frame.milliseconds, frame: performance.now() - start };
    if (step >= 20) for (const [stage, time] of Object.entries(taken)) (times[stage] ??= []).push(time);
  }
  console.log(`\n${name}`);
  for (const [stage, list] of Object.entries(times)) {
    list.sort((a, b) => a - b);
    const at = (share) => list[Math.ceil(share * list.length) - 1].toFixed(2).padStart(7);
    const [p50, p95, max] = [0.5, 0.95, 1].map(at);
    console.log(`  ${stage.padEnd(14)} p50 ${p50}   p95 ${p95}   max ${max} ms`);
  }
}

measure("nonseparable, anti-aliased", {});
measure("separable, anti-aliased", { separable: true });
measure("nonseparable, bilinear", { interpolation: "bilinear" });
measure("nonseparable, all overlays", {}, { jacobian: true, folds: true, density: [128, 256], approximation: true });
