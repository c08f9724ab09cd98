// @ts-check
/** Content-adaptive downsampling in the page: what its room is made of. */
import { screenshot } from "../../viewer/exporting.js";
import { channelCommands, stageCommands, toggleLayer } from "../../viewer/keyboard.js";
import { each, mountViews } from "../../viewer/room.js";
import { createAsking, noAnswers } from "./asking.js";
import { createCadDock } from "./dock.js";
import { createCadRail } from "./rail.js";
import { CadScene } from "./scene.js";
import { ROUTES } from "../../schema/routes.js";
import { t } from "../../core/text.js";
import { Said } from "../../core/errors.js";

/** @type {readonly import("../../core/store.js").State["cadView"][]} */
const VIEWS = ["segmentation", "features", "keypoints"];

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
function commandsOf({ context: { store }, scene, answers }) {
  const group = t("keys.cells");
  /** @param {(state: import("../../core/store.js").State) => Partial<import("../../core/store.js").State>} patch */
  const other = (patch) => () => store.set(patch(store.get()));
  return [
    ...stageCommands(store, scene),
    { id: "cad-rows", keys: ["1"], label: t("keys.rows"), group, run: () => toggleLayer(store, "points") },
    { id: "cad-levels", keys: ["3"], label: t("keys.levels"), group, run: () => toggleLayer(store, "saliency") },
    { id: "cad-beside", keys: ["s"], label: t("keys.beside"), group,
      run: other(({ cadBeside }) => ({ cadBeside: cadBeside === "strided" ? "dilated" : "strided" })) },
    { id: "cad-view", keys: ["k"], label: t("keys.cadView"), group,
      run: other(({ cadView }) => ({ cadView: VIEWS[(VIEWS.indexOf(cadView) + 1) % VIEWS.length] })) },
    { id: "cad-errors", keys: ["w"], label: t("keys.errors"), group,
      run: other(({ cadErrors }) => ({ cadErrors: !cadErrors })) },
    ...channelCommands(store, "cadChannel", group, () => answers.get().features?.channels),
  ];
}

export const mountCad = mountViews({
  answers: noAnswers,
  asks: createAsking,
  anew: ["image", "file"],
  views: ({ element, context, answers }) => new CadScene(element, context, answers),
  rail: ({ context, answers }) => createCadRail(context, () => answers.get().features,
    () => answers.get().segmentation),
  dock: ({ context, answers }, { cost }) => createCadDock(context, answers, cost),
  draws: {
    state: { layers: ["photo", "draw"], ...each(["cadBeside", "cadView", "cadErrors", "mode"], "draw"),
      ...each(["cadThreshold", "cadPaint", "cadMask", "cadLevels", "cadNetwork"], "warp") },
    live: { uniform: ["photo", "draw"] },
    answers: { mask: ["warp"], ...each(["features", "segmentation", "keypoints", "curve"], "draw") },
  },
  needs: { route: ROUTES.cadMask.path, missing: "cad.needsPython" },
  wants: { route: ROUTES.cadFeatures.path, missing: "cad.masksOnly" },
  commands: commandsOf,
  gives: ({ scene }) => ({
    exportView: async (what) => {
      const now = scene();
      if (!now) throw new Said(t("cad.nothingYet"));
      return screenshot(now.views[what], now.ratio);
    },
  }),
});
