// @ts-check
/** Two ways back, on a piece of the picture that is so small that its pixels can be seen. */
import { toPixel } from "../../../engine/coords.js";
import { h } from "../../../kit/dom.js";
import { segmented } from "../../../kit/controls.js";
import { t } from "../../../core/text.js";
import { createUnzoom } from "../../../viewer/unzoom.js";

/** Pixels of the source that are shown, and which of them is in the middle, as fractions. */
const [COLUMNS, ROWS] = [168, 36];
const MIDDLE = [0.5215, 0.429];
/** So far outside of the piece, samples are still the nearest ones of a pixel in it. */
const MARGIN = 40;
const WAYS = /** @type {const} */ (["scattered", "filled", "unzoomed"]);

/** @typedef {import("../../../viewer/frame.js").Frame} Frame */

/** The first pixel of the piece. @param {Frame} frame */
const cornerOf = ({ source: [height, width] }) => [Math.round(MIDDLE[0] * width - COLUMNS / 2),
  Math.round(MIDDLE[1] * height - ROWS / 2)];

/** Samples in and near the piece, with their colour's place. @param {Frame} frame */
function samplesNear(frame) {
  const { grid, source: [height, width] } = frame;
  const [left, top] = cornerOf(frame);
  const found = [];
  for (let k = 0; k < grid.length; k += 2) {
    const [x, y] = [Math.round(toPixel(grid[k], width)) - left, Math.round(toPixel(grid[k + 1], height)) - top];
    if (x > -MARGIN && y > -MARGIN && x < COLUMNS + MARGIN && y < ROWS + MARGIN) found.push({ x, y, from: 2 * k });
  }
  return found;
}

/**
 * What scattering writes into the piece: each sample's colour into its pixel, or into all that it is nearest to.
 * @param {Frame} frame @param {boolean} filled
 */
export function scatteredPiece(frame, filled) {
  const data = new Uint8ClampedArray(4 * COLUMNS * ROWS);
  const { image } = frame;
  const write = (/** @type {number} */ to, /** @type {number} */ from) => {
    for (let c = 0; c < 4; c++) data[to + c] = image.data[from + c];
  };
  const samples = samplesNear(frame);
  if (!filled) {
    for (const { x, y, from } of samples) {
      if (x >= 0 && y >= 0 && x < COLUMNS && y < ROWS) write(4 * (y * COLUMNS + x), from);
    }
    return data;
  }
  for (let y = 0, to = 0; y < ROWS; y++) {
    for (let x = 0; x < COLUMNS; x++, to += 4) {
      let [least, nearest] = [Infinity, -1];
      for (const each of samples) {
        const far = (each.x - x) ** 2 + (each.y - y) ** 2;
        if (far < least) [least, nearest] = [far, each.from];
      }
      if (nearest >= 0) write(to, nearest);
    }
  }
  return data;
}

/** @param {Frame} frame */
function unzoomedPiece(frame) {
  const data = new Uint8ClampedArray(4 * COLUMNS * ROWS);
  const [x0, y0] = cornerOf(frame);
  createUnzoom().image(frame, [ROWS, COLUMNS], { x0, y0, x1: x0 + COLUMNS - 1, y1: y0 + ROWS - 1 }, data);
  return data;
}

/** The picture itself. @param {Frame} frame @param {import("../../../core/context.js").SourceImage} image */
function photoPiece(frame, image) {
  const data = new Uint8ClampedArray(4 * COLUMNS * ROWS);
  const [left, top] = cornerOf(frame);
  for (let y = 0, to = 0; y < ROWS; y++) {
    for (let x = 0; x < COLUMNS; x++, to += 4) {
      const [row, column] = [Math.floor((top + y) * image.scale), Math.floor((left + x) * image.scale)];
      const from = 4 * (row * image.displayWidth + column);
      for (let c = 0; c < 4; c++) data[to + c] = image.data[from + c];
    }
  }
  return data;
}

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createWayBack(inner) {
  const canvas = h("canvas", { class: "lz-piece", role: "img", width: COLUMNS, height: ROWS });
  const choose = segmented(t("learn.back"), WAYS.map((value) => ({ value, label: t(`learn.back.${value}`) })),
    (value) => {
      way = value;
      drawn = null;
      inner.tell();
    });
  const element = h("div", {}, canvas);
  /** @type {typeof WAYS[number]} */
  let way = "scattered";
  /** @type {unknown} */
  let drawn = null;
  choose.show(way);
  return {
    element,
    /** Which way, once it may be seen. */
    ways: choose.element,
    /** @param {boolean} revealed */
    show(revealed) {
      const { frame } = inner.now()?.scene ?? {};
      const { image } = inner.live.get();
      const shown = revealed ? way : "picture";
      const key = `${shown} ${frame?.zoomed}`;
      choose.element.hidden = !revealed;
      if (!frame?.grid || !image || (drawn === key && !inner.now()?.scene.dirty.size)) return;
      drawn = key;
      const data = shown === "picture" ? photoPiece(frame, image)
        : shown === "unzoomed" ? unzoomedPiece(frame) : scatteredPiece(frame, shown === "filled");
      canvas.getContext("2d")?.putImageData(new ImageData(data, COLUMNS, ROWS), 0, 0);
      canvas.setAttribute("aria-label", t(`learn.back.${shown}.label`));
    },
  };
}
