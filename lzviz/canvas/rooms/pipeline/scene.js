// @ts-check
/**
 * Two linked views of a trained pipeline: the source with what came out of it, and the zoomed image with what the
 * network made of it. Camera, tools, brush and marks are the stage's.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../viewer/views.js").View} View
 * @typedef {import("./asking.js").Answers} Answers
 * @typedef {import("./answer.js").Room} Room
 * @typedef {"source" | "zoomed"} Name
 */

import { isSigned } from "../../core/context.js";
import { h } from "../../kit/dom.js";
import { pair } from "../../viewer/arrange.js";
import { project, restrain, toImage } from "../../viewer/camera.js";
import { read } from "../../viewer/hover.js";
import { createLegend } from "../../viewer/legend.js";
import { lensOf } from "../../viewer/lens.js";
import { Viewer } from "../../viewer/viewer.js";
import { resizeView } from "../../viewer/views.js";
import { createBars } from "./bars.js";
import { placeAt, sceneOf } from "./hover.js";
import { createLeft } from "./left.js";
import { createRight } from "./right.js";
import { writeTitles } from "./titles.js";
import { checkpointOf } from "./words.js";

const NAMES = /** @type {const} */ (["source", "zoomed"]);
/** Numbers are told this often while a hand is at work, milliseconds. */
const PRINT_EVERY = 100;

/** @extends {Viewer<Name>} */
export class LearnedScene extends Viewer {
  /**
   * @param {HTMLElement} container @param {Context} context
   * @param {import("../../core/store.js").Store<Answers>} answers
   * @param {{stroke: () => void, pixelSoon: () => void}} asking
   */
  constructor(container, context, answers, asking) {
    super(container, NAMES, context);
    const { store } = context;
    this.answers = answers;
    this.asking = asking;
    this.host = context.host;
    this.legend = createLegend((name) => {
      const { layers } = store.get();
      store.set({ layers: { ...layers, [name]: !layers[name] } });
    }, ["points", "mesh"]);
    const { source, zoomed } = this.views;
    source.title.append(this.legend.element);
    this.bars = createBars(context, answers);
    source.title.after(this.bars.left);
    zoomed.title.after(this.bars.right);
    zoomed.number.before(this.bars.moment);
    this.left = createLeft(this);
    this.right = createRight(this, context.host);
    this.results = h("div", { class: "lz-results" }, zoomed.section);
    this.progress = h("div", { class: "lz-learned-progress", "aria-hidden": "true" });
    this.root = h("div", { class: "lz-views lz-learned-views" }, this.progress, source.section, this.results);
    this.palette = this.readPalette();
    /** @type {import("./hover.js").Place | null} */
    this.hover = null;
    this.printed = 0;
    /** @type {import("../../core/context.js").SourceImage | null} */
    this.laidOutFor = null;
  }

  get on() {
    return !this.root.hidden;
  }

  get room() {
    return this.answers.get().room;
  }

  /** What the two views show. */
  get shown() {
    return this.bars.shown();
  }

  /** The picture of the answer that is shown: a new one takes its place together with its answer. */
  get picture() {
    const live = this.live.get();
    const image = this.answers.get().room?.picture ?? live.image;
    return this.pictureOf({ ...this.store.get(), sourceScale: 1 }, { ...live, image });
  }

  /** The class that stands out. */
  get chosen() {
    const { pointed, chosen } = this.answers.get();
    return pointed ?? chosen;
  }

  retheme() {
    this.palette = this.readPalette();
    this.request("photo", "draw");
  }

  layOut() {
    const room = this.measure();
    if (!room) return false;
    const aspect = this.extent.width / this.extent.height;
    const size = this.room?.zoomed ?? checkpointOf(this.host, this.store.get())?.size;
    const { narrow, above, frames } = pair(room, [aspect, size ? size[1] / size[0] : aspect], window.innerHeight);
    this.narrow = narrow;
    this.root.toggleAttribute("data-narrow", narrow);
    this.root.toggleAttribute("data-above", !narrow && above);
    NAMES.forEach((name, at) => resizeView(this.views[name], frames[at]));
    this.camera = restrain(this.camera, this.views.source.box, this.extent);
    return true;
  }

  // Camera -----------------------------------------------------------------------------------------------------------

  /** @param {View} view */
  lens(view) {
    const scene = this.room && sceneOf(this.room, this.extent);
    return scene && this.spaceOf(view) === "zoomed" ? lensOf(scene, this.camera, view.box) : null;
  }

  /** What the pixels of a view are pixels of. @param {View} view @returns {"source" | "zoomed" | "tiles" | "other"} */
  spaceOf(view) {
    return view.name === "source" ? "source" : this.right.space(this.shown.right);
  }

  /** @type {Viewer<Name>["moveCamera"]} */
  moveCamera(view, change) {
    const space = this.spaceOf(view);
    return (space === "source" || space === "zoomed") && super.moveCamera(view, change);
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  flush() {
    const { dirty } = this;
    if (!this.on || !this.picture) return dirty.clear();
    if (dirty.has("layout")) {
      if (!this.layOut()) return;
      dirty.add("photo");
    }
    if (this.views.source.box.width < 1) return dirty.clear();
    const started = performance.now();
    if (dirty.has("warp") && this.strokes.active()) this.asking.stroke();
    if (["photo", "warp", "draw"].some((work) => dirty.has(/** @type {any} */ (work)))) this.draw();
    this.drawMarks();
    this.print(performance.now() - started);
    dirty.clear();
  }

  draw() {
    for (const name of NAMES) {
      const view = this.views[name];
      const lens = this.lens(view);
      view.projection = project(lens?.camera ?? this.camera, view.box, lens?.image ?? this.extent);
    }
    this.bars.show();
    this.legend.show(this.store.get().layers);
    this.legend.ranges({ points: "", mesh: "" });
    this.left.draw();
    this.right.draw();
    writeTitles(this);
    this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1);
    this.onFirstFrame();
  }

  /** Tell what is drawn, in a task of its own. @param {number} drawMs */
  print(drawMs) {
    this.printing ||= setTimeout(() => {
      this.printing = undefined;
      this.printed = performance.now();
      if (this.on) this.live.set({ measured: { sentence: this.room?.answer.sentence ?? "", drawMs } });
    }, Math.max(0, PRINT_EVERY - (performance.now() - this.printed)));
  }

  // Hover and marks --------------------------------------------------------------------------------------------------

  /**
   * Frame position -> pixel of the picture that is shown.
   * @param {View} view @param {readonly number[]} at @returns {[number, number]}
   */
  sourceAt(view, at) {
    const place = toImage(view.projection, at[0], at[1]);
    const scene = this.room && sceneOf(this.room, this.extent);
    return scene && this.spaceOf(view) === "zoomed" ? read(scene, [place])[0] : place;
  }

  readPointer() {
    const { pointer, room } = this;
    if (!pointer || !room) return null;
    const space = this.spaceOf(pointer.view);
    if (space === "other") return null;
    const tile = space === "tiles" ? this.right.tileAt(pointer.x, pointer.y) : null;
    const [x, y] = toImage(tile ?? pointer.view.projection, pointer.x, pointer.y);
    return placeAt(room, this.extent, space === "source" ? "source" : "zoomed", x, y);
  }

  drawMarks() {
    const { tool } = this.store.get();
    const { source, zoomed } = this.views;
    this.root.dataset.tool = tool;
    this.root.toggleAttribute("data-busy", this.answers.get().asking);
    if (!this.pinned) this.hover = this.readPointer();
    else if (this.hover && this.room) this.hover = placeAt(this.room, this.extent, "source", ...this.hover.at);
    const { hover } = this;
    const space = this.spaceOf(zoomed);
    this.marks.source.quad(hover?.quad.length ? hover.quad : null, source.projection);
    const pixel = hover?.pixel && squareOf(hover.pixel);
    const linked = space === "source" ? hover?.quad ?? null : space === "other" ? null : pixel ?? null;
    const tile = this.pointer && this.right.tileAt(this.pointer.x, this.pointer.y);
    this.marks.zoomed.quad(linked?.length ? linked : null,
      space === "tiles" ? tile ?? this.right.tileAt(0, 0) : zoomed.projection);
    this.drawBrush();
    this.publishHover();
  }

  publishHover() {
    const before = this.answers.get().hover;
    const { hover } = this;
    if (this.strokes.active()) return;
    const same = before && hover ? before.at[0] === hover.at[0] && before.at[1] === hover.at[1]
      && before.label === hover.label : before === hover;
    if (same) return;
    this.answers.set({ hover });
    if (hover) this.asking.pixelSoon();
  }

  /** The ring of the brush on the source, where there is something to paint on. */
  drawBrush() {
    const state = this.store.get();
    const key = this.rooms.of(state).paintKey(state);
    const painting = key !== null && (state.tool === "paint" || state.tool === "erase");
    const { pointer } = this;
    const view = this.views.source;
    const here = painting && pointer && ["source", "zoomed"].includes(this.spaceOf(pointer.view));
    if (!here) return this.marks.source.brush(null, 0, false);
    const [x, y] = this.sourceAt(pointer.view, [pointer.x, pointer.y]);
    const { scale, x: left, y: top } = view.projection;
    const radius = (state.brushSize * Math.max(this.extent.width, this.extent.height) * scale) / 2;
    this.marks.source.brush([left + (x + 0.5) * scale, top + (y + 0.5) * scale], radius, state.tool === "erase");
  }

  /** The map that a hand has made or is making, as 0..255 on its lattice; null where none is asked for. */
  painted() {
    const state = this.strokes.shown(this.store.get());
    const key = this.rooms.of(state).paintKey(state);
    const map = key && state[key];
    if (!map) return null;
    const values = isSigned(key) ? Float32Array.from(map.data, (value) => Math.max(0, 2 * (value - 128))) : map.data;
    return { h: map.h, w: map.w, values };
  }
}

/** @param {readonly [number, number]} pixel @returns {[number, number][]} */
const squareOf = ([x, y]) => [[x - 0.5, y - 0.5], [x + 0.5, y - 0.5], [x + 0.5, y + 0.5], [x - 0.5, y + 0.5]];
