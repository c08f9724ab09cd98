// @ts-check
/**
 * What every room of views has: frames, one camera for all of them, and drawing once a frame. The rooms (scene.js, CAD,
 * learned samplers) say what is drawn; tools act on any of them (tools.js).
 *
 * @typedef {import("../core/context.js").StateStore} StateStore
 * @typedef {import("../core/context.js").LiveStore} LiveStore
 * @typedef {import("./views.js").View} View
 * @typedef {import("./camera.js").Camera} Camera
 * @typedef {import("./camera.js").Extent} Extent
 * @typedef {import("./tools.js").Work} Work
 *
 * @typedef {object} Lens  the camera of a view that shows another image than the source, and its way back
 * @property {Camera} camera
 * @property {Extent} image
 * @property {(camera: Camera) => Camera} shared  the camera of all for one of this view
 */

import { h } from "../kit/dom.js";
import { FIT, pan, restrain, zoomAt } from "./camera.js";
import { createPalette } from "./colours.js";
import { createMarks } from "./marks.js";
import { createPictures } from "../rooms/warp/model.js";
import { createRenderer } from "./renderer.js";
import { createStrokes } from "./strokes.js";
import { createView } from "./views.js";

/** @template {import("./views.js").ViewName} Name */
export class Viewer {
  /**
   * @param {HTMLElement} container @param {readonly Name[]} names of the views; "source" is one of them
   * @param {Pick<import("../core/context.js").Context, "store" | "live" | "rooms" | "host">} context
   */
  constructor(container, names, { store, live, rooms, host }) {
    this.container = container;
    this.store = store;
    this.live = live;
    this.rooms = rooms;
    this.theme = host.theme;
    this.views = /** @type {Record<Name | "source", View>} */ (
      Object.fromEntries(names.map((name) => [name, createView(name)])));
    this.marks = /** @type {Record<Name | "source", ReturnType<typeof createMarks>>} */ (
      Object.fromEntries(names.map((name) => [name, createMarks(this.views[name])])));
    this.renderer = createRenderer();
    this.strokes = createStrokes(store, live, (state) => rooms.of(state).paintKey(state));
    this.pictureOf = createPictures();
    /** @type {Camera} */
    this.camera = FIT;
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
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.printing = undefined;
    /** @type {() => void} */
    this.onFirstFrame = () => {};
    this.fitButton = h("button", { type: "button", class: "lz-touch", hidden: true, onclick: () => this.fit() }, "Fit");
    this.views.source.title.append(this.fitButton);
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

  readPalette() {
    return createPalette((name) => this.token(name), this.theme.dark());
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
    const before = this.camera;
    const lens = this.lens(view);
    const wanted = lens ? lens.shared(change(lens.camera, view.box, lens.image))
      : change(before, view.box, this.extent);
    this.camera = restrain(wanted, this.views.source.box, this.extent);
    const { u, v, zoom } = this.camera;
    const moved = Math.max(Math.abs(u - before.u), Math.abs(v - before.v), Math.abs(zoom - before.zoom)) > 1e-9;
    this.fitButton.hidden = zoom <= FIT.zoom;
    if (moved) this.request("photo", "draw");
    return moved;
  }

  /** @param {View} view @param {number} dx @param {number} dy CSS pixels */
  panBy(view, dx, dy) {
    return this.moveCamera(view, (camera, box, image) => pan(camera, box, image, dx, dy));
  }

  /** @param {View} view @param {number} factor @param {readonly number[]} [at] frame pixels; its middle */
  zoomBy(view, factor, at = [view.box.width / 2, view.box.height / 2]) {
    return this.moveCamera(view, (camera, box, image) => zoomAt(camera, box, image, factor, at[0], at[1]));
  }

  fit() {
    this.camera = FIT;
    this.fitButton.hidden = true;
    this.request("photo", "draw");
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

  /** Draw now what is due: "layout" > "photo", "warp" > "draw" > "marks". */
  flush() {
    throw new Error("a room says itself what is drawn");
  }
}
