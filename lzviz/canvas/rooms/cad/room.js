// @ts-check
/** Content-adaptive downsampling: fine cells where it pays, coarse ones elsewhere. */
import { PICTURES } from "../../core/rooms.js";
import { arrangements, shapeOf } from "../../viewer/arrange.js";
import { mountCad } from "./cad.js";
import { viewOf, viewRoute } from "./model.js";
import { ROUTES } from "../../schema/routes.js";

/** @type {import("../../kit/dialogs.js").Files} */
const FILES = [
  ["source", ["png"], "cad.file.source"],
  ["adaptive", ["png"], "cad.file.adaptive"],
  ["beside", ["png"], "cad.file.beside"],
];

/** @type {import("../../core/rooms.js").Declared} */
export const cad = {
  id: "cad",
  tab: "explore",
  owns: ["mode", "cadLevels", "cadMask", "cadOperator", "cadThreshold", "cadDilation", "cadKeep", "cadPaint",
    "cadNetwork", "cadChannel", "cadBeside", "cadView", "cadErrors"],
  accepts: PICTURES,
  sampler: "cad",
  tools: ["pick", "paint", "erase", "pan"],
  files: FILES,
  styles: ["style/cad.css"],
  status: { browser: "status.mask", python: "status.networks" },
  paintKey: ({ cadView }) => (cadView === "keypoints" ? null : "cadPaint"),
  refuses: { box: "cad.noBoxes", paint: "cad.noPaint" },
  view: viewOf,
  need: (_, aspect) => (room) => arrangements(room, shapeOf(aspect), false),
  clock: ROUTES.cadTimes.path,
  asks: (state) => [ROUTES.cadMask.path, viewRoute(state)],
  mount: mountCad,
};
