// @ts-check
/**
 * The views of content-adaptive downsampling: the quadtree on the source, adaptive features over those of the strided
 * or the dilated network, or key points and their matches. Camera, tools, brush and marks are the stage's.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../viewer/views.js").View} View
 * @typedef {import("./model.js").Forest} Forest
 * @typedef {import("./asking.js").Answers} Answers
 * @typedef {"source" | "adaptive" | "beside"} Name
 */

import { h } from "../../kit/dom.js";
import { arrange, framesOf, shapeOf } from "../../viewer/arrange.js";
import { project } from "../../viewer/camera.js";
import { Viewer } from "../../viewer/viewer.js";
import { sizeCanvas } from "../../viewer/views.js";
import { drawHairlines, drawLevels, drawSites, levelColours, planeOf } from "../../viewer/layers/own/quadtree.js";
import { createFeatureViews } from "./features.js";
import { hoverAt } from "./hover.js";
import { createKeypointViews } from "./keypoints.js";
import { createTapMarks } from "./marks.js";
import { fits, forestOf, viewOf } from "./model.js";
import { createSegmentationViews } from "./segmentation.js";
import { createLevelLegend, writeSourceTitle } from "./titles.js";
import { sentence } from "./words.js";

const NAMES = /** @type {const} */ (["source", "adaptive", "beside"]);

/** @extends {Viewer<Name>} */
export class CadScene extends Viewer {
  /**
   * @param {HTMLElement} container @param {Context} context
   * @param {import("../../core/store.js").Store<Answers>} answers
   */
  constructor(container, context, answers) {
    super(container, NAMES, context);
    const { store } = context;
    this.answers = answers;
    this.showTaps = createTapMarks(this.views.source.marks);
    this.levels = createLevelLegend(store);
    this.views.source.title.append(this.levels.element);
    this.features = createFeatureViews(this.views, store);
    this.segmentation = createSegmentationViews(this.views, store);
    this.keypoints = createKeypointViews(this.views, answers);
    this.results = h("div", { class: "lz-results" }, this.views.adaptive.section, this.views.beside.section);
    this.root.classList.add("lz-cad-views");
    this.root.append(this.views.source.section, this.results, this.keypoints.bridge);
    this.tokens = this.readTokens();
    /** @type {import("./hover.js").CellHover | null} */
    this.hover = null;
    /** @type {Forest | null} */
    this.forest = null;
  }

  get showsKeypoints() {
    return viewOf(this.store.get()) === "keypoints";
  }

  get picture() {
    return this.pictureOf({ ...this.store.get(), sourceScale: 1 }, this.live.get());
  }

  readTokens() {
    return { saliency: this.token("--lz-saliency") || "#ffb22e", well: this.token("--lz-well") || "#ecece8",
      right: this.token("--lz-det-high") || "#2b6cb0", wrong: "#ff9d3c" };
  }

  /** Of matches. */
  get colours() {
    return this.tokens;
  }

  retheme() {
    super.retheme();
    this.tokens = this.readTokens();
  }

  /** @param {import("../../viewer/viewer.js").Space} room */
  arrange(room) {
    return framesOf(arrange(room, shapeOf(this.extent.width / this.extent.height), false, window.innerHeight), NAMES);
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  /** The quadtree of the state; the last one stays while Python makes another mask. */
  compute() {
    const { mask } = this.answers.get();
    const state = this.strokes.shown(this.store.get());
    if (!mask) this.forest = null;
    else if (fits(mask, state)) this.forest = forestOf(mask, state);
  }

  /** The photograph recedes below the quadtree; holding Space brings it back. */
  drawPhoto() {
    const view = this.views.source;
    view.projection = project(this.camera, view.box, this.extent);
    const look = { receded: this.covered, brightness: this.palette.brightness };
    this.renderer.photo(view, this.picture?.levels ?? [], view.projection, this.ratio, look);
  }

  get covered() {
    const { layers } = this.store.get();
    return (layers.saliency || layers.points) && !this.live.get().uniform;
  }

  draw() {
    for (const name of NAMES) this.views[name].projection = project(this.camera, this.views[name].box, this.extent);
    this.drawOverlay();
    const { features, segmentation, keypoints } = this.answers.get();
    this.root.toggleAttribute("data-keypoints", this.showsKeypoints);
    this.keypoints.scatter.hidden = !this.showsKeypoints;
    this.levels.points.hidden = this.showsKeypoints;
    if (this.showsKeypoints) this.keypoints.draw(keypoints, this);
    else {
      this.features.heads(viewOf(this.store.get()) === "segmentation" ? segmentation?.answer : features);
      if (viewOf(this.store.get()) === "segmentation") this.segmentation.draw(segmentation, this);
      else this.features.draw(features, this);
    }
    return true;
  }

  /** The quadtree of this view: the key points' own, or the mask's. */
  get tree() {
    return this.showsKeypoints ? this.keypoints.tree(this.answers.get().keypoints) : this.forest;
  }

  drawOverlay() {
    if (this.showsKeypoints) this.keypoints.keep(this.answers.get().keypoints, () => this.request("draw"));
    const { overlay, box } = this.views.source;
    sizeCanvas(overlay, box.width * this.ratio, box.height * this.ratio);
    const pen = overlay.getContext("2d");
    const { tree } = this;
    const { layers } = this.store.get();
    if (!pen) return;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, box.width, box.height);
    this.levels.show(tree, tree ? levelColours(this.tokens, tree.grid.depth) : []);
    if (!tree || this.live.get().uniform) return;
    const plane = this.plane(this.views.source, tree);
    if (layers.saliency) {
      drawLevels(pen, tree, plane, levelColours(this.tokens, tree.grid.depth));
      drawHairlines(pen, tree, plane, box, this.ratio, this.palette.dark);
    }
    if (layers.points && !this.showsKeypoints) drawSites(pen, tree, plane, box);
    if (this.showsKeypoints) this.keypoints.drawPoints(pen, this);
  }

  /** Where cells lie in a view. @param {View} view @param {Pick<Forest, "image" | "grid">} tree */
  plane(view, { image, grid }) {
    return planeOf(view.projection, this.extent, image, grid.stride);
  }

  // Words and numbers ------------------------------------------------------------------------------------------------

  publish() {
    const { forest } = this;
    this.answers.set({ forest });
    if (!this.on) return;
    const words = forest && !this.showsKeypoints ? sentence(forest) : undefined;
    this.live.set({ measured: { sentence: words, warpMs: this.times.compute, drawMs: this.times.draw } });
    writeSourceTitle(this, words ?? "");
  }

  // Hover and marks --------------------------------------------------------------------------------------------------

  readPointer() {
    const { pointer, forest } = this;
    if (!pointer || !forest || this.showsKeypoints) return null;
    const [x, y] = this.sourceAt(pointer.view, [pointer.x, pointer.y]);
    const { width, height } = this.extent;
    if (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5) return null;
    const share = forest.image.w / width;
    return hoverAt(forest, (x + 0.5) * share, (y + 0.5) * share, this.store.get().mode === "published");
  }

  drawMarks() {
    const { tool } = this.store.get();
    this.root.dataset.tool = tool;
    const { forest } = this;
    if (!this.pinned) this.hover = this.readPointer();
    else if (this.hover && forest) this.hover = hoverAt(forest, ...this.hover.at, this.hover.centred);
    const { hover } = this;
    const share = forest ? this.extent.width / forest.image.w : 1;
    const corners = hover && hover.quad.map(([x, y]) => /** @type {[number, number]} */ (
      [x * share - 0.5, y * share - 0.5]));
    for (const name of NAMES) this.marks[name].quad(corners, this.views[name].projection);
    const hidden = !hover || !forest || this.strokes.active();
    if (forest) this.showTaps(hidden ? [] : hover.taps, this.plane(this.views.source, forest));
    if (this.showsKeypoints) this.keypoints.mark(this);
    else this.keypoints.bridge.toggleAttribute("hidden", true);
    this.drawBrush();
    if (!this.strokes.active() && this.answers.get().hover !== hover) this.answers.set({ hover });
  }

  get brushed() {
    return NAMES;
  }
}
