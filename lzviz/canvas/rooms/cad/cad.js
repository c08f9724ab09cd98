// @ts-check
/**
 * Content-adaptive downsampling in the same page: chosen in the menu of samplers, it takes the place of the views, of
 * the dock and of the options below the menu, and gives it back. It is built when it is first chosen.
 *
 * @typedef {import("../../core/context.js").Context} Context
 */

import { createStore } from "../../core/store.js";
import { screenshot } from "../../viewer/exporting.js";
import { stageCommands } from "../../viewer/keyboard.js";
import { attachTools } from "../../viewer/tools.js";
import { createAsking, noAnswers } from "./asking.js";
import { createCadDock } from "./dock.js";
import { createCadRail } from "./rail.js";
import { CadScene } from "./scene.js";
import { t } from "../../core/text.js";
import { Said } from "../../core/errors.js";
import { ROUTES } from "../../schema/routes.js";

/** Keys of the state that change the quadtree. */
const TREE_KEYS = ["cadThreshold", "cadPaint", "cadMask", "cadLevels"];

/**
 * @param {HTMLElement} element @param {import("../../core/rooms.js").RoomHost} host
 */
export function createCad(element, host) {
  const { context, question } = host;
  const { store, live } = context;
  const answers = createStore(noAnswers());
  let on = false;
  const asking = createAsking(context, question, answers, () => on);
  /** @type {ReturnType<typeof build> | null} */
  let built = null;
  const ends = [store.subscribe((_, changed) => on && asking.follow(changed)),
    live.subscribe((_, changed) => changed.has("image") && on && asking.all())];
  return {
    answers,
    get scene() {
      return built?.scene ?? null;
    },
    commands: commandsOf(context, () => built?.scene ?? null),
    /** @param {boolean} shown */
    show(shown) {
      on = shown;
      if (on) built ??= build(element, host, answers, asking);
      if (built) built.scene.root.hidden = !on;
      if (!built || !on) return;
      if (!context.host.transport.answers(ROUTES.cadMask.path)) {
        const text = t("cad.needsPython");
        live.set({ error: { text } });
      } else asking.all();
      built.rail.refresh();
      built.scene.request("layout");
    },
    exportsItself: true,
    /** @param {string} what */
    exportView: async (what) => {
      if (!built) throw new Said(t("cad.nothingYet"));
      return screenshot(built.scene.views[/** @type {"source" | "adaptive" | "beside"} */ (what)], built.scene.ratio);
    },
    dispose: () => [...ends, () => built?.dispose()].forEach((end) => end()),
  };
}

/**
 * @param {HTMLElement} element @param {import("../../core/rooms.js").RoomHost} host
 * @param {import("../../core/store.js").Store<import("./asking.js").Answers>} answers
 * @param {ReturnType<typeof createAsking>} asking
 */
function build(element, { context, rail: options, dock }, answers, asking) {
  const { root, store } = context;
  const scene = new CadScene(element, context, answers);
  const rail = createCadRail(context, () => answers.get().features);
  options.append(...rail.elements);
  const told = createCadDock(context, answers, asking.cost);
  dock.append(...told.elements);
  element.append(scene.root);
  scene.onFirstFrame = () => {
    root.dataset.lzvizReady = "";
    scene.onFirstFrame = () => {};
  };
  const ends = [attachTools(scene), told.end, ...watch(scene),
    store.subscribe(() => scene.root.hidden || rail.refresh())];
  return { scene, rail, dispose() {
    ends.forEach((end) => end());
    cancelAnimationFrame(scene.ticket);
    clearTimeout(scene.printing);
    scene.root.remove();
  } };
}

/** What makes the views draw. @param {CadScene} scene @returns {(() => void)[]} */
function watch(scene) {
  const { store, live, answers, container } = scene;
  const resized = new ResizeObserver(() => scene.request("layout"));
  resized.observe(container);
  return [
    store.subscribe((_, changed) => {
      if (changed.has("layers")) scene.request("photo", "draw");
      if (["cadBeside", "cadView", "mode"].some((key) => changed.has(key))) scene.request("draw");
      scene.request(TREE_KEYS.some((key) => changed.has(key)) ? "warp" : "marks");
    }),
    answers.subscribe((_, changed) => {
      if (changed.has("mask")) scene.request("warp");
      if (changed.has("features") || changed.has("keypoints") || changed.has("curve")) scene.request("draw");
    }),
    live.subscribe((_, changed) => {
      if (changed.has("uniform")) scene.request("photo", "draw");
      if (!changed.has("image")) return;
      scene.fit();
      scene.pinned = false;
      scene.request("layout");
    }),
    () => resized.disconnect(),
    scene.theme.follow(() => scene.retheme()),
  ];
}

/**
 * @param {Context} context @param {() => CadScene | null} scene
 * @returns {import("../../shell/keys.js").Command[]}
 */
function commandsOf({ store }, scene) {
  const camera = {
    zoom: (/** @type {number} */ factor) => {
      const now = scene();
      if (now) void now.zoomBy(now.views.source, factor);
    },
    fit: () => scene()?.fit(),
  };
  const shared = stageCommands(store, camera).filter(({ id }) => !OTHERS.has(id) && !/^layer-/.test(id));
  const layer = (/** @type {"points" | "saliency"} */ name) => () => {
    const { layers } = store.get();
    store.set({ layers: { ...layers, [name]: !layers[name] } });
  };
  const group = t("keys.cells");
  return [
    ...shared,
    { id: "cad-plain", keys: [" "], label: t("keys.plain"), group: t("keys.views") },
    { id: "cad-rows", keys: ["1"], label: t("keys.rows"), group, run: layer("points") },
    { id: "cad-levels", keys: ["3"], label: t("keys.levels"), group, run: layer("saliency") },
    { id: "cad-beside", keys: ["s"], label: t("keys.beside"), group,
      run: () => store.set({ cadBeside: store.get().cadBeside === "strided" ? "dilated" : "strided" }) },
    { id: "cad-view", keys: ["k"], label: t("keys.cadView"), group,
      run: () => store.set({ cadView: store.get().cadView === "features" ? "keypoints" : "features" }) },
    { id: "cad-channel-next", keys: ["."], label: t("keys.nextChannel"), group, run: () => step(1) },
    { id: "cad-channel-back", keys: [","], label: t("keys.channelBefore"), group, run: () => step(-1) },
  ];

  /** @param {number} by */
  function step(by) {
    const most = (scene()?.answers.get().features?.channels ?? 2048) - 1;
    store.set({ cadChannel: Math.min(most, Math.max(-1, store.get().cadChannel + by)) }, { history: true });
  }
}

/** Commands that only the other samplers' views have. */
const OTHERS = new Set(["flip", "compare"]);
