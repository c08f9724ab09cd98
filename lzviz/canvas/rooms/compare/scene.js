// @ts-check
/**
 * The panes: the same part of the same picture, each as its method samples it. A hovered place of the source is
 * outlined in all of them, a stroke in one is a stroke in all.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/store.js").State} State
 * @typedef {import("../../viewer/views.js").View} View
 * @typedef {import("../../viewer/frame.js").Frame} Frame
 * @typedef {(typeof PANES)[number]} Pane
 */

import { emphasisOf } from "../../engine/measures.js";
import { hasTwin } from "../../engine/samplers.js";
import { FORMATS, say, t } from "../../core/text.js";
import { doublesFromBase64 } from "../../core/wire.js";
import { shapeOf } from "../../viewer/arrange.js";
import { project, toImage } from "../../viewer/camera.js";
import { createModel } from "../../viewer/frame.js";
import { hoverSource, hoverZoomed, read } from "../../viewer/hover.js";
import { lensOf } from "../../viewer/lens.js";
import { createPainter } from "../../viewer/painter.js";
import { createRenderer } from "../../viewer/renderer.js";
import { Viewer } from "../../viewer/viewer.js";
import { caption, sizeCanvas } from "../../viewer/views.js";
import { isFresh } from "./asking.js";
import { placed } from "./layout.js";
import { LETTERS, stateOf, titleOf } from "./methods.js";
import { measure } from "../warp/numbers.js";
import { createTitles } from "./titles.js";

export const PANES = /** @type {const} */ (["source", "paneB", "paneC", "paneD"]);
const BLINK = 600;

/** @extends {Viewer<Pane>} */
export class CompareScene extends Viewer {
  /**
   * @param {HTMLElement} container @param {Context} context
   * @param {import("../../core/store.js").Store<import("./asking.js").Answers>} answers
   */
  constructor(container, context, answers) {
    super(container, PANES, context);
    this.context = context;
    this.answers = answers;
    this.titles = createTitles(context, PANES.map((name) => this.views[name]));
    this.root.classList.add("lz-compare-panes");
    this.root.append(...PANES.map((name) => this.views[name].section));
    container.append(this.root);
    this.painters = PANES.map(() => createPainter(createRenderer()));
    this.models = PANES.map(() => createModel(this.pictureOf));
    /** @type {(Frame | null)[]} */
    this.frames = [];
    /** @type {(import("../../viewer/hover.js").Hover | null)[]} one a pane */
    this.hovers = [];
    /** @type {Map<string, {nodes: string, warp: import("../../engine/coords.js").Warp}>} */
    this.warps = new Map();
    this.blinking = false;
    const timer = setInterval(() => {
      const { blink } = answers.get();
      if (!blink && !this.blinking) return;
      this.blinking = blink && !this.blinking;
      if (this.on) this.request("photo", "draw");
    }, BLINK);
    this.ends.push(() => clearInterval(timer));
  }

  get methods() {
    return this.store.get().compared;
  }

  /** Whether every pane shows the first one's. */
  get flipped() {
    return this.live.get().uniform || this.blinking;
  }

  /** The pinned or hovered place, for the tools. */
  get hover() {
    return this.hovers[0] ?? null;
  }

  /** @param {import("../../viewer/viewer.js").Space} room */
  arrange(room) {
    const count = this.methods.length;
    const aspect = shapeOf(this.extent.width / this.extent.height);
    const { narrow, columns, frame } = placed(room, aspect, count, window.innerHeight);
    PANES.forEach((name, at) => { this.views[name].section.hidden = at >= count; });
    return { narrow, columns, frames: Object.fromEntries(PANES.map((name) => [name, frame])) };
  }

  // Warps ------------------------------------------------------------------------------------------------------------

  compute() {
    const state = this.strokes.shown(this.store.get());
    this.frames = this.methods.map((name, at) => this.frameOf(state, name, at));
  }

  /** What Python said of a method. @param {string} name */
  rowOf(name) {
    return this.answers.get().table?.rows.find((row) => row.name === name) ?? null;
  }

  /** @param {State} state @param {string} name @param {number} at */
  frameOf(state, name, at) {
    const row = this.rowOf(name);
    const fresh = isFresh(this.answers.get(), this.store.get()) && !this.strokes.active();
    const size = state.comparedEqual === "pixels" ? null : row?.size ?? null;
    const zoomed = size && /** @type {[number, number]} */ ([size[0], size[1]]);
    const given = hasTwin(name) ? null : { warp: this.warpOf(row), image: null, fresh, asks: true };
    return this.models[at].frame(stateOf(this.context, state, name), this.live.get(), { given, zoomed });
  }

  /** The warp of a row, decoded once. @param {ReturnType<CompareScene["rowOf"]>} row */
  warpOf(row) {
    if (!row?.nodes || !row.nodesSize) return null;
    const kept = this.warps.get(row.name);
    if (kept?.nodes === row.nodes) return kept.warp;
    const size = /** @type {[number, number]} */ ([row.nodesSize[0], row.nodesSize[1]]);
    const warp = { nodes: doublesFromBase64(row.nodes), size, separable: false };
    this.warps.set(row.name, { nodes: row.nodes, warp });
    return warp;
  }

  /** The frame that a pane shows. @param {number} at */
  shown(at) {
    return this.frames[this.flipped ? 0 : at] ?? null;
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  /** @param {View} view */
  lens(view) {
    const frame = this.store.get().comparedView === "deformed" ? this.shown(this.at(view)) : null;
    return frame && lensOf(frame, this.camera, view.box);
  }

  /** @param {View} view */
  at(view) {
    return PANES.indexOf(/** @type {Pane} */ (view.name));
  }

  /** Of the panes that are shown. @param {(view: View, at: number) => void} fn */
  each(fn) {
    PANES.slice(0, this.methods.length).forEach((name, at) => fn(this.views[name], at));
  }

  drawPhoto() {
    if (this.store.get().comparedView !== "points") return;
    this.each((view, at) => {
      view.projection = project(this.camera, view.box, this.extent);
      this.painters[at].renderer.photo(view, this.picture?.levels ?? [], view.projection, this.ratio,
        { receded: true, brightness: this.palette.brightness });
    });
  }

  draw() {
    const state = this.strokes.shown(this.store.get());
    this.each((view, at) => {
      const frame = this.shown(at);
      if (frame) this.drawPane(view, at, frame, state);
    });
    return this.frames.some(Boolean);
  }

  /** @param {View} view @param {number} at @param {Frame} frame @param {State} state */
  drawPane(view, at, frame, state) {
    const painter = this.painters[at];
    const { comparedView } = state;
    view.image.toggleAttribute("hidden", false);
    if (comparedView === "deformed") {
      const { camera, image } = lensOf(frame, this.camera, view.box);
      view.projection = project(camera, view.box, image);
      painter.zoomed(view, frame, this.ratio);
      return;
    }
    view.projection = project(this.camera, view.box, this.extent);
    if (comparedView === "points") {
      const none = Object.fromEntries(Object.keys(state.layers).map((name) => [name, false]));
      const layers = /** @type {State["layers"]} */ ({ ...none, points: true, saliency: state.layers.saliency });
      const { image } = this.live.get();
      const scale = image ? this.extent.width / image.width : 1;
      painter.overlay(view, frame, { ...state, layers }, this.palette, this.ratio, scale, null);
      return;
    }
    sizeCanvas(view.overlay, 1, 1);
    const nearest = state.interpolation === "nearest";
    const ratio = this.strokes.active() ? 1 : this.ratio;
    if (comparedView === "unzoomed") return painter.unzoomed(view, frame, ratio, nearest);
    painter.difference(view, frame, this.picture?.levels ?? [], ratio, nearest, this.palette);
  }

  // Words and numbers ------------------------------------------------------------------------------------------------

  publish() {
    const state = this.strokes.shown(this.store.get());
    const { image } = this.live.get();
    if (!image || !this.on) return;
    const source = /** @type {[number, number]} */ ([image.height, image.width]);
    const maps = this.frames.map((frame) => frame?.saliency ?? null);
    const weights = emphasisOf(state, maps.find(Boolean) ?? null, source);
    const told = this.frames.map((frame) => (frame && !(frame.python && frame.waiting)
      ? measure(frame, weights, true) : null));
    const drawn = told.map((numbers, at) => {
      const [h, w] = this.frames[at]?.zoomed ?? [1, 1];
      return numbers && { region: numbers.share, folds: numbers.folds / Math.max(1, numbers.tiles),
        outOfRange: numbers.outside / (h * w) };
    });
    this.answers.set({ drawn });
    this.each((view, at) => this.write(view, at, told[at]?.sentence ?? ""));
    const warpMs = this.frames.reduce((sum, frame) => sum + (frame && !frame.python ? frame.warpMs : 0), 0);
    this.live.set({ measured: { sentence: this.sentence(drawn), warpMs,
      drawMs: this.times.compute + this.times.draw - warpMs } });
  }

  /** @param {View} view @param {number} at @param {string} sentence */
  write(view, at, sentence) {
    const name = this.methods[at];
    const frame = this.frames[at];
    const row = this.rowOf(name);
    const note = row?.note && isFresh(this.answers.get(), this.store.get()) ? say(row.note) : "";
    const waiting = frame?.python && frame.waiting;
    const share = this.answers.get().drawn[at]?.region;
    const number = note || (waiting ? t("view.computing")
      : share === null || share === undefined ? "" : t("compare.share", { share }));
    this.titles.show(at, name);
    caption(view, { title: LETTERS[at], size: frame ? `${frame.zoomed[1]} × ${frame.zoomed[0]}` : "", number,
      label: t("compare.pane", { letter: LETTERS[at], method: titleOf(this.context, name), sentence }) });
    view.section.toggleAttribute("data-flipped", this.flipped && at > 0);
  }

  /** Which method looks most at what was asked for. @param {import("./asking.js").Answers["drawn"]} drawn */
  sentence(drawn) {
    const shares = drawn.map((each) => each?.region ?? -1);
    const most = Math.max(...shares);
    if (most < 0) return t("compare.sentence.plain", { count: this.methods.length });
    const best = titleOf(this.context, this.methods[shares.indexOf(most)]);
    return t("compare.sentence", { method: best, share: FORMATS.percent(most) });
  }

  // Hover and marks --------------------------------------------------------------------------------------------------

  /** @param {View} view @param {readonly number[]} at @returns {[number, number]} */
  sourceAt(view, at) {
    const place = super.sourceAt(view, at);
    const frame = this.shown(this.at(view));
    return this.store.get().comparedView === "deformed" && frame ? read(frame, [place])[0] : place;
  }

  /** The footprint of each pane at one place of the source. */
  readPointer() {
    const { pointer } = this;
    if (!pointer) return [];
    const own = this.at(pointer.view);
    const first = this.shown(own);
    const deformed = this.store.get().comparedView === "deformed";
    const direct = deformed && first
      ? hoverZoomed(first, ...toImage(pointer.view.projection, pointer.x, pointer.y)) : null;
    const [x, y] = direct?.source ?? this.sourceAt(pointer.view, [pointer.x, pointer.y]);
    const { width, height } = this.extent;
    if (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5) return [];
    return this.methods.map((_, at) => {
      const frame = this.shown(at);
      return at === own && direct ? direct : frame && hoverSource(frame, x, y);
    });
  }

  drawMarks() {
    if (!this.pinned) this.hovers = this.readPointer();
    const deformed = this.store.get().comparedView === "deformed";
    this.each((view, at) => {
      const hover = this.hovers[at] ?? null;
      const marks = this.marks[PANES[at]];
      marks.quad(hover && (deformed ? squareOf(hover.pixel) : hover.quad), view.projection);
      marks.box(deformed ? null : this.box, view.projection);
      view.section.toggleAttribute("data-pointed", this.pointer?.view === view);
    });
    this.drawBrush();
    this.root.dataset.tool = this.store.get().tool;
    if (!this.strokes.active()) this.answers.set({ hovers: this.hovers });
  }

  get brushed() {
    return this.store.get().comparedView === "deformed" ? [] : PANES.slice(0, this.methods.length);
  }
}

/** The corners of a pixel. @param {readonly [number, number]} pixel @returns {(readonly [number, number])[]} */
const squareOf = ([x, y]) => [[x - 0.5, y - 0.5], [x + 0.5, y - 0.5], [x + 0.5, y + 0.5], [x - 0.5, y + 0.5]];
