// @ts-check
/** Four zoomed images in one frame, each with its name: DownsizeNet's weights. */
import { h, setText } from "../../kit/dom.js";
import { FIT, project } from "../../viewer/camera.js";
import { say, t } from "../../core/text.js";

const GAP = 4;

/**
 * @param {import("../../viewer/views.js").View} view @param {() => readonly [number, number]} zoomed  (h, w)
 */
export function createTiles(view, zoomed) {
  const tags = [0, 1, 2, 3].map(() => h("span", { class: "lz-learned-tag", hidden: true }));
  view.frame.append(...tags);

  /** @param {number} k */
  function boxOf(k) {
    const [width, height] = [(view.box.width - GAP) / 2, (view.box.height - GAP) / 2];
    return { left: (k % 2) * (width + GAP), top: (k >> 1) * (height + GAP), width, height };
  }

  /** Of a tile, in the frame. @param {number} k @returns {import("../../viewer/camera.js").Projection} */
  function projection(k) {
    const { left, top, ...box } = boxOf(k);
    const [height, width] = zoomed();
    const { scale, x, y } = project(FIT, box, { width, height });
    return { scale, x: left + x, y: top + y };
  }

  return {
    projection,
    /** The projection of the tile at a place of the frame. @param {number} x @param {number} y */
    at: (x, y) => projection(Number(x > view.box.width / 2) + 2 * Number(y > view.box.height / 2)),
    /** @param {{titles: readonly import("../../core/text.js").Text[], mean: readonly number[]} | null} weights */
    show(weights) {
      tags.forEach((tag, k) => {
        tag.hidden = !weights;
        if (!weights) return;
        const { left, top } = boxOf(k);
        tag.style.transform = `translate(${left}px, ${top}px)`;
        setText(tag, t("weights.mean", { name: say(weights.titles[k]), mean: weights.mean[k] }));
      });
    },
  };
}
