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
import { project, toImage } from "../../viewer/camera.js";
import { read } from "../../viewer/hover.js";
import { createLegend } from "../../viewer/legend.js";
import { toggleLayer } from "../../viewer/keyboard.js";
import { lensOf } from "../../viewer/lens.js";
import { Viewer } from "../../viewer/viewer.js";
import { createBars } from "./bars.js";
import { placeAt, sceneOf } from "./hover.js";
import { OF_WARP } from "./layers.js";
import { BOXES, createLeft } from "./left.js";
import { createRight } from "./right.js";
import { writeTitles } from "./titles.js";
import { checkpointOf } from "./words.js";

const NAMES = /** @type {const} */ (["source", "zoomed"]);
/** CSS pixels by which a small box may be missed. */
const REACH = 4;
export const LAYERS = ["points", "mesh", ...OF_WARP];

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
    this.page = context.root;
    this.legend = createLegend((name) => toggleLayer(store, name), LAYERS);
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
    this.root.classList.add("lz-learned-views");
    this.root.append(this.progress, source.section, this.results);
    /** @type {import("./hover.js").Place | null} */
    this.hover = null;
    /** @type {import("../../core/context.js").SourceImage | null} */
    this.laidOutFor = null;
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

  /** A new picture takes its place with its answer. */
  renew() {
    this.request("layout");
  }

  /** @param {import("../../viewer/viewer.js").Space} space */
  arrange(space) {
    const aspect = this.extent.width / this.extent.height;
    const size = this.room?.zoomed ?? checkpointOf(this.host, this.store.get())?.size;
    const { narrow, above, frames: [source, zoomed] } = pair(space, [aspect, size ? size[1] / size[0] : aspect],
      window.innerHeight);
    return { narrow, above, frames: { source, zoomed } };
  }

  layOut() {
    const { room } = this;
    if (room && this.laidOutFor !== room.picture) this.fit();
    this.laidOutFor = room?.picture ?? this.laidOutFor;
    return super.layOut();
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

  compute() {
    if (this.strokes.active()) this.asking.stroke();
  }

  draw() {
    for (const name of NAMES) {
      const view = this.views[name];
      const lens = this.lens(view);
      view.projection = project(lens?.camera ?? this.camera, view.box, lens?.image ?? this.extent);
    }
    this.bars.show();
    this.legend.paint(this.palette);
    this.legend.show(this.store.get().layers);
    this.legend.ranges({});
    this.left.draw();
    this.right.draw();
    writeTitles(this);
    return true;
  }

  publish() {
    if (this.on) this.live.set({ measured: { sentence: this.room?.answer.sentence ?? "", drawMs: this.times.draw } });
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
    const { film, image } = this.live.get();
    this.page.toggleAttribute("data-behind", Boolean(film && this.room && this.room.picture !== image));
    if (!this.pinned) this.hover = this.readPointer();
    else if (this.hover && this.room) this.hover = placeAt(this.room, this.extent, "source", ...this.hover.at);
    const { hover } = this;
    const space = this.spaceOf(zoomed);
    if (this.markBox(hover)) {
      this.drawBrush();
      return this.publishHover();
    }
    this.marks.source.quad(hover?.quad.length ? hover.quad : null, source.projection);
    const pixel = hover?.pixel && squareOf(hover.pixel);
    const linked = space === "source" ? hover?.quad ?? null : space === "other" ? null : pixel ?? null;
    const tile = this.pointer && this.right.tileAt(this.pointer.x, this.pointer.y);
    this.marks.zoomed.quad(linked?.length ? linked : null,
      space === "tiles" ? tile ?? this.right.tileAt(0, 0) : zoomed.projection);
    this.drawBrush();
    this.publishHover();
  }

  /** What a view shows that boxes are pointed at in. */
  get showing() {
    const { pointer, shown } = this;
    const side = pointer?.view.name === "zoomed" ? shown.right : shown.left;
    return { shown: side, score: this.store.get().foundScore };
  }

  /** The box whose line or outline is pointed at. */
  get pointedBox() {
    const { row, box } = this.answers.get();
    return row ?? box;
  }

  /**
   * The box at the pointer. @param {import("./found.js").Found} found @param {import("./hover.js").Place | null} hover
   * @param {number} share  pixels that are shown a pixel of the picture
   */
  boxUnder(found, hover, share) {
    const { pointer, showing } = this;
    if (pointer && showing.shown === "space") {
      return found.bodyAt([pointer.x, pointer.y], this.views.zoomed.box, showing.score);
    }
    return hover && BOXES.includes(showing.shown) ? found.at((hover.at[0] + 0.5) / share, (hover.at[1] + 0.5) / share,
      showing, REACH / (this.views.source.projection.scale * share)) : null;
  }

  /**
   * The box that is pointed at, by the pointer or in the table, in both views: as it is, and as its border was bent.
   * @param {import("./hover.js").Place | null} hover @returns {boolean} whether there is one
   */
  markBox(hover) {
    const { room, extent } = this;
    const found = room?.found ?? null;
    const { source, zoomed } = this.views;
    const share = room ? extent.width / room.picture.width : 1;
    const there = found && this.boxUnder(found, hover, share);
    if (!sameBox(this.answers.get().box, there)) this.answers.set({ box: there });
    const which = this.pointedBox;
    if (!found || !which) return false;
    const [x0, y0, x1, y1] = found.box(which).box.map((value) => value * share - 0.5);
    this.marks.source.quad([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], source.projection);
    const curve = found.curve(which).map(([x, y]) => /** @type {[number, number]} */ ([x - 0.5, y - 0.5]));
    this.marks.zoomed.quad(this.spaceOf(zoomed) === "zoomed" && curve.length ? curve : null, zoomed.projection);
    return true;
  }

  publishHover() {
    const before = this.answers.get().hover;
    const { hover } = this;
    if (this.strokes.active()) return;
    const same = before && hover ? before.at[0] === hover.at[0] && before.at[1] === hover.at[1]
      && before.label === hover.label : before === hover;
    if (same) return;
    this.answers.set({ hover });
    if (hover && !this.room?.found) this.asking.pixelSoon();
  }

  /** @param {View} view */
  leadsBack(view) {
    return ["source", "zoomed"].includes(this.spaceOf(view));
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

/** @param {import("./found.js").Which | null} a @param {import("./found.js").Which | null} b */
const sameBox = (a, b) => a?.of === b?.of && a?.row === b?.row;

/** @param {readonly [number, number]} pixel @returns {[number, number][]} */
const squareOf = ([x, y]) => [[x - 0.5, y - 0.5], [x + 0.5, y - 0.5], [x + 0.5, y + 0.5], [x - 0.5, y + 0.5]];
