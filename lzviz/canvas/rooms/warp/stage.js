// @ts-check
/**
 * The stage: source, zoomed and unzoomed views with their tools, in a container of the page.
 *
 * It reads the state from `store`, writes what a hand made back once a stroke ends, and tells `live` what is hovered
 * and
 * measured. It asks nobody: every move is computed and drawn here.
 *
 * @typedef {import("../../viewer/views.js").ViewName} ViewName
 */

import { png, svgFile } from "../../viewer/exporting.js";
import { listenForFlip, stageCommands } from "../../viewer/keyboard.js";
import { pixelsOf } from "../../viewer/renderer.js";
import { hasTwin } from "../../engine/samplers.js";
import { createDock } from "./dock.js";
import { createHint } from "./hint.js";
import { createWarpRail } from "./rail.js";
import { WARP_KEYS } from "./given.js";
import { Scene } from "./scene.js";
import { attachTools } from "../../viewer/tools.js";
import { t } from "../../core/text.js";
import { Said } from "../../core/errors.js";

/**
 * @param {HTMLElement} container @param {import("../../core/rooms.js").RoomHost} host
 */
export function createStage(container, { context, rail, dock }) {
  const { store, live, root } = context;
  const scene = new Scene(container, context);
  rail.append(...createWarpRail(context));
  dock.append(...createDock(context));
  const ends = [attachTools(scene), listenForFlip(root, (on) => live.set({ uniform: on })), ...watch(scene),
    createHint(context, container)];
  scene.onFirstFrame = () => {
    root.dataset.lzvizReady = "";
    scene.onFirstFrame = () => {};
  };
  return {
    commands: stageCommands(store, {
      zoom: (factor) => void scene.zoomBy(scene.views.source, factor), fit: () => scene.fit(),
    }),
    warp: () => scene.frame && !scene.frame.waiting
      ? { name: store.get().sampler, warp: scene.frame.warp, zoomed: scene.frame.zoomed } : null,
    exportView: (/** @type {string} */ name, format = "png") => exported(scene, name, format),
    scene,
    /** @param {boolean} on */
    show(on) {
      scene.root.hidden = !on;
      if (on) scene.request("layout");
    },
    dispose() {
      ends.forEach((end) => end());
      cancelAnimationFrame(scene.ticket);
      clearTimeout(scene.settling);
      clearTimeout(scene.printing);
      scene.root.remove();
    },
  };
}

/** What makes the scene draw. @param {Scene} scene @returns {(() => void)[]} */
function watch(scene) {
  const { store, live } = scene;
  const resized = new ResizeObserver(() => scene.request("layout"));
  resized.observe(scene.container);
  const onResize = () => scene.request("layout");
  window.addEventListener("resize", onResize);
  return [
    store.subscribe((_, changed) => {
      if (["compare", "image"].some((key) => changed.has(key))) scene.request("layout");
      if (changed.has("sourceScale") || changed.has("layers")) scene.request("photo", "draw");
      scene.request(WARP_KEYS.some((key) => changed.has(key)) ? "warp" : "marks");
    }),
    live.subscribe((_, changed) => {
      if (changed.has("image")) {
        scene.fit();
        scene.pinned = false;
        scene.request("layout");
      }
      if (changed.has("answer") && !hasTwin(store.get().sampler)) scene.request("warp");
      if (["uniform", "found", "file", "fixed"].some((key) => changed.has(key))) scene.request("warp");
    }),
    () => resized.disconnect(),
    scene.theme.follow(() => {
      scene.palette = scene.readPalette();
      scene.request("photo", "draw");
    }),
    () => window.removeEventListener("resize", onResize),
  ];
}

/**
 * A view as a file: the source in its own pixels, the zoomed image in its own, the others on the source's.
 * @param {Scene} scene @param {string} name @param {string} format "png" | "svg"
 * @returns {Promise<Blob>}
 */
async function exported(scene, name, format) {
  const { frame, picture } = scene;
  if (!frame || !picture) throw new Said(t("export.noPicture"));
  const { width, height } = scene.extent;
  const edges = { x0: 0, y0: 0, x1: width, y1: height };
  const whole = { edges, width, height, whole: true, place: { x: 0, y: 0, width, height } };
  const nearest = scene.store.get().interpolation === "nearest";
  const { layers } = scene.store.get();
  const raster = name === "source" ? pixelsOf(picture.levels, whole)
    : name === "zoomed" ? frame.image : scene.painter.unzoom(frame, whole, nearest).raster;
  if (format !== "svg") return png(raster);
  const vectors = name === "source" ? { frame, points: layers.points, mesh: layers.mesh } : {};
  return svgFile(raster, { title: scene.live.get().measured?.sentence ?? name, ...vectors });
}
