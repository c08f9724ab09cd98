// @ts-check
/** The source around the hovered place, once a pane, with the footprint that each has there and its area. */
import { t, written } from "../../core/text.js";
import { h, setText } from "../../kit/dom.js";
import { canvasOf, drawQuad, fit } from "../warp/footprint.js";
import { LETTERS } from "./methods.js";

const MARGIN = 1.6;
const LEAST = 12;

/** Area of a quadrilateral. @param {readonly (readonly [number, number])[]} quad */
export const areaOf = ([a, b, c, d]) =>
  Math.abs((c[0] - a[0]) * (d[1] - b[1]) - (c[1] - a[1]) * (d[0] - b[0])) / 2;

/**
 * The square of the source that shows all footprints: left and top (pixel edges) and its side.
 * @param {readonly (readonly (readonly [number, number])[])[]} quads
 */
export function windowOf(quads) {
  const points = quads.flat();
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const extent = Math.max(Math.max(...xs) - left, Math.max(...ys) - top);
  const side = Math.max(LEAST, 2 ** (Math.ceil(2 * Math.log2(Math.max(extent, 1e-6) * MARGIN)) / 2));
  return { left: (left + Math.max(...xs) + 1 - side) / 2, top: (top + Math.max(...ys) + 1 - side) / 2, side };
}

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
export function createCrops({ context: { live, store, root }, answers, scene }) {
  const empty = h("p", { class: "lz-note" }, t("compare.hover"));
  const panes = [...LETTERS].map((letter) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const area = h("span", {});
    const box = h("div", { class: "lz-compare-crop-box" }, canvas);
    return { canvas, area, box, element: h("figure", { class: "lz-compare-crop" }, box,
      h("figcaption", {}, h("b", { translate: "no" }, letter), " ", area)) };
  });
  const row = h("div", { class: "lz-compare-crops" }, ...panes.map(({ element }) => element));
  const element = h("div", {}, empty, row);

  function show() {
    const { image } = live.get();
    const { hovers } = answers.get();
    const count = store.get().compared.length;
    const quads = hovers.flatMap((hover) => (hover ? [hover.quad] : []));
    const there = quads.length > 0 && image !== null;
    empty.hidden = there;
    panes.forEach(({ element: pane }, at) => { pane.hidden = at >= count; });
    row.toggleAttribute("data-empty", !there);
    if (!there) return;
    const shown = scene()?.picture?.levels[0];
    if (!shown) return;
    const { left, top, side } = windowOf(quads);
    const share = (image.width * image.height) / (shown.width * shown.height);
    panes.slice(0, count).forEach(({ canvas, area, box }, at) => {
      const hover = hovers[at];
      const pen = canvas.getContext("2d");
      setText(area, hover ? written(areaOf(hover.quad) * share, 0) : "–");
      if (!pen || !hover) return;
      const room = fit(canvas, pen, box);
      pen.imageSmoothingEnabled = false;
      pen.drawImage(canvasOf(shown), left, top, side, side, 0, 0, room, room);
      drawQuad(pen, hover.quad.map(([x, y]) => /** @type {[number, number]} */ (
        [((x + 0.5 - left) * room) / side, ((y + 0.5 - top) * room) / side])),
      getComputedStyle(root).getPropertyValue("--lz-accent"));
    });
  }
  answers.subscribe((_, changed) => changed.has("hovers") && show());
  show();
  return { element, show };
}
