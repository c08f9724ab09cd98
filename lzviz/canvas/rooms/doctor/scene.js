// @ts-check
/**
 * The views: the source with the grid on it; beside each other, now and with the fix, the place that the chosen finding
 * names and the picture read through the grid.
 *
 * @typedef {import("./words.js").Diagnosed} Diagnosed
 * @typedef {import("../../viewer/views.js").View} View
 * @typedef {import("../../viewer/camera.js").Camera} Camera
 * @typedef {import("./asking.js").Chart} Chart
 * @typedef {import("../../viewer/frame.js").Frame} Frame
 */

import { t } from "../../core/text.js";
import { h } from "../../kit/dom.js";
import { FIT, project, restrain } from "../../viewer/camera.js";
import { createLegend } from "../../viewer/legend.js";
import { createPainter } from "../../viewer/painter.js";
import { createRenderer } from "../../viewer/renderer.js";
import { Viewer } from "../../viewer/viewer.js";
import { caption } from "../../viewer/views.js";
import { downhillOf, slopeSwitch } from "./downhill.js";
import { createFrames } from "./frames.js";
import { framesIn } from "./layout.js";
import { flight, placeOf, toCamera } from "./place.js";
import { createPlaceMark } from "./placemark.js";

export const NAMES = /** @type {const} */ (["source", "placeNow", "placeNext", "readNow", "readNext"]);
export const LAYERS = /** @type {const} */ (["points", "mesh", "folds", "arrows", "aliasing", "holes"]);
const FLIGHT = 480;

/** @extends {Viewer<(typeof NAMES)[number]>} */
export class DoctorScene extends Viewer {
  /**
   * @param {HTMLElement} container @param {import("../../core/context.js").Context} context
   * @param {import("../../core/store.js").Store<Chart>} chart
   */
  constructor(container, context, chart) {
    super(container, NAMES, context);
    this.linked = false; // it goes where a finding is
    this.chart = chart;
    this.legend = createLegend((name) => {
      const { layers } = chart.get();
      chart.set({ layers: { ...layers, [name]: !layers[name] } });
    }, LAYERS);
    const { source, placeNow, placeNext, readNow, readNext } = this.views;
    source.title.append(this.legend.element);
    this.slope = slopeSwitch(chart);
    this.legend.element.append(this.slope.element);
    this.pairs = [h("div", { class: "lz-doctor-pair" }, placeNow.section, placeNext.section),
      h("div", { class: "lz-doctor-pair" }, readNow.section, readNext.section)];
    this.root.classList.add("lz-doctor-views");
    this.root.append(source.section, h("div", { class: "lz-doctor-pairs" }, ...this.pairs));
    container.append(this.root);
    this.painters = { source: createPainter(createRenderer()), now: createPainter(createRenderer()),
      next: createPainter(createRenderer()) };
    this.frames = createFrames();
    this.mark = Object.fromEntries(NAMES.map((name) => [name, createPlaceMark(this.views[name])]));
    this.legend.paint(this.palette);
    this.flip = false;
    /** @type {(() => void) | null} ends the flight that is on its way */
    this.landing = null;
    this.flown = "";
  }

  /** The grids now and with the fix, as frames; null where there is none. */
  get pair() {
    const { now, next } = this.chart.get();
    const { picture } = this;
    return { now: picture && now && this.frames.of(now, picture.picture, "now"),
      next: picture && next && this.frames.of(next, picture.picture, "next") };
  }

  /** Whether the large view shows the fix. */
  get mended() {
    const { side, next } = this.chart.get();
    return Boolean(next) && (side === "mended") !== this.flip;
  }

  /** @param {import("../../viewer/viewer.js").Space} room */
  arrange(room) {
    return framesIn(room, this.extent, this.pair.now?.zoomed);
  }

  /** Only the source moves. @type {Viewer<(typeof NAMES)[number]>["moveCamera"]} */
  moveCamera(view, change) {
    this.landing?.();
    return view.name === "source" && super.moveCamera(view, change);
  }

  // Flight -----------------------------------------------------------------------------------------------------------

  /** The place of the chosen finding, pixel edges of the picture; null: everywhere. */
  place() {
    const { now, chosen } = this.chart.get();
    const finding = now?.findings.find(({ check }) => check === chosen);
    const frame = this.pair.now;
    return finding && frame ? placeOf(frame.warp, finding.place, this.extent) : null;
  }

  /** The camera goes to the place of the chosen finding, once for each finding. @param {boolean} [again] */
  fly(again = false) {
    const { now, chosen } = this.chart.get();
    const key = now ? `${now.id} ${now.applied} ${chosen}` : "";
    if (!now || (key === this.flown && !again) || this.views.source.box.width < 1) return;
    this.flown = key;
    this.landing?.();
    const place = this.place();
    const goal = restrain(place ? toCamera(place, this.views.source.box, this.extent, 0.42) : FIT,
      this.views.source.box, this.extent);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
    if (still) return this.arrive(goal);
    const from = this.camera;
    const started = performance.now();
    let ticket = 0;
    const step = () => {
      const t = Math.min(1, (performance.now() - started) / FLIGHT);
      this.arrive(flight(from, goal, t));
      if (t < 1) ticket = requestAnimationFrame(step);
    };
    this.landing = () => {
      cancelAnimationFrame(ticket);
      this.landing = null;
    };
    step();
  }

  /** @param {Camera} camera */
  arrive(camera) {
    this.camera = restrain(camera, this.views.source.box, this.extent);
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  flush() {
    super.flush();
    if (this.on && this.picture) this.fly();
  }

  draw() {
    const { pair, views } = this;
    const shown = this.mended ? pair.next : pair.now;
    const place = this.place();
    this.photo(views.source, this.camera);
    this.overlay("source", shown, views.source);
    this.mark.source(place, this.chart.get().chosen);
    const near = place ? toCamera(place, views.placeNow.box, this.extent, 0.7) : FIT;
    for (const [name, frame] of /** @type {const} */ ([["placeNow", pair.now], ["placeNext", pair.next]])) {
      this.photo(views[name], restrain(near, views[name].box, this.extent));
      this.overlay(name === "placeNow" ? "now" : "next", frame, views[name]);
    }
    for (const [name, frame] of /** @type {const} */ ([["readNow", pair.now], ["readNext", pair.next]])) {
      this.read(views[name], frame);
    }
    this.write(pair);
    return true;
  }

  /** @param {View} view @param {Camera} camera */
  photo(view, camera) {
    view.projection = project(camera, view.box, this.extent);
    this.painters.source.renderer.photo(view, this.picture?.levels ?? [], view.projection, this.ratio,
      { receded: true, brightness: this.palette.brightness });
  }

  /** @param {"source" | "now" | "next"} which painter @param {Frame | null} frame @param {View} view */
  overlay(which, frame, view) {
    const { layers, now } = this.chart.get();
    const slope = view.name === "source" && layers.gradient ? now?.downhill : null;
    const more = this.mended ? [] : downhillOf(slope, this.palette);
    view.overlay.toggleAttribute("hidden", !frame && !more.length);
    if (!frame) {
      const bare = { image: this.extent, drawn: more, boxes: [], boxScale: 1, numbers: null };
      this.painters[which].renderer.overlay(view, bare, view.projection, this.ratio);
      return;
    }
    const state = { ...this.store.get(), saliency: "paint", interpolation: /** @type {const} */ ("bilinear"),
      layers: /** @type {any} */ (layers) };
    const ranges = this.painters[which].overlay(view, frame, state, this.palette, this.ratio, 1, null, more);
    if (view.name !== "source") return;
    this.legend.ranges(ranges);
    this.legend.show(/** @type {any} */ (layers));
    this.slope.show();
  }

  /** The picture read through a grid. @param {View} view @param {Frame | null} frame */
  read(view, frame) {
    view.image.toggleAttribute("hidden", !frame);
    if (!frame) return;
    const [height, width] = frame.zoomed;
    view.projection = project(FIT, view.box, { width, height });
    this.painters.source.zoomed(view, frame, this.ratio);
  }

  /** @param {{now: Frame | null, next: Frame | null}} pair */
  write({ now, next }) {
    const { chosen, now: diagnosis } = this.chart.get();
    const { width, height, scale: shown } = this.live.get().image ?? { ...this.extent, scale: 1 };
    const finding = diagnosis?.findings.find(({ check }) => check === chosen);
    const where = t(finding?.place.length ? "view.placeNow" : "doctor.whole");
    const scale = this.views.source.projection.scale * this.ratio * shown;
    caption(this.views.source, { title: t(this.mended ? "doctor.source.mended" : "view.source"),
      size: t("doctor.source.size", { width, height, scale }),
      label: t("doctor.source.label", { sentence: diagnosis ? diagnosis.sentence : "" }) });
    const [before, after] = [t("doctor.now"), t(next ? "doctor.next" : "doctor.noNext")];
    const label = (/** @type {string} */ title, /** @type {string} */ when) => t("doctor.label", { title, when });
    caption(this.views.placeNow, { title: where, number: before, label: label(where, before) });
    caption(this.views.placeNext, { title: where, number: after, label: label(where, after) });
    const size = (/** @type {Frame | null} */ frame) => (frame ? `${frame.zoomed[1]} × ${frame.zoomed[0]}` : "");
    const read = t("view.readNow");
    caption(this.views.readNow, { title: read, size: size(now), number: before, label: label(read, before) });
    caption(this.views.readNext, { title: read, size: size(next), number: after, label: label(read, after) });
  }
}
