// @ts-check
/**
 * The views on the screen and what they show: layout, camera, theme, drawing. Tools act on it (tools.js).
 *
 * @typedef {import("../../viewer/views.js").View} View
 * @typedef {(typeof NAMES)[number]} ViewName
 * @typedef {import("../../viewer/frame.js").Frame} Frame
 * @typedef {import("../../viewer/hover.js").Hover} Hover
 * @typedef {import("../../core/store.js").State} State
 */

import { h } from "../../kit/dom.js";
import { emphasisOf } from "../../engine/measures.js";
import { arrange, framesOf, NARROW, shapeOf, TITLE } from "../../viewer/arrange.js";
import { project, toImage } from "../../viewer/camera.js";
import { gradient } from "../../viewer/colours.js";
import { hoverSource, hoverZoomed, read } from "../../viewer/hover.js";
import { toggleLayer } from "../../viewer/keyboard.js";
import { createLegend } from "../../viewer/legend.js";
import { lensOf } from "../../viewer/lens.js";
import { TAPS_FROM } from "../../viewer/marks.js";
import { createGiven } from "./given.js";
import { createModel } from "../../viewer/frame.js";
import { measure } from "./numbers.js";
import { createPainter } from "../../viewer/painter.js";
import { readoutOf, tapList } from "../../viewer/readout.js";
import { createRenderer } from "../../viewer/renderer.js";
import { NUMBERS_FROM } from "../../viewer/vectors.js";
import { Viewer } from "../../viewer/viewer.js";
import { caption } from "../../viewer/views.js";
import { t } from "../../core/text.js";
import { writeTitles } from "./titles.js";
import { ROUTES } from "../../schema/routes.js";

/** A pause after which everything is drawn and measured at its best. */
const SETTLE_AFTER = 140;
const FIRST_MOTION = 700;
/** Points of the unzoomed lattice a CSS pixel along an axis while something moves. */
const COARSE = 0.5;
/** A source narrower than this has no room for the names of its layers, CSS pixels. */
const SOURCE_TIGHT = 720;

const NAMES = /** @type {const} */ (["source", "zoomed", "unzoomed", "uniform", "uniformUnzoomed"]);

/** @extends {Viewer<ViewName>} */
export class Scene extends Viewer {
  /**
   * @param {HTMLElement} container
   * @param {Pick<import("../../core/context.js").Context, "store" | "live" | "rooms" | "host">} context
   */
  constructor(container, context) {
    super(container, NAMES, context);
    const { store } = context;
    this.legend = createLegend((name) => toggleLayer(store, name));
    this.scale = h("span", { class: "lz-scale", hidden: true }, h("small", {}, "0"), h("i"), h("small", {}, "128"));
    this.build();
    this.painter = createPainter(createRenderer());
    this.model = createModel(this.pictureOf);
    this.given = createGiven(context);
    this.alone = !context.host.transport.answers(ROUTES.compute.path);
    this.uniformModel = createModel(this.pictureOf);
    /** @type {Frame | null} */
    this.frame = null;
    /** @type {Frame | null} */
    this.uniform = null;
    /** @type {Hover | null} */
    this.hover = null;
    /** @type {"waiting" | "moving" | "done"} the motion to the warp: at the first picture from uniform */
    this.motion = "waiting";
    this.motionStart = 0;
    /** @type {import("../../engine/coords.js").Warp | null} where the motion begins; null: uniform */
    this.from = null;
    /** The warp is not shown yet: samples stay uniform under the saliency that will move them. */
    this.held = false;
    /** The source alone, without its results. */
    this.sole = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.settling = undefined;
    this.settled = false;
    /** Half of the samples are those of the move before. */
    this.halved = false;
    this.paintScales();
  }

  build() {
    const { source, zoomed, unzoomed, uniform, uniformUnzoomed } = this.views;
    source.title.append(this.legend.element);
    unzoomed.number.before(this.scale);
    zoomed.title.append(this.flipButton());
    this.results = h("div", { class: "lz-results" }, zoomed.section, uniform.section, unzoomed.section,
      uniformUnzoomed.section);
    this.root.append(source.section, this.results);
  }

  /** What holding Space does, for a finger. */
  flipButton() {
    const flip = (/** @type {boolean} */ on) => () => {
      button.setAttribute("aria-pressed", String(on));
      this.live.set({ uniform: on });
    };
    const button = h("button", { type: "button", class: "lz-touch", "aria-pressed": "false",
      "aria-label": t("keys.flip"), onpointerdown: flip(true), onpointerup: flip(false),
      onpointercancel: flip(false), onpointerleave: flip(false),
      oncontextmenu: (/** @type {Event} */ event) => event.preventDefault() }, t("view.hold"));
    return button;
  }

  // Sizes and theme --------------------------------------------------------------------------------------------------

  retheme() {
    super.retheme();
    this.paintScales();
  }

  paintScales() {
    this.legend.paint(this.palette);
    const bar = /** @type {HTMLElement} */ (this.scale.querySelector("i"));
    bar.style.backgroundImage = gradient(this.palette.difference);
  }

  /** @param {import("../../viewer/viewer.js").Space} room */
  arrange(room) {
    const { image } = this.live.get();
    const aspect = image ? shapeOf(image.width / image.height) : 1.5;
    const beside = this.store.get().compare === "uniform";
    this.results?.toggleAttribute("hidden", this.sole);
    if (this.sole) return this.arrangeSource(room, aspect);
    const arranged = framesOf(arrange(room, aspect, beside, window.innerHeight), NAMES);
    const { width } = arranged.frames.source;
    this.views.source.section.toggleAttribute("data-tight", !arranged.narrow && width < SOURCE_TIGHT);
    for (const name of /** @type {const} */ (["uniform", "uniformUnzoomed"])) this.views[name].section.hidden = !beside;
    return arranged;
  }

  /** @param {import("../../viewer/viewer.js").Space} room @param {number} aspect */
  arrangeSource(room, aspect) {
    const narrow = room.width < NARROW;
    const width = Math.floor(Math.min(room.width, narrow ? Infinity : aspect * Math.max(TITLE, room.height - TITLE)));
    const source = { width, height: Math.round(width / aspect) };
    this.views.source.section.toggleAttribute("data-tight", !narrow && width < SOURCE_TIGHT);
    return { narrow, frames: Object.fromEntries(NAMES.map((name) => [name, name === "source" ? source
      : { width: 1, height: 1 }])) };
  }

  // Camera -----------------------------------------------------------------------------------------------------------

  /** @param {View} view */
  lens(view) {
    const frame = view.name === "zoomed" ? this.frame : view.name === "uniform" ? this.uniform : null;
    return frame && lensOf(frame, this.camera, view.box);
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  flush() {
    super.flush();
    if (this.motion === "moving") this.request("warp");
  }

  compute() {
    const state = this.strokes.shown(this.store.get());
    const live = this.live.get();
    const [given, t] = [this.given(state), this.progress()];
    const { quick } = this;
    const halves = this.strokes.active();
    const from = this.held ? null : this.from;
    this.frame = this.model.frame(state, live, { uniform: live.uniform, t, from, given, quick, halves });
    this.uniform = state.compare === "uniform"
      ? this.uniformModel.frame(state, live, { uniform: true, given, quick, halves }) : null;
  }

  redraw() {
    this.halved = true;
    super.redraw();
  }

  /** Something moves: less exactly, but at once. */
  get quick() {
    return this.strokes.active() || this.motion === "moving";
  }

  /** The next warp is come to from the one that is shown. */
  glide() {
    const warp = this.frame?.warp;
    this.from = warp ? { ...warp, nodes: warp.nodes.slice() } : null;
    this.motion = "waiting";
  }

  /** How far the motion is, eased out; 1 when there is none. */
  progress() {
    if (this.held) return 0;
    if (this.motion === "done") return 1;
    if (this.motion === "waiting") {
      const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
      this.motion = still ? "done" : "moving";
      this.motionStart = performance.now();
    }
    const t = Math.min(1, (performance.now() - this.motionStart) / FIRST_MOTION);
    if (t === 1 || this.strokes.active()) this.motion = "done";
    return this.motion === "done" ? 1 : 1 - (1 - t) ** 3;
  }

  drawPhoto() {
    const view = this.views.source;
    view.projection = project(this.camera, view.box, this.extent);
    const { layers } = this.store.get();
    const receded = Object.values(layers).some(Boolean);
    const levels = this.picture?.levels ?? [];
    this.renderer.photo(view, levels, view.projection, this.ratio, { receded, brightness: this.palette.brightness });
  }

  draw() {
    const { frame, views } = this;
    if (!frame) return false;
    const state = this.strokes.shown(this.store.get());
    const { quick } = this;
    this.drawOverlay(frame, state);
    this.drawPair(frame, views.zoomed, views.unzoomed, state, quick);
    if (this.uniform) this.drawPair(this.uniform, views.uniform, views.uniformUnzoomed, state, quick);
    this.settled = !quick;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLE_AFTER);
    return true;
  }

  /** Pixels of the picture that is read a source pixel. */
  get boxScale() {
    const { image } = this.live.get();
    return image ? this.extent.width / image.width : 1;
  }

  /** @param {Frame} frame @param {State} state */
  drawOverlay(frame, state) {
    const view = this.views.source;
    const numbers = view.projection.scale >= NUMBERS_FROM ? this.picture?.levels[0] ?? null : null;
    const ranges = this.painter.overlay(view, frame, state, this.palette, this.ratio, this.boxScale, numbers);
    this.legend.ranges(ranges);
    this.legend.show(state.layers);
  }

  /**
   * @param {Frame} frame @param {View} zoomed @param {View} unzoomed @param {State} state
   * @param {boolean} quick a coarse lattice is enough, smoothly enlarged
   */
  drawPair(frame, zoomed, unzoomed, state, quick) {
    const { camera, image } = lensOf(frame, this.camera, zoomed.box);
    zoomed.projection = project(camera, zoomed.box, image);
    this.painter.zoomed(zoomed, frame, this.ratio);
    unzoomed.projection = project(this.camera, unzoomed.box, this.extent);
    unzoomed.image.toggleAttribute("data-coarse", quick);
    const ratio = quick ? COARSE : this.ratio;
    const nearest = state.interpolation === "nearest";
    const wanted = state.compare === "difference" && unzoomed.name === "unzoomed";
    if (!wanted) return this.painter.unzoomed(unzoomed, frame, ratio, nearest);
    const mean = this.painter.difference(unzoomed, frame, this.picture?.levels ?? [], ratio, nearest, this.palette);
    caption(unzoomed, { number: t("view.mean", { mean }) });
  }

  // Words and numbers ------------------------------------------------------------------------------------------------

  /** At rest: everything at its best. */
  settle() {
    if (this.quick) {
      // A hand that rests is shown the other rows too.
      if (this.halved) this.request("warp");
      this.halved = false;
      return;
    }
    if (!this.settled) this.request("warp");
    else this.publish(false);
  }

  /** What drawing took besides the warp itself. */
  get drawMs() {
    return this.times.compute + this.times.draw - (this.frame?.warpMs ?? 0);
  }

  /** @param {boolean} [quick] less exactly, but at once */
  publish(quick = true) {
    const { frame, drawMs } = this;
    if (!frame) return;
    if (quick) this.publishHover();
    const state = this.strokes.shown(this.store.get());
    if (frame.waiting) return this.publishWaiting(frame, drawMs);
    const before = this.live.get().measured ?? {};
    const kept = quick ? { roundTrip: before.roundTrip, coverage: before.coverage } : {};
    const measured = { ...kept, ...measure(frame, this.emphasis(frame, state), quick), drawMs,
      ...(frame.python ? { warpMs: null } : {}) };
    this.live.set({ measured });
    writeTitles(this, frame, measured);
  }

  /** Nothing is said of a warp that Python has not told yet. @param {Frame} frame @param {number} drawMs */
  publishWaiting(frame, drawMs) {
    const measured = { sentence: t(this.alone ? "python.missing" : "python.waiting"), drawMs };
    this.live.set({ measured });
    writeTitles(this, frame, measured);
  }

  /**
   * What was asked for, as weights; null where the sampler takes no wishes.
   * @param {Frame} frame @param {State} state
   */
  emphasis(frame, state) {
    const { image } = this.live.get();
    if (!image || !frame.asks) return null;
    return emphasisOf(state, frame.saliency, [image.height, image.width]);
  }

  // Hover and marks --------------------------------------------------------------------------------------------------

  /** @param {View} view @param {readonly number[]} at @returns {[number, number]} */
  sourceAt(view, at) {
    const place = super.sourceAt(view, at);
    const frame = view.name === "zoomed" ? this.frame : view.name === "uniform" ? this.uniform : null;
    return frame ? read(frame, [place])[0] : place;
  }

  /** The hover that the pointer means now. @returns {Hover | null} */
  readPointer() {
    const { pointer, frame } = this;
    if (!pointer || !frame) return null;
    if (pointer.view.name === "zoomed") {
      const [x, y] = toImage(pointer.view.projection, pointer.x, pointer.y);
      return hoverZoomed(frame, x, y);
    }
    const [x, y] = this.sourceAt(pointer.view, [pointer.x, pointer.y]);
    const { width, height } = this.extent;
    const outside = x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5;
    return outside ? null : hoverSource(frame, x, y);
  }

  drawMarks() {
    const { frame } = this;
    const state = this.store.get();
    if (!this.pinned) this.hover = this.readPointer();
    else if (this.hover && frame) this.hover = hoverZoomed(frame, this.hover.pixel[0], this.hover.pixel[1]);
    for (const name of NAMES) this.markView(name);
    this.drawBrush();
    this.root.dataset.tool = state.tool;
    this.marks.source.box(this.box, this.views.source.projection);
    if (!this.strokes.active()) this.publishHover();
  }

  /** @param {ViewName} name */
  markView(name) {
    const { projection } = this.views[name];
    const marks = this.marks[name];
    if (name === "zoomed") {
      const at = this.hover?.pixel;
      marks.quad(at ? [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]].map(([dx, dy]) =>
        /** @type {const} */ ([at[0] + dx, at[1] + dy])) : null, projection);
      return;
    }
    if (name === "uniform") return;
    marks.quad(this.hover?.quad ?? null, projection);
    if (name === "source") marks.taps(projection.scale >= TAPS_FROM ? this.taps() : [], projection);
  }

  /** What the hovered pixel reads. */
  taps() {
    const { hover, frame } = this;
    const picture = this.picture?.picture;
    return hover && frame && picture ? tapList(frame, picture, hover.pixel, this.store.get().interpolation) : [];
  }

  get brushed() {
    return /** @type {const} */ (["source", "unzoomed", "uniformUnzoomed"]);
  }

  publishHover() {
    const { image, hover } = this.live.get();
    if (!this.hover || !this.frame || !image) {
      if (hover) this.live.set({ hover: null });
      return;
    }
    this.live.set({ hover: readoutOf(this.hover, this.frame, this.taps(), image) });
  }

  dispose() {
    clearTimeout(this.settling);
    super.dispose();
  }
}
