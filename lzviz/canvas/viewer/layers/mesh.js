// @ts-check
/** The control grid in the source. */
import { svg } from "../../kit/dom.js";
import { normalisedToFrame } from "../vectors.js";

/**
 * @typedef {import("../../engine/coords.js").Warp} Warp
 */

/**
 * Rows and columns of the nodes.
 * @param {import("../layers.js").Pen} context @param {import("../camera.js").Projection} p
 * @param {import("../layers.js").Extent} image @param {Warp} warp @param {string} colour
 */
function drawMesh(context, p, image, { nodes, size: [h, w] }, colour) {
  const [x0, sx, y0, sy] = normalisedToFrame(p, image);
  context.beginPath();
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) line(j > 0, 2 * (i * w + j));
  }
  for (let j = 0; j < w; j++) {
    for (let i = 0; i < h; i++) line(i > 0, 2 * (i * w + j));
  }
  context.lineJoin = "round";
  context.lineWidth = 2.25;
  context.strokeStyle = "rgba(0,0,0,.22)";
  context.stroke();
  context.lineWidth = 1;
  context.strokeStyle = colour;
  context.stroke();

  /** @param {boolean} joined @param {number} at */
  function line(joined, at) {
    const x = x0 + sx * nodes[at];
    const y = y0 + sy * nodes[at + 1];
    if (joined) context.lineTo(x, y);
    else context.moveTo(x, y);
  }
}

/**
 * @param {Warp} warp @param {string} [colour]
 * @returns {import("../layers.js").Drawn & {range: string}}
 */
export const meshOf = (warp, colour = "rgba(255,255,255,.6)") => ({ range: `${warp.size[0]} × ${warp.size[1]}`,
  lines: (pen, p, image) => drawMesh(pen, p, image, warp, colour) });

/** @type {import("../layers.js").Layer} */
export const layer = {
  name: "mesh",
  key: 2,
  swatch: () => [svg("path", { d: "M1 3.5q7 2 14 0M1 9q7-2 14 0M5 0q1.5 6 0 12M11 0q-1.5 6 0 12",
    class: "lz-swatch-line" })],
  draw: ({ frame }) => meshOf(frame.warp),
};
