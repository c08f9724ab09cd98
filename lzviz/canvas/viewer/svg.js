// @ts-check
/** An SVG that is drawn on like a canvas: what layers draw as lines, and dots. */
import { normalisedToFrame } from "./vectors.js";

/** @param {number} value */
const short = (value) => Number(value.toFixed(3));

/** Widths of a letter a size of the font, on average. */
const LETTER = 0.6;

/** @param {string} font  as a canvas has it */
const sizeOf = (font) => Number(/([\d.]+)px/.exec(font)?.[1] ?? 10);

/** CSS pixels across of a dot, and of the dark rim around it. */
const DOT = [1.7, 3.2];

/**
 * A pen that keeps what it has drawn as SVG elements.
 * @returns {import("./layers.js").Pen & {elements: () => string[]}}
 */
export function createSvgPen() {
  /** @type {string[]} */
  const made = [];
  /** @type {Map<string, string>} colour -> id of its hatching */
  const hatchings = new Map();
  let path = "";
  /** @type {readonly number[]} */
  let dash = [];
  const at = (/** @type {number} */ x, /** @type {number} */ y) => `${short(x)} ${short(y)}`;
  return {
    lineWidth: 1, lineJoin: "miter", lineCap: "butt", strokeStyle: "#000", fillStyle: "#000",
    beginPath: () => { path = ""; },
    moveTo: (x, y) => { path += `M${at(x, y)}`; },
    lineTo: (x, y) => { path += `L${at(x, y)}`; },
    closePath: () => { path += "Z"; },
    rect: (x, y, w, h) => { path += `M${at(x, y)}h${short(w)}v${short(h)}h${short(-w)}Z`; },
    font: "10px sans-serif", textAlign: "start", textBaseline: "alphabetic",
    setLineDash: (lengths) => { dash = [...lengths]; },
    measureText(text) {
      return { width: LETTER * sizeOf(this.font) * [...text].length };
    },
    fillText(text, x, y) {
      const middle = this.textBaseline === "middle" ? 'dominant-baseline="central" ' : "";
      made.push(`<text x="${short(x)}" y="${short(y)}" ${middle}fill="${this.fillStyle}" font-family="sans-serif" `
        + `font-size="${sizeOf(this.font)}" font-weight="600">${escape(text)}</text>`);
    },
    stroke() {
      const dashed = dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : "";
      if (path) made.push(`<path d="${path}" fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" `
        + `stroke-linejoin="${this.lineJoin}" stroke-linecap="${this.lineCap}"${dashed}/>`);
    },
    fill() {
      if (path) made.push(`<path d="${path}" fill="${this.fillStyle}"/>`);
    },
    hatched(colour) {
      const id = hatchings.get(colour) ?? `hatching${hatchings.size}`;
      hatchings.set(colour, id);
      return `url(#${id})`;
    },
    elements: () => [...[...hatchings].map(([colour, id]) => `<pattern id="${id}" width="6" height="6" `
      + `patternUnits="userSpaceOnUse"><path d="M-6 6L0 0M0 6L6 0M6 6L12 0" stroke="${colour}"/></pattern>`), ...made],
  };
}

/**
 * Samples as two paths: dots are round caps of lines without length.
 * @param {NonNullable<import("./layers.js").Drawn["dots"]>} dots @param {import("./camera.js").Projection} p
 * @param {import("./layers.js").Extent} image @returns {string[]}
 */
export function svgDots({ grid, h, w, stride }, p, image) {
  const [x0, sx, y0, sy] = normalisedToFrame(p, image);
  const first = stride >> 1;
  let path = "";
  for (let i = Math.min(first, h - 1); i < h; i += stride) {
    for (let j = Math.min(first, w - 1); j < w; j += stride) {
      const k = 2 * (i * w + j);
      path += `M${short(x0 + sx * grid[k])} ${short(y0 + sy * grid[k + 1])}h0`;
    }
  }
  return [["#000", DOT[1], 0.5], ["#fff", DOT[0], 1]].map(([colour, width, opacity]) => `<path d="${path}" fill="none" `
    + `stroke="${colour}" stroke-opacity="${opacity}" stroke-width="${width}" stroke-linecap="round"/>`);
}

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * A picture with elements on it; (0, 0) is the outer corner of its first pixel.
 * @param {import("./layers.js").Extent} extent @param {string} picture  a data URL
 * @param {{title: string, elements?: readonly string[], ratio?: number}} what  `ratio`: pixels a unit of the elements
 */
export function svgText({ width, height }, picture, { title, elements = [], ratio = 1 }) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" `
      + 'role="img">', `<title>${escape(title)}</title>`,
    `<image href="${picture}" width="${width}" height="${height}" style="image-rendering:pixelated"/>`,
    ...(elements.length ? [`<g transform="scale(${short(ratio)})">`, ...elements, "</g>"] : []), "</svg>",
  ].join("\n");
}
