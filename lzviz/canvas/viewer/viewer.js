// @ts-check
/**
 * What every room of views has: frames, a camera for all of them, and drawing once a frame. A room says what is drawn,
 * by the steps that it overrides (`arrange`, `compute`, `drawPhoto`, `draw`, `drawMarks`, `publish`); tools act on any
 * of them (tools.js). Several viewers with one camera show the same place.
 *
 * @typedef {import("../core/context.js").StateStore} StateStore
 * @typedef {import("../core/context.js").LiveStore} LiveStore
 * @typedef {import("./views.js").View} View
 * @typedef {import("./camera.js").Camera} Camera
 * @typedef {import("./camera.js").Extent} Extent
 * @typedef {import("./tools.js").Work} Work
 * @typedef {import("./arrange.js").Frame} Box
 * @typedef {{width: number, height: number}} Space  CSS pixels
 *
 * @typedef {object} Lens  the camera of a view that shows another image than the source, and its way back
 * @property {Camera} camera
 * @property {Extent} image
 * @property {(camera: Camera) => Camera} shared  the camera of all for one of this view
 *
 * @typedef {object} Arranged
 * @property {boolean} narrow   a phone
 * @property {boolean} [above]  results stand below the source
 * @property {boolean} [tight]  titles have no room for more than a name and a number
 * @property {number} [columns] of results
 * @property {Readonly<Record<string, Box>>} frames  by view
 */

import { debounce, h } from "../kit/dom.js";
import { GAP, GUTTER } from "./arrange.js";
import { createCamera, FIT, pan, restrain, toImage, zoomAt } from "./camera.js";
import { createPalette } from "./colours.js";
import { createMarks } from "./marks.js";
import { createPictures } from "./frame.js";
import { createRenderer } from "./renderer.js";
import { same } from "../core/store.js";
import { createStrokes } from "./strokes.js";
import { createView, resizeView } from "./views.js";
import { t } from "../core/text.js";

/** A camera that rests this long is where one looks, milliseconds. */
const KEEP_AFTER = 200;

/** @param {number} n */
const rounded = (n) => Number(n.toFixed(4));

/** A camera as the state keeps it. @param {Camera} camera @returns {import("../core/store.js").State["camera"]} */
const written = ({ u, v, zoom }) => [rounded(u), rounded(v), rounded(zoom)];

/** Numbers are told this often while a hand is at work, milliseconds. */
const PRINT_EVERY = 100;

/** @template {string} Name */
export class Viewer {
  /**
   * @param {HTMLElement} container @param {readonly Name[]} names of the views; "source" is one of them
   * @param {Pick<import("../core/context.js").Context, "store" | "live" | "rooms" | "host">} context
   * @param {ReturnType<typeof createCamera>} [camera]  that other viewers share
   */
  constructor(container, names, { store, live, rooms, host }, camera = createCamera()) {
    this.container = container;
    this.store = store;
    this.live = live;
    this.rooms = rooms;
    this.theme = host.theme;
    this.names = names;
    /** Of all views; the room fills it. */
    this.root = h("div", { class: "lz-views" });
    /** @type {{paint: (palette: import("./colours.js").Palette) => void} | null} its switches of layers */
    this.legend = null;
    /** @type {HTMLElement | null} what of it stands behind the tools of a phone */
    this.results = null;
    this.views = /** @type {Record<Name | "source", View>} */ (
      Object.fromEntries(names.map((name) => [name, createView(name)])));
    this.marks = /** @type {Record<Name | "source", ReturnType<typeof createMarks>>} */ (
      Object.fromEntries(names.map((name) => [name, createMarks(this.views[name])])));
    this.renderer = createRenderer();
    this.strokes = createStrokes(store, live, (state) => rooms.of(state).paintKey(state));
    this.pictureOf = createPictures();
    this.shared = camera;
    this.ratio = 1;
    this.narrow = false;
    /** @type {{view: View, x: number, y: number} | null} what the pointer or the keyboard points at, frame pixels */
    this.pointer = null;
    this.pinned = false;
    /** @type {readonly number[] | null} a box on its way, pixel edges of the picture */
    this.box = null;
    /** @type {Set<Work>} */
    this.dirty = new Set();
    this.ticket = 0;
    /** What the last frame took, milliseconds. */
    this.times = { compute: 0, draw: 0 };
    this.printed = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.printing = undefined;
    /** @type {() => void} */
    this.onFirstFrame = () => {};
    this.fitButton = h("button", { type: "button", class: "lz-touch", hidden: true, onclick: () => this.fit() },
      t("view.fit"));
    this.views.source.title.append(this.fitButton);
    this.palette = this.readPalette();
    /** Whether links lead back to where it looks. */
    this.linked = true;
    this.keep = debounce(() => this.linked && this.on && store.set({ camera: written(this.camera) }), KEEP_AFTER);
    this.ends = [this.keep.cancel, this.shared.follow(() => {
      this.fitButton.hidden = this.camera.zoom <= FIT.zoom;
      this.request("photo", "draw");
      this.keep();
    }), store.subscribe((_, changed) => changed.has("camera") && this.look())];
  }

  get camera() {
    return this.shared.get();
  }

  /** @param {Camera} camera */
  set camera(camera) {
    this.shared.set(camera);
  }

  /** Whether it is on the screen. */
  get on() {
    return !this.root.hidden && this.root.offsetParent !== null;
  }

  /** The picture that is read, or null before there is one. */
  get picture() {
    return this.pictureOf(this.store.get(), this.live.get());
  }

  get extent() {
    const size = this.picture?.picture.size ?? [1, 1];
    return { width: size[1], height: size[0] };
  }

  /** @param {string} name of a CSS custom property */
  token(name) {
    return getComputedStyle(this.container).getPropertyValue(name).trim();
  }

  /** Colours of the theme of now. */
  readPalette() {
    return createPalette((name) => this.token(name), this.theme.dark());
  }

  /** The theme was changed. */
  retheme() {
    this.palette = this.readPalette();
    this.legend?.paint(this.palette);
    this.request("photo", "draw");
  }

  /** What the container has room for, CSS pixels; null while the page is hidden. */
  measure() {
    const style = getComputedStyle(this.container);
    const inside = (/** @type {string} */ a, /** @type {string} */ b) => parseFloat(a) + parseFloat(b) || 0;
    const width = this.container.clientWidth - inside(style.paddingLeft, style.paddingRight);
    const height = this.container.clientHeight - inside(style.paddingTop, style.paddingBottom);
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    return width < 1 ? null : { width, height };
  }

  /**
   * The sizes of the frames.
   * @param {Space} _ what there is room for @returns {Arranged}
   */
  arrange(_) {
    throw new Error("a room says itself where its views stand");
  }

  /** Gives the frames their sizes; false while the page is hidden. */
  layOut() {
    const room = this.measure();
    if (!room) return false;
    const { narrow, above = false, tight = false, columns = 1, frames } = this.arrange(room);
    this.narrow = narrow;
    this.root.toggleAttribute("data-narrow", narrow);
    this.root.toggleAttribute("data-tight", !narrow && tight);
    this.root.toggleAttribute("data-above", !narrow && above);
    this.root.style.setProperty("--columns", String(columns));
    this.root.style.setProperty("--gap", `${GAP}px`);
    this.root.style.setProperty("--gutter", `${GUTTER}px`);
    for (const name of this.names) resizeView(this.views[name], frames[name]);
    this.camera = restrain(this.camera, this.views.source.box, this.extent);
    if (this.moved) this.look();
    this.moved = false;
    return true;
  }

  // Camera -----------------------------------------------------------------------------------------------------------

  /** The lens of a view, or null where it shows the source itself. @param {View} _ @returns {Lens | null} */
  lens(_) {
    return null;
  }

  /**
   * @param {View} view @param {(camera: Camera, box: View["box"], image: Extent) => Camera} change
   * @returns {boolean} whether the camera moved
   */
  moveCamera(view, change) {
    const lens = this.lens(view);
    const wanted = lens ? lens.shared(change(lens.camera, view.box, lens.image))
      : change(this.camera, view.box, this.extent);
    return this.shared.set(restrain(wanted, this.views.source.box, this.extent));
  }

  /** @param {View} view @param {number} dx @param {number} dy CSS pixels */
  panBy(view, dx, dy) {
    return this.moveCamera(view, (camera, box, image) => pan(camera, box, image, dx, dy));
  }

  /** @param {View} view @param {number} factor @param {readonly number[]} [at] frame pixels; its middle */
  zoomBy(view, factor, at = [view.box.width / 2, view.box.height / 2]) {
    return this.moveCamera(view, (camera, box, image) => zoomAt(camera, box, image, factor, at[0], at[1]));
  }

  /** Where the state looks. */
  look() {
    const { camera } = this.store.get();
    if (!this.linked || !this.on || same(camera, written(this.camera))) return;
    const [u, v, zoom] = camera;
    this.camera = restrain({ u, v, zoom }, this.views.source.box, this.extent);
  }

  /** All of the picture. */
  fit() {
    this.camera = FIT;
    this.request("photo", "draw");
  }

  /** Another picture is shown. */
  renew() {
    this.fit();
    this.moved = true;
    this.pinned = false;
    this.request("layout");
  }

  /**
   * Frame position -> pixel of the picture that is read.
   * @param {View} view @param {readonly number[]} at @returns {[number, number]}
   */
  sourceAt(view, [x, y]) {
    return toImage(view.projection, x, y);
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  /** Draw soon. @param {...Work} what */
  request(...what) {
    for (const name of what) this.dirty.add(name);
    this.ticket ||= requestAnimationFrame(() => {
      this.ticket = 0;
      this.flush();
    });
  }

  /** Work of one pointer move, before the handler returns. */
  redraw() {
    this.dirty.add("warp");
    this.flush();
  }

  /** Draw now what is due: "layout" > "photo", "warp" > "draw" > "marks". A hand works on what is in sight. */
  flush() {
    const { dirty } = this;
    if (!this.strokes.active() && !this.on) return dirty.clear();
    if (dirty.has("layout")) {
      if (!this.layOut()) return;
      for (const work of /** @type {const} */ (["photo", "warp"])) dirty.add(work);
    }
    if (!this.picture || this.views.source.box.width < 1) return dirty.clear();
    const started = performance.now();
    if (dirty.has("warp")) this.compute();
    const computed = performance.now();
    if (dirty.has("photo")) this.drawPhoto();
    const due = dirty.has("warp") || dirty.has("photo") || dirty.has("draw");
    const drawn = due && this.draw();
    this.drawMarks();
    if (dirty.has("warp")) this.times.compute = computed - started;
    if (drawn) this.times.draw = performance.now() - computed;
    dirty.clear();
    if (!drawn) return;
    this.print();
    this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1);
    this.onFirstFrame();
  }

  /** What is drawn, from the state. */
  compute() {}

  /** The photograph below everything. */
  drawPhoto() {}

  /** What lies on it, and the other views. @returns {boolean} whether anything was drawn */
  draw() {
    return true;
  }

  /** What moves with the pointer. */
  drawMarks() {}

  /** Tells numbers and sentences of what is drawn. */
  publish() {}

  /** Tell soon, in a task of its own: the next move does not wait for it. */
  print() {
    this.printing ||= setTimeout(() => {
      this.printing = undefined;
      this.printed = performance.now();
      this.publish();
    }, Math.max(0, PRINT_EVERY - (performance.now() - this.printed)));
  }

  /** Views in which the brush is where the pointer is: they show the source's own places. @returns {readonly Name[]} */
  get brushed() {
    return /** @type {readonly Name[]} */ (/** @type {unknown} */ (["source"]));
  }

  /** Whether a place of a view is a place of the source. @param {View} _ */
  leadsBack(_) {
    return true;
  }

  /** The ring of the brush where the pointer is; of any other view only its place in the source. */
  drawBrush() {
    const { pointer, brushed, extent } = this;
    const state = this.store.get();
    const paints = (state.tool === "paint" || state.tool === "erase") && this.rooms.of(state).paintKey(state) !== null;
    const own = brushed.some((name) => this.views[name] === pointer?.view);
    for (const name of brushed) {
      const view = this.views[name];
      const here = pointer && (own ? pointer.view === view : name === "source" && this.leadsBack(pointer.view));
      if (!paints || !here) {
        this.marks[name].brush(null, 0, false);
        continue;
      }
      const [x, y] = this.sourceAt(pointer.view, [pointer.x, pointer.y]);
      const { scale, x: left, y: top } = view.projection;
      const radius = (state.brushSize * Math.max(extent.width, extent.height) * scale) / 2;
      this.marks[name].brush([left + (x + 0.5) * scale, top + (y + 0.5) * scale], radius, state.tool === "erase");
    }
  }

  /** Takes it from the page. */
  dispose() {
    this.ends.forEach((end) => end());
    cancelAnimationFrame(this.ticket);
    clearTimeout(this.printing);
    this.root.remove();
  }
}
