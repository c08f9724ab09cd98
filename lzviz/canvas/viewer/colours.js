// @ts-check
/**
 * Colours of the maps. Tables of 256 packed pixels, made once a theme; legends are drawn from the same tables.
 *
 * A packed pixel is one Uint32 of a little-endian RGBA buffer: alpha << 24 | blue << 16 | green << 8 | red.
 *
 * @typedef {readonly [number, number, number]} Rgb
 *
 * @typedef {object} Palette everything the stage draws with, read from the CSS tokens of the page
 * @property {boolean} dark
 * @property {string} accent @property {string} ink @property {string} ink2 @property {string} well
 * @property {string} hatch  line colour of hatching
 * @property {number} brightness of a receding photograph
 * @property {Uint32Array} saliency   0..255 = saliency 0..1
 * @property {Uint32Array} density    0..255 = 0..4 times uniform
 * @property {Uint32Array} magnification 0..255 = log2 of -LOG_RANGE .. LOG_RANGE
 * @property {Uint32Array} error 0..255 = 0 .. the largest error
 * @property {Uint32Array} difference 0..255 = difference in grey levels, times DIFFERENCE_GAIN
 */

/** Magnification maps reach from 1/4 to 4 times uniform. */
export const LOG_RANGE = 2;
/** Density maps reach to this many times the density of uniform sampling. */
export const DENSITY_RANGE = 4;
/** Differences are shown this much brighter than they are; the scale beside the view says so. */
export const DIFFERENCE_GAIN = 2;

const SALIENCY_ALPHA = 0.62;

/** @param {string} text #rgb, #rrggbb or rgb(r, g, b) @returns {Rgb} */
export function parseColour(text) {
  const value = text.trim();
  if (value.startsWith("#")) {
    const digits = value.length === 4 ? [...value.slice(1)].map((c) => c + c).join("") : value.slice(1, 7);
    return [0, 2, 4].map((k) => parseInt(digits.slice(k, k + 2), 16)).map((c) => c || 0).reduce(asRgb, [0, 0, 0]);
  }
  const numbers = value.match(/[\d.]+/g)?.map(Number) ?? [];
  return [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0];
}

/** @param {Rgb} rgb @param {number} value @param {number} k @returns {Rgb} */
const asRgb = (rgb, value, k) => [k === 0 ? value : rgb[0], k === 1 ? value : rgb[1], k === 2 ? value : rgb[2]];

/** @param {Rgb} rgb @param {number} alpha 0..1 */
export const pack = ([r, g, b], alpha) =>
  ((Math.round(alpha * 255) << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;

/** @param {Rgb} a @param {Rgb} b @param {number} t @returns {Rgb} */
const mix = (a, b, t) => [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])];

/** @param {(t: number) => number} colourAt t in [0, 1] */
const table = (colourAt) => Uint32Array.from({ length: 256 }, (_, k) => colourAt(k / 255));

/** One hue, alpha linear in the value. @param {Rgb} rgb @param {number} most */
const alphaTable = (rgb, most) => table((t) => pack(rgb, most * t));

/**
 * Two hues that part at the middle; alpha grows from the middle, so that what is not changed stays a photograph.
 * @param {Rgb} low @param {Rgb} middle @param {Rgb} high
 */
const divergingTable = (low, middle, high) => table((t) => {
  const s = 2 * t - 1;
  const strength = Math.min(1, 2 * Math.abs(s));
  return pack(mix(middle, s < 0 ? low : high, strength), 0.25 + 0.6 * strength);
});

/**
 * Black over purple and orange to pale yellow: lightness rises evenly.
 * @param {number} t
 */
function heat(t) {
  const stops = /** @type {Rgb[]} */ ([[8, 8, 16], [74, 27, 98], [170, 54, 84], [240, 130, 60], [252, 245, 190]]);
  const at = Math.min(t * (stops.length - 1), stops.length - 1.001);
  return mix(stops[Math.floor(at)], stops[Math.floor(at) + 1], at - Math.floor(at));
}

/** The tokens' values where the page declares none: the light theme. */
const FALLBACK = {
  "--lz-accent": "#3557d6", "--lz-ink": "#1a1c1f", "--lz-ink-2": "#5a5f66", "--lz-well": "#ecece8",
  "--lz-saliency": "#ffb22e", "--lz-det-low": "#b35806", "--lz-det-mid": "#d8d8d3", "--lz-det-high": "#2b6cb0",
};

/**
 * @param {(name: keyof typeof FALLBACK) => string} token value of a CSS custom property, "" where it is not set
 * @param {boolean} dark
 * @returns {Palette}
 */
export function createPalette(token, dark) {
  const text = (/** @type {keyof typeof FALLBACK} */ name) => token(name) || FALLBACK[name];
  const rgb = (/** @type {keyof typeof FALLBACK} */ name) => parseColour(text(name));
  return {
    dark,
    accent: text("--lz-accent"), ink: text("--lz-ink"), ink2: text("--lz-ink-2"), well: text("--lz-well"),
    hatch: dark ? "rgba(255,255,255,.75)" : "rgba(20,20,24,.75)",
    brightness: dark ? 0.72 : 0.9,
    saliency: alphaTable(rgb("--lz-saliency"), SALIENCY_ALPHA),
    density: table((t) => pack(heat(t), Math.min(0.85, 0.25 + 1.2 * t))),
    magnification: divergingTable(rgb("--lz-det-low"), rgb("--lz-det-mid"), rgb("--lz-det-high")),
    error: table((t) => pack(heat(t), Math.min(0.85, 2.5 * t))),
    difference: table((t) => pack(heat(t), 1)),
  };
}

/** Index of a log2 magnification in its table. @param {number} log */
export const magnificationIndex = (log) =>
  Math.min(255, Math.max(0, ((log + LOG_RANGE) / (2 * LOG_RANGE)) * 255));

/**
 * A CSS gradient of a table, for a legend.
 * @param {Uint32Array} colours
 */
export function gradient(colours) {
  const stops = [0, 51, 102, 153, 204, 255].map((k) => {
    const c = colours[k];
    return `rgba(${c & 255},${(c >> 8) & 255},${(c >> 16) & 255},${((c >>> 24) / 255).toFixed(3)})`;
  });
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}
