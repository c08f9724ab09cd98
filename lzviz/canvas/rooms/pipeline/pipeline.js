// @ts-check
/** Trained pipelines in the page: what their room is made of. */
import { channelCommands, stageCommands } from "../../viewer/keyboard.js";
import { each, mountViews } from "../../viewer/room.js";
import { createWatching } from "../../viewer/watching.js";
import { knowsTruth } from "./answer.js";
import { createAsking, noAnswers } from "./asking.js";
import { createLearnedDock } from "./dock.js";
import { exported, exportedZoomed } from "./exported.js";
import { createLearnedRail } from "./rail.js";
import { LAYERS, LearnedScene } from "./scene.js";
import { checkpointOf, finds } from "./words.js";
import { ROUTES } from "../../schema/routes.js";
import { t } from "../../core/text.js";

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
function commandsOf({ context: { store }, scene, answers }) {
  const group = t("keys.pipeline");
  /** What a view shows next of what can be chosen. @param {"learnedLeft" | "learnedRight"} key @param {number} by */
  const next = (key, by) => () => {
    const bars = scene()?.bars;
    if (!bars) return;
    const open = bars.choices(key);
    const { left, right } = bars.shown();
    const at = open.indexOf(key === "learnedLeft" ? left : right);
    if (open.length) store.set({ [key]: open[(at + by + open.length) % open.length] });
  };
  return [
    ...stageCommands(store, scene, { layers: LAYERS }),
    { id: "learned-left", keys: ["s"], label: t("keys.nextLeft"), group, run: next("learnedLeft", 1) },
    { id: "learned-left-back", keys: ["Shift+s"], label: t("keys.before"), group, run: next("learnedLeft", -1) },
    { id: "learned-right", keys: ["t"], label: t("keys.nextRight"), group, run: next("learnedRight", 1) },
    { id: "learned-right-back", keys: ["Shift+t"], label: t("keys.before"), group, run: next("learnedRight", -1) },
    ...channelCommands(store, "learnedChannel", group, () => answers.get().features?.channels),
  ];
}

/** Films before a detector. @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
const watching = (place) => createWatching(place,
  () => finds(checkpointOf(place.context.host, place.context.store.get())),
  async () => (await import("./watched.js")).watchedBy(place));

/** What is drawn anew when another box is pointed at. @param {import("../../core/store.js").State} state */
const pointed = ({ learnedRight }) => /** @type {const} */ ([learnedRight === "space" ? "draw" : "marks"]);

export const mountPipeline = mountViews({
  answers: noAnswers,
  asks: createAsking,
  views: ({ element, context, answers }, asks) => new LearnedScene(element, context, answers, asks),
  rail: ({ context, answers }, asks) => createLearnedRail(context, answers, asks),
  dock: ({ context, answers }, { time }) => ({ elements: createLearnedDock(context, answers, time) }),
  draws: {
    state: { checkpoint: ["layout"], ...each(["layers", "learnedLeft", "learnedRight", "learnedOpacity", "learnedStep",
      "paint", "edgePaint", "foundScore"], "draw") },
    live: { uniform: ["draw"] },
    answers: { room: ["layout"], asking: ["marks"],
      box: pointed, row: pointed,
      ...each(["features", "training", "pointed", "chosen"], "draw") },
  },
  anew: ["image", "file"],
  needs: { route: ROUTES.pipeline.path, missing: "pipeline.needsPython" },
  commands: commandsOf,
  gives: (place, asks) => ({ film: watching(place), ...givesOf(place), truth: asks.truth,
    examine: (given) => given instanceof File && void asks.addTruth(given, given.name) }),
});

/** Files that are drawn as the screen is. */
const DRAWN = new Set(["overlay", "error", "prediction"]);

/**
 * Files, and the warp that is shown.
 * @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place
 * @returns {Partial<import("../../core/rooms.js").Mounted>}
 */
function givesOf({ context, answers, scene }) {
  const boxed = () => Boolean(answers.get().room?.found);
  return {
    // What lies over the picture is drawn as on the screen; labels and samples are numbers, and Python's.
    exportsView: (what) => DRAWN.has(what) && (what !== "prediction" || boxed()),
    exportView: async (what, format) => (what === "prediction" ? exportedZoomed(scene(), format)
      : exported(scene(), what === "error" ? "error" : "labels", format)),
    warp() {
      const { room } = answers.get();
      return room?.warp && room.zoomed
        ? { name: context.store.get().checkpoint, warp: room.warp, zoomed: room.zoomed } : null;
    },
    exportReason(what) {
      const { room } = answers.get();
      if (room?.late && !DRAWN.has(what)) return t("film.lateFile");
      if (what === "error" && !knowsTruth(room)) return t(boxed() ? "boxes.noTruth" : "pipeline.errorsNeed");
      if (what === "labels" && boxed()) return t("refused.export.labels");
      if (what === "boxes" && !boxed()) return t("refused.export.boxes");
      if (what === "saliency" && !room?.saliency) return t("pipeline.noMap");
      return (what === "zoomed" || what === "prediction") && !room?.zoomed ? t("pipeline.noZoom") : null;
    },
  };
}
