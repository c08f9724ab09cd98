// @ts-check
/**
 * The quadtree over the photograph: cells coloured by level, hairlines between them, a dot for every row.
 *
 * @typedef {import("../../../rooms/cad/model.js").Forest} Forest
 * @typedef {import("../../camera.js").Projection} Projection
 * @typedef {import("../../../engine/quadtree.js").CellGrid} CellGrid
 * @typedef {CanvasRenderingContext2D} Pen
 *
 * @typedef {object} Plane  where fine cells lie in a frame, CSS pixels
 * @property {number} x      left edge of the first cell
 * @property {number} y
 * @property {number} cell   side of a fine cell
 * @property {number} width  of the picture: border cells are cut off there
 * @property {number} height
 */

import { parseColour } from "../../colours.js";

/** Cells smaller than this get no outline, and smaller than that no dot: they would only be grey. CSS pixels. */
const OUTLINED_FROM = 4;
const DOTTED_FROM = 15;
const FINE_ALPHA = 0.32;
const COARSE_ALPHA = 0.4;

/**
 * @param {Projection} p @param {{width: number, height: number}} extent of the picture that is shown
 * @param {{h: number, w: number}} image the picture at the size that is read @param {number} stride
 * @returns {Plane}
 */
export function planeOf(p, extent, image, stride) {
  const cell = (stride * extent.width * p.scale) / image.w;
  return { x: p.x, y: p.y, cell, width: extent.width * p.scale, height: extent.height * p.scale };
}

/**
 * Colours of levels 0 .. depth, as [r, g, b, alpha]: amber for what is kept, the colour of the well for what is coarse,
 * so that detail glows and the rest recedes.
 * @param {{saliency: string, well: string}} tokens @param {number} depth
 * @returns {[number, number, number, number][]}
 */
export function levelColours({ saliency, well }, depth) {
  const [fine, coarse] = [parseColour(saliency), parseColour(well)];
  return Array.from({ length: depth + 1 }, (_, level) => {
    const t = level / Math.max(1, depth);
    const amber = (1 - t) ** 1.5;
    const mixed = [0, 1, 2].map((k) => Math.round(amber * fine[k] + (1 - amber) * coarse[k]));
    return [mixed[0], mixed[1], mixed[2], amber * FINE_ALPHA + (1 - amber) * COARSE_ALPHA];
  });
}

/** @param {readonly number[]} colour r, g, b, alpha @param {number} [alpha] instead of its own */
export const css = ([r, g, b, a], alpha = a) => `rgb(${r} ${g} ${b} / ${alpha.toFixed(3)})`;

/** The same for a legend, without a photograph below. @param {readonly number[]} colour */
export const swatchColour = (colour) => css(colour, Math.min(1, 2.4 * colour[3]));

/**
 * The level map, one pixel a cell.
 * @param {Uint8Array} levels @param {CellGrid} grid @param {readonly (readonly number[])[]} colours
 */
function rasterOf(levels, { h, w }, colours) {
  const data = new Uint8ClampedArray(4 * h * w);
  for (let k = 0; k < h * w; k++) {
    const [r, g, b, a] = colours[levels[k]];
    data.set([r, g, b, Math.round(255 * a)], 4 * k);
  }
  const canvas = new OffscreenCanvas(w, h);
  canvas.getContext("2d")?.putImageData(new ImageData(data, w, h), 0, 0);
  return canvas;
}

/**
 * @param {Pen} pen @param {{levels: Uint8Array, grid: CellGrid}} tree @param {Plane} plane
 * @param {readonly (readonly number[])[]} colours
 */
export function drawLevels(pen, { levels, grid }, plane, colours) {
  clipped(pen, plane, () => {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(rasterOf(levels, grid, colours), plane.x, plane.y, grid.w * plane.cell, grid.h * plane.cell);
  });
}

/** @param {Pen} pen @param {Plane} plane @param {() => void} draw */
function clipped(pen, { x, y, width, height }, draw) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  draw();
  pen.restore();
}

/**
 * Calls `each` for the blocks in sight.
 * @param {{levels: Uint8Array, grid: CellGrid}} tree @param {Plane} plane @param {{width: number, height: number}} box
 * @param {number} least side on the screen below which blocks are left out
 * @param {(left: number, top: number, side: number, level: number) => void} each
 */
function blocksInSight({ levels, grid }, plane, box, least, each) {
  const { x, y, cell } = plane;
  const reach = 1 << grid.depth;
  const first = (/** @type {number} */ at) => Math.max(0, (Math.floor(-at / cell) >> grid.depth) << grid.depth);
  const [top, left] = [first(y), first(x)];
  const bottom = Math.min(grid.h, Math.ceil((box.height - y) / cell));
  const right = Math.min(grid.w, Math.ceil((box.width - x) / cell) + reach);
  for (let i = top; i < bottom; i++) {
    for (let j = left; j < right; j++) {
      const level = levels[i * grid.w + j];
      const side = cell * (1 << level);
      if (side >= least && !((i | j) & ((1 << level) - 1))) each(x + j * cell, y + i * cell, side, level);
    }
  }
}

/**
 * Hairlines on whole screen pixels: the left and top edge of every block.
 * @param {Pen} pen @param {{levels: Uint8Array, grid: CellGrid}} tree @param {Plane} plane
 * @param {{width: number, height: number}} box @param {number} ratio screen pixels a CSS pixel @param {boolean} dark
 */
export function drawHairlines(pen, tree, plane, box, ratio, dark) {
  const line = 1 / ratio;
  const snap = (/** @type {number} */ value) => Math.round(value * ratio) / ratio;
  pen.fillStyle = dark ? "rgb(255 255 255 / .2)" : "rgb(0 0 0 / .2)";
  clipped(pen, plane, () => blocksInSight(tree, plane, box, OUTLINED_FROM, (left, top, side) => {
    const [x, y] = [snap(left), snap(top)];
    pen.fillRect(x, y, snap(left + side) - x, line);
    pen.fillRect(x, y + line, line, snap(top + side) - y - line);
  }));
}

/**
 * A white dot with a dark halo for every row, at its site: the first pixel of its block.
 * @param {Pen} pen @param {{levels: Uint8Array, grid: CellGrid}} tree @param {Plane} plane
 * @param {{width: number, height: number}} box
 */
export function drawSites(pen, tree, plane, box) {
  const half = plane.cell / tree.grid.stride / 2;
  const dots = new Path2D();
  blocksInSight(tree, plane, box, DOTTED_FROM, (left, top) => {
    dots.moveTo(left + half + 1.25, top + half);
    dots.arc(left + half, top + half, 1.25, 0, 2 * Math.PI);
  });
  clipped(pen, plane, () => {
    Object.assign(pen, { strokeStyle: "rgb(0 0 0 / .45)", lineWidth: 1.5, fillStyle: "#fff" });
    pen.stroke(dots);
    pen.fill(dots);
  });
}
