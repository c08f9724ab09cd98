// @ts-check
/** The whole picture, small, with the one window that all panes show: press or drag it there, turn the wheel on it. */
import { project, restrain, visibleEdges } from "../../viewer/camera.js";
import { FORMATS, t } from "../../core/text.js";
import { h, setText } from "../../kit/dom.js";

/** Of the picture on the screen, CSS pixels: as high as the strip has room, and at most so wide. */
const HIGH = 28, WIDE = 72;
/** Of a step of the wheel. */
const FACTOR = 1.25;

/**
 * @param {import("./scene.js").CompareScene} scene
 * @param {import("../../core/context.js").Context} context
 */
export function createNavigator(scene, { live }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const frame = h("span", { class: "lz-compare-window" });
  const zoom = h("output", { class: "lz-compare-zoom", translate: "no" });
  const place = h("span", { class: "lz-compare-where", "data-tip": t("compare.where") }, canvas, frame);
  const element = h("span", { class: "lz-compare-navigator", role: "group", "aria-label": t("compare.where") },
    place, zoom);
  /** @type {unknown} */
  let drawn = null;

  async function picture() {
    const { image } = live.get();
    if (!image || image === drawn) return;
    drawn = image;
    const size = Math.min(HIGH / image.height, WIDE / image.width);
    const [w, tall] = [image.width, image.height].map((n) => Math.max(1, Math.round(n * size)));
    place.style.cssText = `width:${w}px;height:${tall}px`;
    const small = await createImageBitmap(new ImageData(image.data, image.displayWidth, image.displayHeight),
      { resizeWidth: 2 * w, resizeHeight: 2 * tall, resizeQuality: "high" });
    if (image === drawn) {
      Object.assign(canvas, { width: 2 * w, height: 2 * tall });
      canvas.getContext("2d")?.drawImage(small, 0, 0);
    }
    small.close();
  }

  /** The window stands where the camera looks. */
  function follow() {
    const { box } = scene.views.source;
    const { extent, camera } = scene;
    if (!box.width || !extent.width) return;
    const { x0, y0, x1, y1 } = visibleEdges(project(camera, box, extent), box, extent);
    const share = (/** @type {number} */ n, /** @type {number} */ of) => `${((100 * n) / of).toFixed(2)}%`;
    frame.style.cssText = `left:${share(x0, extent.width)};top:${share(y0, extent.height)};`
      + `width:${share(x1 - x0, extent.width)};height:${share(y1 - y0, extent.height)}`;
    frame.hidden = camera.zoom <= 1;
    setText(zoom, `${FORMATS.times(camera.zoom)}×`);
  }

  /** @param {PointerEvent | WheelEvent} event @returns {[number, number]} as shares of the picture */
  const at = (event) => {
    const { left, top, width, height } = place.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  };

  /** @param {PointerEvent} event */
  function bring(event) {
    if (!(event.buttons & 1)) return;
    const [u, v] = at(event);
    scene.camera = restrain({ ...scene.camera, u, v }, scene.views.source.box, scene.extent);
  }
  place.addEventListener("pointerdown", (event) => {
    place.setPointerCapture(event.pointerId);
    bring(event);
  });
  place.addEventListener("pointermove", bring);
  place.addEventListener("wheel", (event) => {
    event.preventDefault();
    const [u, v] = at(event);
    const by = event.deltaY < 0 ? FACTOR : 1 / FACTOR;
    scene.camera = restrain({ u, v, zoom: scene.camera.zoom * by }, scene.views.source.box, scene.extent);
  }, { passive: false });
  scene.shared.follow(follow);
  live.subscribe((_, changed) => changed.has("image") && void picture().then(follow));
  new ResizeObserver(() => follow()).observe(scene.views.source.overlay);
  void picture().then(follow);
  return element;
}
