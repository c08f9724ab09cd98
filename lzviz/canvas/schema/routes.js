// @ts-check
// Made by python -m lzviz.contract; edit lzviz/contract instead.

export const ROUTES = Object.freeze({
  catalogue: { path: "lzviz/catalogue", method: "GET", limit: 1048576 },
  picture: { path: "lzviz/picture/{id}", method: "GET", limit: 1048576 },
  addPicture: { path: "lzviz/picture", method: "POST", limit: 67108864 },
  saliency: { path: "lzviz/saliency", method: "POST", limit: 1048576 },
  addMap: { path: "lzviz/map", method: "POST", limit: 16777216 },
  addTruth: { path: "lzviz/truth", method: "POST", limit: 16777216 },
  compute: { path: "lzviz/compute", method: "POST", limit: 1048576 },
  warpTimes: { path: "lzviz/warp-time", method: "POST", limit: 1048576 },
  export: { path: "lzviz/export", method: "POST", limit: 1048576 },
  cadMask: { path: "lzviz/cad-mask", method: "POST", limit: 1048576 },
  cadFeatures: { path: "lzviz/cad", method: "POST", limit: 1048576 },
  cadKeypoints: { path: "lzviz/keypoints", method: "POST", limit: 1048576 },
  cadCost: { path: "lzviz/cad-cost", method: "POST", limit: 1048576 },
  pipeline: { path: "lzviz/learned", method: "POST", limit: 1048576 },
  pipelineFeatures: { path: "lzviz/learned-features", method: "POST", limit: 1048576 },
  pipelineTimes: { path: "lzviz/learned-time", method: "POST", limit: 1048576 },
  pipelinePixel: { path: "lzviz/learned-pixel", method: "POST", limit: 1048576 },
  pipelineTraining: { path: "lzviz/learned-training", method: "POST", limit: 1048576 },
  cards: { path: "lzviz/models", method: "GET", limit: 1048576 },
  results: { path: "lzviz/results", method: "GET", limit: 1048576 },
  resultsTable: { path: "lzviz/results.csv", method: "GET", limit: 1048576 },
  addCheckpoint: { path: "lzviz/checkpoint", method: "POST", limit: 67108864 },
  fetchCheckpoint: { path: "lzviz/checkpoint-hub", method: "POST", limit: 1048576 },
  openCheckpoint: { path: "lzviz/checkpoint-folder", method: "POST", limit: 1048576 },
});
