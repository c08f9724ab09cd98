// @ts-check
/** Trained pipelines: from a picture to labels, and back. */
import { PICTURES } from "../../core/rooms.js";
import { pairs } from "../../viewer/arrange.js";
import { createModelMenu } from "./menu.js";
import { mountPipeline } from "./pipeline.js";
import { checkpointOf, finds } from "./words.js";
import { ROUTES } from "../../schema/routes.js";

/** @type {import("../../kit/dialogs.js").Files} */
const FILES = [
  ["overlay", ["png", "svg"], "pipeline.file.overlay"],
  ["labels", ["png"], "pipeline.file.labels"],
  ["zoomed", ["png"], "file.zoomed"],
  ["prediction", ["png", "svg"], "pipeline.file.prediction"],
  ["error", ["png"], "pipeline.file.error"],
  ["boxes", ["csv", "json"], "pipeline.file.boxes"], null,
  ["saliency", ["npz"], "pipeline.file.saliency"],
  ["trace", ["npz"], "pipeline.file.trace"],
  ["snippet", ["py"], "pipeline.file.snippet"],
];

/** Maps of perfect knowledge that are made by hand. @type {Record<string, "paint" | "edgePaint">} */
const KNOWN = { paint: "paint", edges: "edgePaint" };

/** @type {import("../../core/rooms.js").Declared} */
export const pipeline = {
  id: "pipeline",
  tab: "explore",
  owns: ["checkpoint", "learnedFrom", "learnedLambda", "learnedStage", "learnedChannel", "learnedLeft", "learnedRight",
    "learnedOpacity", "learnedStep", "foundScore"],
  accepts: PICTURES,
  hidesSamplers: true,
  tools: ["pick", "paint", "erase", "pan"],
  files: FILES,
  styles: ["style/learned.css"],
  status: { browser: null, python: "status.pipeline" },
  paintKey: ({ learnedFrom }) => KNOWN[learnedFrom] ?? null,
  refuses: { box: "pipeline.noBoxes", paint: "pipeline.noPaint" },
  menu: createModelMenu,
  need({ host, store }, aspect) {
    const size = checkpointOf(host, store.get())?.size;
    return (room) => pairs(room, [aspect, size ? size[1] / size[0] : aspect]);
  },
  asks: () => [ROUTES.pipeline.path],
  takes: (name, { host, store }) => /\.json$/i.test(name) && finds(checkpointOf(host, store.get())),
  mount: mountPipeline,
};
