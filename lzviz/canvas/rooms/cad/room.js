// @ts-check
/** Content-adaptive downsampling: fine cells where it pays, coarse ones elsewhere. */
import { arrangements, shapeOf } from "../../viewer/arrange.js";
import { createCad } from "./cad.js";

/** @type {import("../../kit/dialogs.js").Files} */
const FILES = [
  ["source", ["png"], "Source", "with its quadtree, as shown"],
  ["adaptive", ["png"], "Above", "features or matches, as shown"],
  ["beside", ["png"], "Below", "what they are compared with, as shown"],
];

/** @type {import("../../core/rooms.js").Room} */
export const cad = {
  id: "cad",
  tab: "Explore",
  owns: ["mode", "cadLevels", "cadMask", "cadThreshold", "cadDilation", "cadKeep", "cadPaint", "cadNetwork",
    "cadChannel", "cadBeside", "cadView"],
  accepts: "image/*,.tif,.tiff",
  sampler: "cad",
  tools: ["pick", "paint", "erase", "pan"],
  files: FILES,
  status: { browser: "browser mask", python: "networks" },
  paintKey: ({ cadView }) => (cadView === "features" ? "cadPaint" : null),
  takesBoxes: () => false,
  toolReason(tool, state) {
    if (tool === "box") return "Cells are forced with the brush: paint for fine, erase for coarse.";
    const paints = tool === "paint" || tool === "erase";
    return paints && !this.paintKey(state) ? "Key points are not painted: show Features to force cells." : null;
  },
  view: ({ cadView }) => cadView,
  need: (_, aspect) => (room) => arrangements(room, shapeOf(aspect), false),
  mount: createCad,
};
