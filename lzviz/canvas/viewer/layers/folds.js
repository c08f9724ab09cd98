// @ts-check
/** Tiles that fold: they are read backwards. */
import { foldTiles } from "../../engine/warp.js";
import { svg } from "../../kit/dom.js";
import { normalisedToFrame } from "../vectors.js";

/** @typedef {import("../../engine/coords.js").Warp} Warp */

/**
 * Folding tiles, hatched and outlined: never colour alone.
 * @param {import("../layers.js").Pen} context @param {import("../camera.js").Projection} p
 * @param {import("../layers.js").Extent} image @param {Warp} warp @param {Uint8Array} folds (h-1, w-1)
 */
function drawFolds(context, p, image, { nodes, size: [h, w] }, folds) {
  const [x0, sx, y0, sy] = normalisedToFrame(p, image);
  context.beginPath();
  for (let i = 0, k = 0; i < h - 1; i++) {
    for (let j = 0; j < w - 1; j++, k++) {
      if (!folds[k]) continue;
      const a = 2 * (i * w + j);
      [a, a + 2, a + 2 * w + 2, a + 2 * w].forEach((at, corner) => {
        const x = x0 + sx * nodes[at];
        const y = y0 + sy * nodes[at + 1];
        if (corner) context.lineTo(x, y);
        else context.moveTo(x, y);
      });
      context.closePath();
    }
  }
  context.fillStyle = "rgba(255,255,255,.35)";
  context.fill();
  context.fillStyle = hatching(context, "rgba(160,0,60,.95)");
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = "rgba(160,0,60,.95)";
  context.stroke();
}

/** @type {Map<string, HTMLCanvasElement>} */
const tiles = new Map();

/**
 * Diagonal lines as a fill.
 * @param {import("../layers.js").Pen} context @param {string} colour
 * @returns {CanvasPattern | string}
 */
function hatching(context, colour) {
  if (context.hatched) return context.hatched(colour);
  let tile = tiles.get(colour);
  if (!tile) {
    tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const pen = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
    pen.strokeStyle = colour;
    pen.lineWidth = 1;
    pen.beginPath();
    for (const shift of [-6, 0, 6]) {
      pen.moveTo(shift, 6);
      pen.lineTo(shift + 6, 0);
    }
    pen.stroke();
    tiles.set(colour, tile);
  }
  return /** @type {CanvasRenderingContext2D} */ (context).createPattern(tile, "repeat") ?? colour;
}

/** @type {import("../layers.js").Layer} */
export const layer = {
  name: "folds",
  key: 6,
  over: 20,
  swatch: () => [svg("path", { d: "M0 12L8 0M5 12L13 0M10 12L16 3M0 5L3 0", class: "lz-swatch-line" }),
    svg("rect", { x: 0.5, y: 0.5, width: 15, height: 11, class: "lz-swatch-line" })],
  draw({ frame: { warp } }) {
    const tiles = foldTiles(warp);
    return { range: String(tiles.reduce((sum, fold) => sum + fold, 0)),
      lines: (pen, p, image) => drawFolds(pen, p, image, warp, tiles) };
  },
};
