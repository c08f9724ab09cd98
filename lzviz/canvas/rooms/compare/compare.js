// @ts-check
/** Methods side by side in the page: what their room is made of. */
import { Said } from "../../core/errors.js";
import { t } from "../../core/text.js";
import { h } from "../../kit/dom.js";
import { screenshot } from "../../viewer/exporting.js";
import { stageCommands } from "../../viewer/keyboard.js";
import { each, mountViews } from "../../viewer/room.js";
import { createWatching } from "../../viewer/watching.js";
import { createAsking, noAnswers } from "./asking.js";
import { createDock } from "./dock.js";
import { createCompareRail } from "./rail.js";
import { createNavigator } from "./navigator.js";
import { CompareScene, PANES } from "./scene.js";
import { createStrip } from "./strip.js";
import { takeGrid } from "./grid.js";
import { detects, GIVEN, LETTERS, withOne } from "./methods.js";
import { toggleSplit } from "./split.js";

const FILES = [...LETTERS].map((letter) => `pane-${letter.toLowerCase()}`);
const VIEWS = /** @type {const} */ (["points", "deformed", "unzoomed", "labels", "errors", "difference"]);

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
function commandsOf({ context: { store }, scene, answers }) {
  const group = t("tab.compare");
  const next = () => {
    const at = VIEWS.indexOf(/** @type {(typeof VIEWS)[number]} */ (store.get().comparedView));
    store.set({ comparedView: VIEWS[(at + 1) % VIEWS.length] });
  };
  return [
    ...stageCommands(store, scene, { layers: ["saliency"], plain: false }),
    { id: "compare-view", keys: ["n"], label: t("compare.nextView"), group, run: next },
    { id: "compare-split", keys: ["s"], label: t("compare.split"), group, run: () => toggleSplit(answers) },
    { id: "compare-blink", keys: ["k"], label: t("compare.blink.help"), group,
      run: () => answers.set({ blink: !answers.get().blink, split: null }) },
  ];
}

export const mountCompare = mountViews({
  answers: noAnswers,
  asks: createAsking,
  views: (place) => {
    const stage = h("div", { class: "lz-compare-stage" });
    const scene = new CompareScene(stage, place.context, place.answers);
    const strip = createStrip(place);
    strip.append(createNavigator(scene, place.context));
    return { root: h("div", { class: "lz-compare" }, strip, stage), viewers: [scene] };
  },
  rail: createCompareRail,
  dock: createDock,
  draws: {
    state: { ...each(["saliency", "strength", "mode", "interpolation", "contrast", "floor", "options", "paint",
      "edgePaint", "boxes", "width", "comparedEqual", "comparedMacs", "comparedMs"], "warp"),
    compared: ["layout"], sourceScale: ["photo", "warp"], ...each(["layers", "comparedView"], "photo", "draw"),
    foundScore: ["draw"],
    image: ["layout"] },
    live: { ...each(["found", "file", "fixed"], "warp"), uniform: ["photo", "draw"] },
    answers: { table: ["warp"], about: ["draw"], planes: ["draw"], split: ["draw"], leads: ["layout"] },
  },
  commands: commandsOf,
  gives: (place) => ({ film: watching(place), ...givesOf(place) }),
});

/** Films before detectors. @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
const watching = (place) => createWatching(place,
  () => place.context.store.get().compared.some((name) => detects(place.context, name)),
  async () => (await import("./watched.js")).watchedBy(place));

/**
 * Files, and the warps that are shown.
 * @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place
 * @returns {Partial<import("../../core/rooms.js").Mounted>}
 */
function givesOf({ context, scene }) {
  return {
    examine(file) {
      const { store } = context;
      if (file instanceof File) void takeGrid(context, file, () => store.set({
        compared: withOne(store.get().compared, GIVEN) }, { history: true }));
    },
    exportsView: (what) => FILES.includes(what), // figures for a paper are Python's
    exportView: async (what) => {
      const now = scene();
      const view = now?.views[PANES[FILES.indexOf(what)]];
      if (!view || view.section.hidden) throw new Said(t("compare.noPane"));
      return screenshot(view, now.ratio);
    },
    /** The method that is pointed at, else the first that is a warp. */
    warp() {
      const now = scene();
      if (!now) return null;
      const pointed = PANES.findIndex((name) => now.views[name] === now.pointer?.view);
      const at = [pointed, ...PANES.keys()].find((k) => now.frames[k] && !now.frames[k].waiting) ?? -1;
      return at < 0 ? null : { name: now.methods[at], warp: now.frames[at].warp, zoomed: now.frames[at].zoomed };
    },
    exportReason: (what) => (FILES.includes(what) && scene()?.views[PANES[FILES.indexOf(what)]]?.section.hidden
      ? t("compare.noPane") : null),
  };
}
