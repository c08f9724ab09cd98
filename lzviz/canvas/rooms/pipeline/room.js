// @ts-check
/** Trained pipelines: from a picture to labels, and back. */
import { pairs } from "../../viewer/arrange.js";
import { createModelMenu } from "./menu.js";
import { createPipeline } from "./pipeline.js";
import { checkpointOf } from "./words.js";

/** @type {import("../../kit/dialogs.js").Files} */
const FILES = [
  ["overlay", ["png"], "Overlay", "labels over the picture"],
  ["labels", ["png"], "Labels", "class numbers with a palette of their colours"],
  ["zoomed", ["png"], "Zoomed", "the samples, pixel by pixel"],
  ["prediction", ["png"], "Zoomed labels", "what the network said of them"],
  ["error", ["png"], "Errors", "against the labels of the picture"], null,
  ["saliency", ["npz"], "Map", "where to look"],
  ["trace", ["npz"], "Trace", "every stage's arrays"],
  ["snippet", ["py"], "Python snippet", "a few lines that run the same pipeline"],
];

/** Maps of perfect knowledge that are made by hand. @type {Record<string, "paint" | "edgePaint">} */
const KNOWN = { paint: "paint", edges: "edgePaint" };

/** @type {import("../../core/rooms.js").Room} */
export const pipeline = {
  id: "pipeline",
  tab: "Explore",
  owns: ["checkpoint", "learnedFrom", "learnedLambda", "learnedStage", "learnedChannel", "learnedLeft", "learnedRight",
    "learnedOpacity", "learnedStep"],
  accepts: "image/*,.tif,.tiff",
  hidesSamplers: true,
  tools: ["pick", "paint", "erase", "pan"],
  files: FILES,
  status: { browser: null, python: "pipeline" },
  paintKey: ({ learnedFrom }) => KNOWN[learnedFrom] ?? null,
  takesBoxes: () => false,
  toolReason(tool, state) {
    if (tool === "box") return "A trained pipeline takes no boxes: paint where it shall look.";
    const paints = tool === "paint" || tool === "erase";
    return paints && !this.paintKey(state)
      ? "There is nothing to paint on: choose Where to look from Paint or Edges." : null;
  },
  menu: createModelMenu,
  need({ host, store }, aspect) {
    const size = checkpointOf(host, store.get())?.size;
    return (room) => pairs(room, [aspect, size ? size[1] / size[0] : aspect]);
  },
  mount: createPipeline,
};
