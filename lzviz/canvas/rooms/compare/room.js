// @ts-check
/** Methods side by side on one picture at one budget: two to four panes that move together, and a table of numbers. */
import { BY_SALIENCY, PICTURES } from "../../core/rooms.js";
import { shapeOf } from "../../viewer/arrange.js";
import { ARRAYS } from "../doctor/words.js";
import { mountCompare } from "./compare.js";
import { fillings } from "./layout.js";
import { offered } from "./methods.js";

/** @type {import("../../kit/dialogs.js").Files} */
const FILES = [
  ["sheet", ["png", "svg"], "compare.file.sheet"],
  ["pareto", ["png"], "compare.file.pareto"],
  null,
  ["pane-a", ["png"], "compare.file.a"],
  ["pane-b", ["png"], "compare.file.b"],
  ["pane-c", ["png"], "compare.file.c"],
  ["pane-d", ["png"], "compare.file.d"],
];

/** @type {import("../../core/rooms.js").Declared} */
export const compare = {
  id: "compare",
  tab: "compare",
  owns: ["compared", "comparedEqual", "comparedMacs", "comparedMs", "comparedView", "saliency", "strength", "width",
    "mode", "interpolation", "sourceScale", "contrast", "floor", "options", "paint", "edgePaint", "boxes",
    "foundScore"],
  accepts: PICTURES,
  tools: ["pick", "paint", "erase", "box", "pan"],
  files: FILES,
  styles: ["style/compare.css"],
  takes: (name, context) => offered(context).given && ARRAYS.some((suffix) => name.toLowerCase().endsWith(suffix)),
  flip: "rail.flip.first",
  hidesSamplers: true,
  hidesModels: true,
  step: ({ compared }) => compared.join(),
  status: { browser: "status.warp", python: "status.check" },
  ...BY_SALIENCY,
  need: ({ store }, aspect) => (room) => fillings(room, shapeOf(aspect), store.get().compared.length),
  mount: mountCompare,
};
