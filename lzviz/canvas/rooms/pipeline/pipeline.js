// @ts-check
/**
 * Trained pipelines in the same page: chosen in the menu of models, one takes the place of the views, of the dock and
 * of the options of the samplers, and gives it back. It is built when it is first chosen.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 */

import { createStore } from "../../core/store.js";
import { stageCommands } from "../../viewer/keyboard.js";
import { attachTools } from "../../viewer/tools.js";
import { createAsking, noAnswers } from "./asking.js";
import { createLearnedDock } from "./dock.js";
import { createLearnedRail } from "./rail.js";
import { LearnedScene } from "./scene.js";
import { t } from "../../core/text.js";
import { ROUTES } from "../../schema/routes.js";

/**
 * @param {HTMLElement} element @param {import("../../core/rooms.js").RoomHost} host
 */
export function createPipeline(element, host) {
  const { context, question } = host;
  const { store, live } = context;
  const answers = createStore(noAnswers());
  let on = false;
  const asking = createAsking(context, question, answers, () => on,
    () => built?.scene.strokes.shown(store.get()) ?? store.get());
  /** @type {ReturnType<typeof build> | null} */
  let built = null;
  const ends = [store.subscribe((_, changed) => on && asking.follow(changed)),
    live.subscribe((_, changed) => (changed.has("image") || changed.has("file")) && on && asking.all())];
  return {
    answers,
    get scene() {
      return built?.scene ?? null;
    },
    warp() {
      const { room } = answers.get();
      return room?.warp && room.zoomed ? { name: store.get().checkpoint, warp: room.warp, zoomed: room.zoomed } : null;
    },
    commands: commandsOf(context, answers, () => built?.scene ?? null),
    /** @param {boolean} shown */
    show(shown) {
      on = shown;
      if (on) built ??= build(element, host, answers, asking);
      if (built) built.scene.root.hidden = !on;
      if (!built || !on) return;
      if (!context.host.transport.answers(ROUTES.pipeline.path)) {
        live.set({ error: { text: t("pipeline.needsPython") } });
      } else asking.all();
      built.rail.refresh();
      built.scene.request("layout");
    },
    /** @param {string} what */
    exportReason(what) {
      const { room } = answers.get();
      if (what === "error" && !room?.truth) return t("pipeline.errorsNeed");
      if (what === "saliency" && !room?.saliency) return t("pipeline.noMap");
      return (what === "zoomed" || what === "prediction") && !room?.zoomed ? t("pipeline.noZoom") : null;
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
  const scene = new LearnedScene(element, context, answers, asking);
  const rail = createLearnedRail(context, answers, asking);
  options.append(...rail.elements);
  dock.append(...createLearnedDock(context, answers, asking.time));
  element.append(scene.root);
  scene.onFirstFrame = () => {
    root.dataset.lzvizReady = "";
    scene.onFirstFrame = () => {};
  };
  const refresh = () => scene.root.hidden || rail.refresh();
  const ends = [attachTools(scene), ...watch(scene), store.subscribe(refresh),
    answers.subscribe((_, changed) => ["room", "truths", "features"].some((key) => changed.has(key)) && refresh())];
  return { scene, rail, dispose() {
    ends.forEach((end) => end());
    cancelAnimationFrame(scene.ticket);
    clearTimeout(scene.printing);
    scene.root.remove();
  } };
}

/** What makes the views draw. @param {LearnedScene} scene @returns {(() => void)[]} */
function watch(scene) {
  const { store, live, answers, container } = scene;
  const resized = new ResizeObserver(() => scene.request("layout"));
  resized.observe(container);
  return [
    store.subscribe((_, changed) => {
      if (changed.has("checkpoint")) scene.request("layout");
      const drawn = ["layers", "learnedLeft", "learnedRight", "learnedOpacity", "learnedStep", "paint", "edgePaint"];
      scene.request(drawn.some((key) => changed.has(key)) ? "draw" : "marks");
    }),
    answers.subscribe((now, changed) => {
      if (changed.has("room")) {
        if (now.room && scene.laidOutFor !== now.room.picture) scene.fit();
        if (now.room) scene.laidOutFor = now.room.picture;
        scene.request("layout");
      }
      if (["features", "training", "pointed", "chosen"].some((key) => changed.has(key))) scene.request("draw");
      if (changed.has("asking")) scene.request("marks");
    }),
    live.subscribe((_, changed) => {
      if (changed.has("uniform")) scene.request("draw");
      if (changed.has("image")) scene.request("layout");
    }),
    () => resized.disconnect(),
    scene.theme.follow(() => scene.retheme()),
  ];
}

/**
 * @param {Context} context @param {import("../../core/store.js").Store<import("./asking.js").Answers>} answers
 * @param {() => LearnedScene | null} scene
 * @returns {import("../../shell/keys.js").Command[]}
 */
function commandsOf({ store }, answers, scene) {
  const camera = {
    zoom: (/** @type {number} */ factor) => {
      const now = scene();
      if (now) void now.zoomBy(now.views.source, factor);
    },
    fit: () => scene()?.fit(),
  };
  const shared = stageCommands(store, camera).filter(({ id }) => !OTHERS.has(id)
    && (!id.startsWith("layer-") || id === "layer-points" || id === "layer-mesh"));
  const group = t("keys.pipeline");
  return [
    ...shared,
    { id: "learned-plain", keys: [" "], label: t("keys.plain"), group: t("keys.views") },
    { id: "learned-left", keys: ["s"], label: t("keys.nextLeft"), group, run: () => next("learnedLeft", 1) },
    { id: "learned-left-back", keys: ["Shift+s"], label: t("keys.before"), group, run: () => next("learnedLeft", -1) },
    { id: "learned-right", keys: ["t"], label: t("keys.nextRight"), group, run: () => next("learnedRight", 1) },
    { id: "learned-right-back", keys: ["Shift+t"], label: t("keys.before"), group,
      run: () => next("learnedRight", -1) },
    { id: "learned-channel-next", keys: ["."], label: t("keys.nextChannel"), group, run: () => step(1) },
    { id: "learned-channel-back", keys: [","], label: t("keys.channelBefore"), group,
      run: () => step(-1) },
  ];

  /** What a view shows next of what can be chosen. @param {"learnedLeft" | "learnedRight"} key @param {number} by */
  function next(key, by) {
    const bars = scene()?.bars;
    if (!bars) return;
    const open = bars.choices(key);
    const { left, right } = bars.shown();
    const at = open.indexOf(key === "learnedLeft" ? left : right);
    if (open.length) store.set({ [key]: open[(at + by + open.length) % open.length] });
  }

  /** @param {number} by */
  function step(by) {
    const most = (answers.get().features?.channels ?? 2048) - 1;
    store.set({ learnedChannel: Math.min(most, Math.max(-1, store.get().learnedChannel + by)) }, { history: true });
  }
}

/** Commands that only the samplers' views have. */
const OTHERS = new Set(["flip", "compare"]);
