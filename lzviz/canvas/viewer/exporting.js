// @ts-check
/**
 * A view as a file, made by the browser alone.
 *
 * @typedef {import("./pixels.js").Raster} Raster
 * @typedef {import("../rooms/warp/model.js").Frame} Frame
 */

/** @param {Raster} raster */
function canvasOf({ width, height, data }) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
function encode(canvas) {
  return new Promise((done, fail) => canvas.toBlob((blob) =>
    (blob ? done(blob) : fail(new Error("the browser could not write the PNG; the picture may be too large")))));
}

/** @param {Raster} raster */
export const png = (raster) => encode(canvasOf(raster));

/**
 * A view as it stands on the screen: its canvases over each other, at screen resolution.
 * @param {import("./views.js").View} view @param {number} ratio screen pixels a CSS pixel
 */
export function screenshot({ box, frame }, ratio) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: Math.round(box.width * ratio), height: Math.round(box.height * ratio) });
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser gives no 2D canvas: close other tabs that draw, then try again");
  pen.imageSmoothingEnabled = false;
  const corner = frame.getBoundingClientRect();
  for (const layer of frame.querySelectorAll("canvas")) {
    const { left, top, width, height } = layer.getBoundingClientRect();
    if (!layer.hidden && layer.width > 1) {
      pen.drawImage(layer, ratio * (left - corner.left), ratio * (top - corner.top), ratio * width, ratio * height);
    }
  }
  return encode(canvas);
}

/** @param {number} value */
const short = (value) => Number(value.toFixed(3));

/**
 * A raster with vectors on it; (0, 0) is the outer corner of its first pixel.
 * @param {Raster} raster @param {{title: string, frame?: Frame | null, points?: boolean, mesh?: boolean}} what
 */
export function svgFile(raster, { title, frame = null, points = false, mesh = false }) {
  const { width, height } = raster;
  const picture = canvasOf(raster).toDataURL("image/png");
  const vectors = frame ? [...(mesh ? meshPaths(frame) : []), ...(points ? [pointPath(frame)] : [])] : [];
  const text = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${escape(title)}</title>`,
    `<image href="${picture}" width="${width}" height="${height}" style="image-rendering:pixelated"/>`,
    ...vectors, "</svg>",
  ].join("\n");
  return new Blob([text], { type: "image/svg+xml" });
}

/** @param {string} text */
const escape = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * Normalised -> pixel edges of the source.
 * @param {Frame} frame @param {ArrayLike<number>} points @param {number} at
 */
function place({ source: [h, w] }, points, at) {
  return `${short(((points[at] + 1) / 2) * (w - 1) + 0.5)} ${short(((points[at + 1] + 1) / 2) * (h - 1) + 0.5)}`;
}

/** Dots are round caps of lines without length. @param {Frame} frame */
function pointPath(frame) {
  const dots = [];
  for (let k = 0; k < frame.grid.length; k += 2) dots.push(`M${place(frame, frame.grid, k)}h0`);
  const width = Math.max(0.4, Math.min(frame.source[1] / frame.zoomed[1], frame.source[0] / frame.zoomed[0]) / 3);
  return `<path d="${dots.join("")}" fill="none" stroke-linecap="round" stroke="#fff" stroke-width="${short(width)}"/>`;
}

/** @param {Frame} frame */
function meshPaths(frame) {
  const { nodes, size: [h, w] } = frame.warp;
  const line = (/** @type {number[]} */ indices) => `M${indices.map((k) => place(frame, nodes, 2 * k)).join("L")}`;
  const rows = Array.from({ length: h }, (_, i) => line(Array.from({ length: w }, (__, j) => i * w + j)));
  const columns = Array.from({ length: w }, (_, j) => line(Array.from({ length: h }, (__, i) => i * w + j)));
  const width = short(Math.max(frame.source[0], frame.source[1]) / 1200);
  return [`<path d="${[...rows, ...columns].join("")}" fill="none" stroke="#fff" stroke-width="${width}"/>`];
}
