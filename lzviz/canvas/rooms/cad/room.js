// @ts-check
/** Content-adaptive downsampling: fine cells where it pays, coarse ones elsewhere. */
import { arrangements, shapeOf } from "../../viewer/arrange.js";
import { createCad } from "./cad.js";
import { ROUTES } from "../../schema/routes.js";
import { t } from "../../core/text.js";

/** @type {import("../../kit/dialogs.js").Files} */
const FILES = [
  ["source", ["png"], "cad.file.source"],
  ["adaptive", ["png"], "cad.file.adaptive"],
  ["beside", ["png"], "cad.file.beside"],
];

/** @type {import("../../core/rooms.js").Room} */
export const cad = {
  id: "cad",
  tab: "explore",
  owns: ["mode", "cadLevels", "cadMask", "cadThreshold", "cadDilation", "cadKeep", "cadPaint", "cadNetwork",
    "cadChannel", "cadBeside", "cadView"],
  accepts: "image/*,.tif,.tiff",
  sampler: "cad",
  tools: ["pick", "paint", "erase", "pan"],
  files: FILES,
  status: { browser: "status.mask", python: "status.networks" },
  paintKey: ({ cadView }) => (cadView === "features" ? "cadPaint" : null),
  takesBoxes: () => false,
  toolReason(tool, state) {
    if (tool === "box") return t("cad.noBoxes");
    const paints = tool === "paint" || tool === "erase";
    return paints && !this.paintKey(state) ? t("cad.noPaint") : null;
  },
  view: ({ cadView }) => cadView,
  need: (_, aspect) => (room) => arrangements(room, shapeOf(aspect), false),
  clock: ROUTES.cadTimes.path,
  mount: createCad,
};
