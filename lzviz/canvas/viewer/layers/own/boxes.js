// @ts-check
/**
 * Boxes of a detector: in the colours of their classes with name and score, or by what became of them. Colour never
 * stands alone: each verdict has a line and a badge of its own.
 *
 * @typedef {import("../../layers.js").Pen} Pen
 * @typedef {import("../../camera.js").Projection} Projection
 * @typedef {"right" | "placed" | "false" | "missed" | "plain" | "true"} Look
 *
 * @typedef {object} Outline  in the pixel edges of its image
 * @property {readonly number[]} hull  x0, y0, x1, y1
 * @property {readonly (readonly number[])[] | null} curve  its border, where that is no rectangle
 * @property {readonly (readonly number[])[] | null} wire  lines of its body in space, in place of the hull
 * @property {Look} look
 * @property {string} colour  of its class
 * @property {string} tag  "" for none
 * @property {boolean} [late]  of an earlier frame: its line is broken, whatever its look
 */

import { parseColour } from "../../colours.js";

/** Colours of verdicts on any picture. */
export const COLOURS = Object.freeze({ right: "#17c994", placed: "#ffb42e", false: "#ff5d55", missed: "#c79bff" });
const DASHES = /** @type {Record<Look, readonly number[]>} */ ({ right: [], placed: [7, 4], false: [], missed: [2, 3],
  plain: [], true: [5, 3] });
const LATE = [9, 3, 2, 3];
/** CSS pixels a side from which a box is told apart from its badge. */
const ROOM = 16;
const FONT = 11, LINE = 15;
const RIM = "rgba(0,0,0,.6)";

/**
 * Strokes of a badge in a square of 1 x 1.
 * @type {Readonly<Record<string, readonly (readonly number[])[]>>}
 */
export const GLYPHS = Object.freeze({ right: [[0.2, 0.55, 0.42, 0.78], [0.42, 0.78, 0.82, 0.25]],
  placed: [[0.2, 0.5, 0.8, 0.5], [0.62, 0.3, 0.8, 0.5], [0.62, 0.7, 0.8, 0.5]],
  false: [[0.25, 0.25, 0.75, 0.75], [0.75, 0.25, 0.25, 0.75]],
  missed: [[0.5, 0.2, 0.5, 0.58], [0.5, 0.74, 0.5, 0.8]] });

/** Dark or pale, whichever can be read on a colour. @param {string} colour */
export function inkOn(colour) {
  const [r, g, b] = parseColour(colour);
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#101318" : "#fff";
}

/** @param {Outline} outline */
const strokeOf = ({ look, colour }) => (look in COLOURS ? COLOURS[/** @type {keyof typeof COLOURS} */ (look)] : colour);

/** @param {readonly Outline[]} outlines  those above last @returns {import("../../layers.js").Drawn} */
export const boxesOf = (outlines) => ({ lines(pen, p) {
  for (const outline of outlines) drawOutline(pen, p, outline);
  /** @type {number[][]} */
  const taken = [];
  for (const outline of [...outlines].reverse()) drawTag(pen, p, outline, taken);
} });

/** @param {Pen} pen @param {Projection} p @param {Outline} outline */
function drawOutline(pen, p, outline) {
  const { hull, curve, wire, look, late } = outline;
  const dash = late ? LATE : DASHES[look];
  const colour = strokeOf(outline);
  pen.lineJoin = "round";
  pen.lineCap = "butt";
  const placed = (/** @type {number} */ value, /** @type {number} */ k) => (k % 2 ? p.y : p.x) + value * p.scale;
  const [x0, y0, x1, y1] = hull.map(placed);
  const rectangle = () => {
    pen.beginPath();
    if (wire) for (const line of wire) segment(pen, line.map(placed));
    else pen.rect(x0, y0, x1 - x0, y1 - y0);
  };
  if (look === "missed" && !wire) {
    rectangle();
    pen.fillStyle = "rgba(199,155,255,.2)";
    pen.fill();
  }
  rectangle();
  pen.setLineDash([]);
  pen.lineWidth = curve ? 2 : 3.5;
  pen.strokeStyle = RIM;
  pen.stroke();
  rectangle();
  pen.setLineDash(curve ? [3, 3] : [...dash]);
  pen.lineWidth = curve ? 1 : 1.75;
  pen.strokeStyle = colour;
  pen.stroke();
  if (curve) drawCurve(pen, p, curve, dash, colour);
  pen.setLineDash([]);
  if (look in GLYPHS && x1 - x0 >= ROOM && y1 - y0 >= ROOM) drawBadge(pen, look, x0, y0, colour);
}

/** The border that the hull is the hull of. @param {Pen} pen @param {Projection} p
 * @param {readonly (readonly number[])[]} curve @param {readonly number[]} dashes @param {string} colour */
function drawCurve(pen, p, curve, dashes, colour) {
  for (const [width, style, dash] of /** @type {const} */ ([[3.5, RIM, []], [1.75, colour, dashes]])) {
    pen.beginPath();
    curve.forEach(([x, y], k) => (k ? pen.lineTo : pen.moveTo).call(pen, p.x + x * p.scale, p.y + y * p.scale));
    pen.closePath();
    pen.setLineDash([...dash]);
    pen.lineWidth = width;
    pen.strokeStyle = style;
    pen.stroke();
  }
}

/** @param {Pen} pen @param {readonly number[]} line */
function segment(pen, [x0, y0, x1, y1]) {
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
}

/** @param {Pen} pen @param {Look} look @param {number} x @param {number} y @param {string} colour */
function drawBadge(pen, look, x, y, colour) {
  const side = 12;
  pen.beginPath();
  pen.rect(x, y, side, side);
  pen.fillStyle = colour;
  pen.fill();
  pen.beginPath();
  for (const line of GLYPHS[look]) segment(pen, line.map((value, k) => (k % 2 ? y : x) + value * side));
  pen.lineWidth = 1.75;
  pen.strokeStyle = "#101318";
  pen.stroke();
}

/** A name above its box, unless others are there. @param {Pen} pen @param {Projection} p @param {Outline} outline
 * @param {number[][]} taken */
function drawTag(pen, p, outline, taken) {
  const { hull: [x0, y0, x1, y1], tag } = outline;
  if (!tag || (x1 - x0) * p.scale < ROOM || (y1 - y0) * p.scale < ROOM / 2) return;
  pen.font = `600 ${FONT}px system-ui, sans-serif`;
  const width = Math.ceil(pen.measureText(tag).width) + 8;
  const left = Math.max(0, p.x + x0 * p.scale - 1);
  const above = p.y + y0 * p.scale - LINE;
  const top = above < 0 ? p.y + y0 * p.scale : above;
  const right = left + width;
  if (taken.some(([a, b, c, d]) => left < c && right > a && top < d && top + LINE > b)) return;
  taken.push([left, top, right, top + LINE]);
  const colour = strokeOf(outline);
  pen.beginPath();
  pen.rect(left, top, width, LINE);
  pen.fillStyle = colour;
  pen.fill();
  pen.fillStyle = inkOn(colour);
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.fillText(tag, left + 4, top + LINE / 2 + 0.5);
}
