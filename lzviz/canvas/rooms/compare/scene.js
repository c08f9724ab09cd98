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
import { FORMATS, say, t } from "../../core/text.js";
import { doublesFromBase64 } from "../../core/wire.js";
import { shapeOf } from "../../viewer/arrange.js";
import { toImage } from "../../viewer/camera.js";
import { createModel } from "../../viewer/frame.js";
import { hoverSource, hoverZoomed, read } from "../../viewer/hover.js";
import { lensOf } from "../../viewer/lens.js";
import { Viewer } from "../../viewer/viewer.js";
import { caption } from "../../viewer/views.js";
import { measure } from "../warp/numbers.js";
import { isFresh, pictureOf } from "./asking.js";
import { placed, SLIVER } from "./layout.js";
import { isHere, LETTERS, looks, stateOf, titleOf } from "./methods.js";
import { boxesShown, createFace, createGhost, drawFace, OF_LABELS } from "./panes.js";
import { sentenceOf } from "./sentence.js";
import { createSplit } from "./split.js";
import { createTitles, toldAt } from "./titles.js";
import { hoverTree, treeOf } from "./trees.js";

export const PANES = /** @type {const} */ (["source", "paneB", "paneC", "paneD"]);
const BLINK = 600;
/** Pixels of the shown picture by which a small box may be missed. */
const SLACK = 2;
/** Between panes of a phone, CSS pixels. */
const BESIDE = 8;

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
    const views = PANES.map((name) => this.views[name]);
    this.titles = createTitles(context, views);
    this.root.classList.add("lz-compare-panes");
    this.root.append(...PANES.map((name) => this.views[name].section));
    container.append(this.root);
    this.faces = views.map(createFace);
    this.ghosts = views.map(createGhost);
    this.split = createSplit(answers, views.map(({ frame }) => frame));
    this.models = PANES.map(() => createModel(this.pictureOf));
    /** @type {(Frame | null)[]} */
    this.frames = [];
    /** @type {(import("../../viewer/hover.js").Hover | null)[]} one a pane */
    this.hovers = [];
    /** @type {Map<string, {nodes: string, warp: import("../../engine/coords.js").Warp}>} */
    this.warps = new Map();
    /** @type {(import("./trees.js").Tree | null)[]} */
    this.trees = [];
    /** @type {WeakMap<object, import("./trees.js").Tree>} by the levels of a row */
    this.grown = new WeakMap();
    /** Photographs are to be drawn anew; what was drawn last: the view, and whether panes were split. */
    this.stale = true;
    this.viewed = "";
    this.halved = false;
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
    PANES.forEach((name, at) => { this.ghosts[at].face.view.box = frame; });
    const leads = narrow ? Math.min(this.answers.get().leads, count - 1) : 0;
    // The last pane stands at the right edge, with a sliver of the one before it.
    const shift = leads * (frame.width + BESIDE) - (leads > 0 && leads === count - 1 ? SLIVER : 0);
    this.root.style.setProperty("--shift", `${-shift}px`);
    return { narrow, columns, frames: Object.fromEntries(PANES.map((name) => [name, frame])) };
  }

  // Warps ------------------------------------------------------------------------------------------------------------

  compute() {
    const state = this.strokes.shown(this.store.get());
    this.trees = this.methods.map((name) => this.treeOf(name));
    this.frames = this.methods.map((name, at) => (this.trees[at] ? null : this.frameOf(state, name, at)));
  }

  /** The quadtree of a method that keeps one, as Python told it. @param {string} name */
  treeOf(name) {
    const { table } = this.answers.get();
    const levels = this.rowOf(name)?.levels;
    const picture = this.picture?.levels[0];
    if (!table || !levels || !picture) return null;
    const known = this.grown.get(levels);
    if (known) return known;
    const made = treeOf(levels, table.size, picture);
    this.grown.set(levels, made);
    return made;
  }

  /** What Python said of a method. @param {string} name */
  rowOf(name) {
    return this.answers.get().table?.rows.find((row) => row.name === name) ?? null;
  }

  /** @param {State} state @param {string} name @param {number} at */
  frameOf(state, name, at) {
    const row = this.rowOf(name);
    const fresh = isFresh(this.answers.get(), this.store.get()) && !this.strokes.active();
    if (fresh && row?.note && !row.size) return null; // nothing is drawn of what no size fits
    const size = state.comparedEqual === "pixels" ? null : row?.size ?? null;
    const zoomed = size && /** @type {[number, number]} */ ([size[0], size[1]]);
    const asks = looks(this.context, name);
    const given = isHere(name) ? null : { warp: this.warpOf(row), image: null, fresh, asks };
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
    this.stale = true;
  }

  draw() {
    const state = this.strokes.shown(this.store.get());
    const { split } = this.answers.get();
    const photo = this.stale || this.viewed !== state.comparedView || this.halved !== (split !== null);
    [this.stale, this.viewed, this.halved] = [false, state.comparedView, split !== null];
    this.split.show(split, this.methods.length);
    this.each((_, at) => {
      const { element, face, cut } = this.ghosts[at];
      const halved = split !== null && at > 0 && !this.flipped;
      element.hidden = !halved;
      drawFace(this, this.faces[at], this.known(this.flipped ? 0 : at), state, photo);
      if (!halved) return;
      cut(split);
      drawFace(this, face, this.known(0), state, photo);
    });
    return true;
  }

  /** What is known of a method. @param {number} at @returns {import("./panes.js").Shown} */
  known(at) {
    const { planes, found, picture } = this.answers.get();
    const boxed = picture === pictureOf(this.live.get()); // those of another frame would lie beside what they are of
    return { frame: this.frames[at] ?? null, tree: this.trees[at] ?? null,
      planes: planes.get(this.methods[at]) ?? null, found: boxed ? found.get(this.methods[at]) ?? null : null };
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
        outOfRange: numbers.outside / (h * w), histogram: numbers.histogram, largest: numbers.zoomRange?.[1] ?? null };
    });
    this.answers.set({ drawn });
    this.each((view, at) => this.write(view, at, told[at]?.sentence ?? ""));
    const warpMs = this.frames.reduce((sum, frame) => sum + (frame && !frame.python ? frame.warpMs : 0), 0);
    const sentence = sentenceOf(this.context, this.answers.get(), drawn);
    this.live.set({ measured: { sentence, warpMs,
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
    const perfect = OF_LABELS.has(this.store.get().comparedView) && this.known(at).planes?.perfect;
    const number = note || (waiting ? t("view.computing") : perfect ? t("compare.perfect")
      : this.known(at).found && row?.found ? boxesText(row)
      : share === null || share === undefined ? "" : t("compare.share", { share }));
    const size = frame?.zoomed ?? row?.size;
    this.titles.show(at, name);
    view.section.toggleAttribute("data-noted", note !== "");
    view.section.toggleAttribute("data-boxed", Boolean(row?.found));
    caption(view, { title: LETTERS[at], size: size ? `${size[1]} × ${size[0]}` : "", number,
      label: t("compare.pane", { letter: LETTERS[at], method: titleOf(this.context, name), sentence }) });
    view.section.toggleAttribute("data-flipped", this.flipped && at > 0);
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
      const { frame, tree } = this.known(this.flipped ? 0 : at);
      if (tree) return hoverTree(tree, x, y, this.extent);
      return at === own && direct ? direct : frame && hoverSource(frame, x, y);
    });
  }

  drawMarks() {
    if (!this.pinned) this.hovers = this.readPointer();
    const { comparedView } = this.store.get();
    const [deformed, labels] = [comparedView === "deformed", OF_LABELS.has(comparedView)];
    this.each((view, at) => {
      const hover = this.hovers[at] ?? null;
      const marks = this.marks[PANES[at]];
      const square = deformed && !this.trees[at];
      marks.quad(hover && (square ? squareOf(hover.pixel) : hover.quad), view.projection);
      marks.box(deformed ? null : this.box, view.projection);
      view.section.toggleAttribute("data-pointed", this.pointer?.view === view);
      const known = this.known(this.flipped ? 0 : at);
      this.titles.say(at, hover && known.found ? this.boxAt(known.found, hover)
        : labels ? toldAt(known.planes, hover, this.extent) : null);
    });
    this.drawBrush();
    this.root.dataset.tool = this.store.get().tool;
    if (!this.strokes.active()) this.answers.set({ hovers: this.hovers });
  }

  /**
   * The box at the hovered place, and whether it is wrong.
   * @param {import("../pipeline/found.js").Found} found @param {import("../../viewer/hover.js").Hover} hover
   */
  boxAt(found, { source: [x, y] }) {
    const { comparedView, foundScore } = this.store.get();
    const scale = (this.live.get().image?.width ?? this.extent.width) / this.extent.width;
    const shown = boxesShown(comparedView, found);
    const which = found.at((x + 0.5) * scale, (y + 0.5) * scale, { shown, score: foundScore }, SLACK * scale);
    if (!which) return null;
    const look = found.look(which, "error");
    return { name: found.outline(which, "source", shown, 1).tag, wrong: Boolean(found.true) && !["right", "plain"]
      .includes(look) };
  }

  get brushed() {
    return this.store.get().comparedView === "deformed" ? [] : PANES.slice(0, this.methods.length);
  }
}

/** What a pane says of its boxes. @param {import("../../schema/contract.js").ComparedRow} row */
const boxesText = ({ ap, found }) => (ap === null ? t("compare.boxes", { count: found?.boxes.length ?? 0 })
  : t("compare.ap", { ap: FORMATS.percent1(ap) }));

/** The corners of a pixel. @param {readonly [number, number]} pixel @returns {(readonly [number, number])[]} */
const squareOf = ([x, y]) => [[x - 0.5, y - 0.5], [x + 0.5, y - 0.5], [x + 0.5, y + 0.5], [x - 0.5, y + 0.5]];
