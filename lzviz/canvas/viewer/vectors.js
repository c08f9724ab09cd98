// @ts-check
/**
 * Lines and text on a canvas: boxes, numbers on pixels.
 *
 * @typedef {import("./camera.js").Projection} Projection
 * @typedef {{width: number, height: number}} Extent
 * @typedef {CanvasRenderingContext2D} Context
 */

/** CSS pixels an image pixel needs before its values are written on it. */
export const NUMBERS_FROM = 24;

/**
 * Normalised source -> frame, as [x0, sx, y0, sy].
 * @param {Projection} p @param {Extent} image @returns {[number, number, number, number]}
 */
export function normalisedToFrame(p, image) {
  const sx = (p.scale * (image.width - 1)) / 2;
  const sy = (p.scale * (image.height - 1)) / 2;
  return [p.x + 0.5 * p.scale + sx, sx, p.y + 0.5 * p.scale + sy, sy];
}

/**
 * Boxes drawn by hand: x0, y0, x1, y1 as pixel edges of the source.
 * @param {import("./layers.js").Pen} context @param {Projection} p
 * @param {readonly (readonly number[])[]} boxes @param {number} ratio
 */
export function drawBoxes(context, p, boxes, ratio) {
  context.lineJoin = "miter";
  for (const [x0, y0, x1, y1] of boxes) {
    context.beginPath();
    context.rect(p.x + x0 * p.scale * ratio, p.y + y0 * p.scale * ratio, (x1 - x0) * p.scale * ratio,
      (y1 - y0) * p.scale * ratio);
    context.lineWidth = 3;
    context.strokeStyle = "rgba(0,0,0,.5)";
    context.stroke();
    context.lineWidth = 1.5;
    context.strokeStyle = "#ffb22e";
    context.stroke();
  }
}

/**
 * The values of the pixels in sight, red, green and blue below each other.
 * @param {Context} context @param {Projection} p @param {Extent} frame
 * @param {{width: number, height: number, data: Uint8ClampedArray}} image
 */
export function drawNumbers(context, p, frame, image) {
  if (p.scale < NUMBERS_FROM) return;
  const size = Math.min(12, Math.floor(p.scale / 3.3));
  context.font = `${size}px ui-monospace, Menlo, Consolas, monospace`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const j0 = Math.max(0, Math.floor(-p.x / p.scale));
  const i0 = Math.max(0, Math.floor(-p.y / p.scale));
  const j1 = Math.min(image.width, Math.ceil((frame.width - p.x) / p.scale));
  const i1 = Math.min(image.height, Math.ceil((frame.height - p.y) / p.scale));
  for (let i = i0; i < i1; i++) {
    for (let j = j0; j < j1; j++) writePixel(context, p, image, i, j, size);
  }
}

/**
 * @param {Context} context @param {Projection} p
 * @param {{width: number, data: Uint8ClampedArray}} image @param {number} i @param {number} j @param {number} size
 */
function writePixel(context, p, image, i, j, size) {
  const at = 4 * (i * image.width + j);
  const rgb = image.data.subarray(at, at + 3);
  const light = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2] > 127;
  context.fillStyle = light ? "rgba(0,0,0,.85)" : "rgba(255,255,255,.9)";
  const x = p.x + (j + 0.5) * p.scale;
  const y = p.y + (i + 0.5) * p.scale;
  const grey = rgb[0] === rgb[1] && rgb[1] === rgb[2];
  const lines = grey ? [rgb[0]] : [...rgb];
  lines.forEach((value, k) => context.fillText(String(value), x, y + (k - (lines.length - 1) / 2) * size));
}
