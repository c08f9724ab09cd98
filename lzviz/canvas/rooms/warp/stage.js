// @ts-check
/**
 * Warps in the page: what their room is made of. It computes and draws every move by itself and asks nobody; Python's
 * check follows when the hand rests.
 */
import { stageCommands } from "../../viewer/keyboard.js";
import { LAYERS } from "../../viewer/layers.js";
import { each, mountViews } from "../../viewer/room.js";
import { hasTwin } from "../../engine/samplers.js";
import { createDock } from "./dock.js";
import { exported } from "./exported.js";
import { createHint } from "./hint.js";
import { createWarpRail } from "./rail.js";
import { WARP_KEYS } from "./given.js";
import { createRecognising, nothingRecognised } from "./recognition.js";
import { Scene } from "./scene.js";

export const mountWarp = mountViews({
  answers: nothingRecognised,
  asks: createRecognising,
  views: ({ element, context }) => new Scene(element, context),
  rail: ({ context }) => ({ elements: createWarpRail(context) }),
  dock: createDock,
  draws: {
    state: { ...each(WARP_KEYS, "warp"), sourceScale: ["photo", "warp"], layers: ["photo", "draw"], compare: ["layout"],
      image: ["layout"] },
    live: { ...each(["uniform", "found", "file", "fixed"], "warp"),
      answer: ({ sampler }) => (hasTwin(sampler) ? [] : ["warp"]) },
  },
  commands: ({ context: { store }, scene }) => stageCommands(store, scene, { compares: true,
    layers: LAYERS.map(({ name }) => name) }),
  gives: ({ context, scene }) => ({
    warp() {
      const frame = scene()?.frame;
      return frame && !frame.waiting ? { name: context.store.get().sampler, warp: frame.warp, zoomed: frame.zoomed }
        : null;
    },
    exportView: async (what, format) => exported(scene(), what, format),
  }),
  starts: ({ context, element }) => [createHint(context, element)],
});
