// @ts-check
/**
 * From above: the ground before the camera, true boxes as outlines, those that were found solid.
 *
 * @typedef {import("../../layers.js").Pen} Pen
 * @typedef {{ground: readonly (readonly number[])[], colour: string, of: "found" | "true", chosen: boolean}} Body
 *   corners on the ground in metres, x to the right and z ahead; the last two in front
 * @typedef {{across: number, ahead: number}} Reach  metres to each side, and ahead
 */

import { inkOn } from "./boxes.js";

/** Metres between rings. */
const STEP = 20;
/** Metres ahead that a plan shows at most: further away nothing counts. */
const FARTHEST = 60;
const FONT = 11;

/** How far a plan has to reach. @param {readonly Body[]} bodies @returns {Reach} */
export function reachOf(bodies) {
  const points = bodies.flatMap(({ ground }) => ground);
  const far = Math.max(STEP, ...points.map(([, z]) => z));
  const wide = Math.max(STEP / 2, ...points.map(([x]) => Math.abs(x)));
  return { ahead: STEP * Math.ceil(Math.min(far, FARTHEST) / STEP), across: Math.min(wide + 3, FARTHEST / 2) };
}

/**
 * Metres to pixels of a frame: the camera stands in the middle below.
 * @param {Reach} reach @param {{width: number, height: number}} box CSS pixels
 */
export function planOf({ across, ahead }, { width, height }) {
  const scale = Math.min((height - 32) / ahead, (width - 96) / (2 * across));
  return { scale, to: (/** @type {readonly number[]} */ [x, z]) =>
    /** @type {[number, number]} */ ([width / 2 + x * scale, height - 20 - z * scale]) };
}

/**
 * @param {readonly Body[]} bodies @param {{width: number, height: number}} box
 * @param {{ink: string, line: string, accent: string}} palette @param {(metres: number) => string} metres
 * @returns {import("../../layers.js").Drawn}
 */
export const planDrawn = (bodies, box, palette, metres) => ({ lines(pen) {
  const reach = reachOf(bodies);
  const plan = planOf(reach, box);
  drawRings(pen, plan, reach, palette, metres);
  const order = [...bodies].sort((a, b) => Number(a.chosen) - Number(b.chosen));
  for (const body of order) drawBody(pen, plan, body, palette);
} });

/** @param {Pen} pen @param {ReturnType<typeof planOf>} plan @param {Reach} reach
 * @param {{ink: string, line: string}} palette @param {(metres: number) => string} metres */
function drawRings(pen, { to }, { ahead, across }, { ink, line }, metres) {
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.font = `${FONT}px system-ui, sans-serif`;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  for (let z = STEP; z <= ahead; z += STEP) {
    pen.beginPath();
    for (let k = -24; k <= 24; k++) {
      const at = (k / 24) * Math.min(Math.PI / 2, Math.asin(Math.min(1, across / z)));
      const [x, y] = to([z * Math.sin(at), z * Math.cos(at)]);
      if (k === -24) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
    pen.strokeStyle = line;
    pen.stroke();
    const end = Math.min(Math.PI / 2, Math.asin(Math.min(1, across / z)));
    const [x, y] = to([z * Math.sin(end), z * Math.cos(end)]);
    pen.fillStyle = ink;
    pen.fillText(metres(z), x + 5, y);
  }
  const [x, y] = to([0, 0]);
  pen.beginPath();
  pen.moveTo(x - 7, y + 8);
  pen.lineTo(x, y - 6);
  pen.lineTo(x + 7, y + 8);
  pen.closePath();
  pen.fillStyle = ink;
  pen.fill();
}

/** @param {Pen} pen @param {ReturnType<typeof planOf>} plan @param {Body} body @param {{accent: string}} palette */
function drawBody(pen, { to }, { ground, colour, of, chosen }, { accent }) {
  const points = ground.map(to);
  const outline = () => {
    pen.beginPath();
    points.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
  };
  pen.lineJoin = "round";
  outline();
  if (of === "found") {
    pen.fillStyle = colour;
    pen.fill();
  }
  pen.setLineDash([]);
  pen.lineWidth = chosen ? 3 : of === "found" ? 1 : 1.75;
  pen.strokeStyle = chosen ? accent : of === "found" ? inkOn(colour) : colour;
  pen.stroke();
  const [, , a, b] = points;
  const [back] = points;
  pen.beginPath(); // which way it looks
  pen.moveTo((points[0][0] + points[1][0] + a[0] + b[0]) / 4, (back[1] + points[1][1] + a[1] + b[1]) / 4);
  pen.lineTo((a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
  pen.lineWidth = 1.25;
  pen.strokeStyle = of === "found" ? inkOn(colour) : colour;
  pen.stroke();
}
