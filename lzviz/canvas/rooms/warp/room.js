// @ts-check
/** Warps: a saliency map attracts the samples. */
import { arrangements, shapeOf } from "../../viewer/arrange.js";
import { createStage } from "./stage.js";
import { handOf } from "../../engine/saliency.js";
import { ROUTES } from "../../schema/routes.js";

/** @type {import("../../kit/dialogs.js").Files} */
const FILES = [
  ["source", ["png", "svg"], "Source", "with what is drawn over it"],
  ["zoomed", ["png", "svg"], "Zoomed", "the samples, pixel by pixel"],
  ["unzoomed", ["png", "svg"], "Unzoomed", "brought back to the source"],
  ["difference", ["png", "svg"], "Difference", "unzoomed minus source"], null,
  ["grid", ["npz"], "Grid", "forward and inverse grid, nodes"],
  ["saliency", ["npz"], "Saliency", "the map, as it is used"],
  ["snippet", ["py"], "Python snippet", "a few lines that make the same nodes"],
];

/** @type {import("../../core/rooms.js").Room} */
export const warp = {
  id: "warp",
  tab: "Explore",
  owns: ["sampler", "mode", "saliency", "strength", "fwhm", "width", "nodes", "separable", "antiCrop", "interpolation",
    "sourceScale", "contrast", "floor", "options", "paint", "edgePaint", "boxes", "compare"],
  accepts: "image/*,.tif,.tiff",
  tools: ["pick", "paint", "erase", "box", "pan"],
  files: FILES,
  status: { browser: "browser warp", python: "Python check" },
  paintKey({ saliency }) {
    const hand = handOf(saliency);
    return hand === "boxes" ? null : hand;
  },
  takesBoxes: ({ saliency }) => handOf(saliency) === "boxes",
  toolReason(tool, state) {
    if (tool === "box") return this.takesBoxes(state) ? null : "Boxes are drawn when Saliency comes from Boxes.";
    const paints = tool === "paint" || tool === "erase";
    if (!paints || this.paintKey(state)) return null;
    return "There is nothing to paint on: choose Saliency from Paint or Edges.";
  },
  need: ({ store }, aspect) => (room) => arrangements(room, shapeOf(aspect), store.get().compare === "uniform"),
  check: ROUTES.compute.path,
  clock: ROUTES.warpTimes.path,
  mount: createStage,
};
