// @ts-check
/**
 * What pointer and keyboard do in a view: intents of pointer.js become changes of state, camera and scene.
 *
 * @typedef {import("./views.js").View} View
 *
 * @typedef {"layout" | "photo" | "warp" | "draw" | "marks"} Work
 *
 * @typedef {object} Scene  what tools act on
 * @property {import("../core/context.js").StateStore} store
 * @property {import("../core/context.js").LiveStore} live
 * @property {ReturnType<typeof import("./strokes.js").createStrokes>} strokes
 * @property {Readonly<Record<string, View>>} views
 * @property {{width: number, height: number}} extent of the picture that is read
 * @property {{view: View, x: number, y: number} | null} pointer
 * @property {import("../core/rooms.js").Rooms} rooms
 * @property {unknown} hover
 * @property {boolean} pinned
 * @property {readonly number[] | null} box
 * @property {(view: View, at: readonly number[]) => [number, number]} sourceAt
 * @property {() => void} redraw
 * @property {() => void} drawMarks
 * @property {(...what: Work[]) => void} request
 * @property {(view: View, dx: number, dy: number) => boolean} panBy
 * @property {(view: View, factor: number, at: readonly number[]) => boolean} zoomBy
 */

import { listenForCursor } from "./keyboard.js";
import { listen } from "./pointer.js";
import { t } from "../core/text.js";

/** A dragged box smaller than this, in CSS pixels, was a click. */
const SMALLEST_BOX = 5;
const MOST_BOXES = 64;
/** Arrow keys move the cursor by this many CSS pixels. */
const STEP = 12;

/** @param {Scene} scene @param {View} view @returns {import("./pointer.js").Intents} */
function intentsOf(scene, view) {
  const { store, live, strokes } = scene;
  /** @type {readonly number[] | null} the stroke's last place in this view, frame pixels */
  let last = null;
  /** @type {{at: readonly number[], erase: boolean} | null} */
  let corner = null;

  /** The true source pixel of a frame position. @param {readonly number[]} at */
  function trueSource(at) {
    const [x, y] = scene.sourceAt(view, at);
    const { image } = live.get();
    const share = image ? image.width / scene.extent.width : 1;
    return [(x + 0.5) * share - 0.5, (y + 0.5) * share - 0.5];
  }

  /** @param {readonly number[] | null} at */
  const point = (at) => {
    scene.pointer = at ? { view, x: at[0], y: at[1] } : null;
  };

  /** @param {readonly (readonly number[])[]} points */
  function paint(points) {
    let changed = false;
    for (const at of points) {
      const from = view.name === "zoomed" && last ? trueSource(last) : undefined;
      if (strokes.extend(trueSource(at), from)) changed = true;
      last = at;
    }
    if (changed) scene.redraw();
    else scene.drawMarks();
  }

  return {
    action() {
      const state = store.get();
      const room = scene.rooms.of(state);
      if (state.tool === "pan") return "pan";
      if (state.tool === "box") return room.takesBoxes(state) ? "stroke" : "hover";
      return state.tool !== "pick" && room.paintKey(state) ? "stroke" : "hover";
    },
    hover(at) {
      point(at);
      scene.request("marks");
    },
    begin(at, erase) {
      point(at);
      scene.pinned = false;
      if (store.get().tool === "box") corner = { at, erase };
      else if (strokes.begin(trueSource(at), erase || store.get().tool === "erase")) scene.redraw();
      last = at;
    },
    extend(points) {
      const at = points[points.length - 1];
      point(at);
      if (corner) {
        last = at;
        scene.box = [...scene.sourceAt(view, corner.at), ...scene.sourceAt(view, at)].map((value) => value + 0.5);
        scene.request("marks");
      } else paint(points);
    },
    end(keep) {
      if (corner && keep && last) {
        endBox(scene, trueSource(corner.at), trueSource(last), corner.erase, travel(corner.at, last));
      }
      corner = last = scene.box = null;
      strokes.end(keep);
      scene.request("warp");
    },
    pan: (dx, dy) => void scene.panBy(view, dx, dy),
    zoom: (factor, at) => scene.zoomBy(view, factor, at),
    click() {
      if (store.get().tool !== "pick") return;
      scene.pinned = !scene.pinned && scene.hover !== null;
      scene.request("marks");
    },
  };
}

/** @param {readonly number[]} a @param {readonly number[]} b */
const travel = (a, b) => Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1]));

/**
 * A new box between two source pixels; a click, or erasing, takes away the topmost box at the place.
 * @param {Scene} scene @param {readonly number[]} a @param {readonly number[]} b @param {boolean} erase
 * @param {number} moved CSS pixels
 */
function endBox({ store, live }, a, b, erase, moved) {
  const { image } = live.get();
  const { boxes } = store.get();
  if (!image) return;
  if (erase || moved < SMALLEST_BOX) {
    const hit = boxes.findLastIndex(([x0, y0, x1, y1]) =>
      b[0] + 0.5 >= x0 && b[0] + 0.5 <= x1 && b[1] + 0.5 >= y0 && b[1] + 0.5 <= y1);
    if (hit >= 0) store.set({ boxes: boxes.filter((_, at) => at !== hit) }, { history: true });
    return;
  }
  if (boxes.length >= MOST_BOXES) {
    live.set({ notice: t("boxes.most", { count: MOST_BOXES }) });
    return;
  }
  const edge = (/** @type {number} */ value, /** @type {number} */ most) =>
    Math.min(most, Math.max(0, Math.round(value + 0.5)));
  const [left, right] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [top, bottom] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  /** @type {import("../core/store.js").State["boxes"][number]} */
  const box = [edge(left, image.width), edge(top, image.height), edge(right, image.width), edge(bottom, image.height)];
  if (box[2] > box[0] && box[3] > box[1]) store.set({ boxes: [...boxes, box] }, { history: true });
}

/** @param {Scene} scene @param {View} view @param {import("./pointer.js").Intents} intents */
function cursorOf(scene, view, intents) {
  /** @type {[number, number] | null} first corner of a box */
  let corner = null;
  const here = () => (scene.pointer?.view === view ? [scene.pointer.x, scene.pointer.y]
    : [view.box.width / 2, view.box.height / 2]);
  const place = (/** @type {number[]} */ [x, y]) => /** @type {[number, number]} */ ([
    Math.min(view.box.width - 1, Math.max(0, x)), Math.min(view.box.height - 1, Math.max(0, y))]);
  return {
    /** @param {number} dx @param {number} dy @param {boolean} fine */
    move(dx, dy, fine) {
      const step = fine ? view.projection.scale : Math.max(STEP, view.projection.scale);
      const [x, y] = here();
      if (store().tool === "pan") scene.panBy(view, -4 * step * dx, -4 * step * dy);
      else intents.hover(place([x + step * dx, y + step * dy]), false);
    },
    /** @param {boolean} erase */
    use(erase) {
      const at = place(here());
      if (intents.action() !== "stroke") return intents.click(at);
      if (store().tool !== "box" || corner) {
        intents.begin(corner ?? at, erase);
        intents.extend([at]);
        intents.end(true);
        corner = null;
      } else corner = at;
      scene.pointer = { view, x: at[0], y: at[1] };
    },
    cancel() {
      corner = null;
      scene.pinned = false;
      intents.hover(null, false);
    },
  };

  function store() {
    return scene.store.get();
  }
}

/**
 * Tools in every view.
 * @param {Scene} scene
 * @returns {() => void} end; a stroke on its way is kept
 */
export function attachTools(scene) {
  const ends = Object.values(scene.views).flatMap((view) => {
    const intents = intentsOf(scene, view);
    return [listen(view.overlay, intents), listenForCursor(view.overlay, cursorOf(scene, view, intents))];
  });
  return () => ends.forEach((end) => end());
}

