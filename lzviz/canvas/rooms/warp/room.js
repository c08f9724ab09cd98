// @ts-check
/** Warps: a saliency map attracts the samples. */
import { BY_SALIENCY, PICTURES } from "../../core/rooms.js";
import { arrangements, shapeOf } from "../../viewer/arrange.js";
import { mountWarp } from "./stage.js";
import { ROUTES } from "../../schema/routes.js";

/** @type {import("../../kit/dialogs.js").Files} */
const FILES = [
  ["source", ["png", "svg"], "file.source"],
  ["zoomed", ["png", "svg"], "file.zoomed"],
  ["unzoomed", ["png", "svg"], "file.unzoomed"],
  ["difference", ["png", "svg"], "file.difference"], null,
  ["grid", ["npz"], "file.grid"],
  ["saliency", ["npz"], "file.saliency"],
  ["snippet", ["py"], "file.snippet"],
];

/** @type {import("../../core/rooms.js").Declared} */
export const warp = {
  id: "warp",
  tab: "explore",
  owns: ["sampler", "mode", "saliency", "strength", "fwhm", "width", "nodes", "separable", "antiCrop", "interpolation",
    "sourceScale", "contrast", "floor", "options", "paint", "edgePaint", "boxes", "compare", "panel"],
  accepts: PICTURES,
  tools: ["pick", "paint", "erase", "box", "pan"],
  files: FILES,
  styles: ["style/seen.css"],
  status: { browser: "status.warp", python: "status.check" },
  ...BY_SALIENCY,
  need: ({ store }, aspect) => (room) => arrangements(room, shapeOf(aspect), store.get().compare === "uniform"),
  check: ROUTES.compute.path,
  clock: ROUTES.warpTimes.path,
  mount: mountWarp,
};
