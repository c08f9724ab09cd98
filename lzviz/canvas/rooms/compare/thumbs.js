// @ts-check
/** The zoomed images of all panes beside each other, with the pixel in each that means the hovered place. */
import { h } from "../../kit/dom.js";
import { LETTERS } from "./methods.js";

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
export function createThumbs({ context: { store }, answers, scene }) {
  const thumbs = [...LETTERS].map((letter) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const mark = h("span", { class: "lz-compare-pixel", hidden: true });
    return { canvas, mark, element: h("figure", { class: "lz-compare-thumb" }, canvas, mark,
      h("figcaption", { translate: "no" }, letter)) };
  });
  const element = h("div", { class: "lz-compare-thumbs" }, ...thumbs.map((thumb) => thumb.element));

  /** @param {number} at @returns {import("../../viewer/pixels.js").Raster | null} */
  const imageOf = (at) => {
    const known = scene()?.known(at);
    return known?.frame?.image ?? known?.tree?.mosaic ?? null;
  };

  function draw() {
    const count = store.get().compared.length;
    thumbs.forEach(({ canvas, element: thumb }, at) => {
      const image = at < count ? imageOf(at) : null;
      thumb.hidden = at >= count;
      canvas.toggleAttribute("hidden", !image);
      if (!image) return;
      if (canvas.width !== image.width) canvas.width = image.width;
      if (canvas.height !== image.height) canvas.height = image.height;
      canvas.getContext("2d")?.putImageData(new ImageData(image.data, image.width, image.height), 0, 0);
    });
    point();
  }

  function point() {
    const { hovers } = answers.get();
    thumbs.forEach(({ canvas, mark }, at) => {
      const pixel = hovers[at]?.pixel;
      mark.hidden = !pixel;
      if (!pixel) return;
      mark.style.left = `${(100 * (pixel[0] + 0.5)) / canvas.width}%`;
      mark.style.top = `${(100 * (pixel[1] + 0.5)) / canvas.height}%`;
    });
  }
  answers.subscribe((_, changed) => {
    if (changed.has("drawn")) draw();
    else if (changed.has("hovers")) point();
  });
  return { element, show: draw };
}
