// @ts-check
/**
 * Layers over a picture: one file each in `layers/`, drawn by the same code on the screen and in every file. A layer
 * says what it draws as data and strokes; where that ends up is the renderer's matter.
 *
 * @typedef {import("./frame.js").Frame} Frame
 * @typedef {import("./raster.js").Field} Field
 * @typedef {import("./camera.js").Projection} Projection
 * @typedef {import("../engine/coords.js").Size} Size
 * @typedef {{width: number, height: number}} Extent
 *
 * @typedef {Pick<CanvasRenderingContext2D, "beginPath" | "moveTo" | "lineTo" | "closePath" | "rect" | "stroke" | "fill"
 *   | "setLineDash" | "fillText" | "font" | "textAlign" | "textBaseline" | "lineWidth" | "lineJoin" | "lineCap"
 *   | "strokeStyle" | "fillStyle"> & {measureText: (text: string) => {width: number},
 *   hatched?: (colour: string) => string}} Pen
 *   what a layer may draw with: a canvas has more, an SVG has this
 *
 * @typedef {object} Shown  what a layer is drawn of
 * @property {Frame} frame
 * @property {import("../core/store.js").State} state
 * @property {import("./colours.js").Palette} palette
 * @property {Extent} image  pixels of the picture that is read
 * @property {Extent} size   CSS pixels that all of it takes
 * @property {boolean} every  each sample is drawn, however close they lie
 * @property {() => {size: Size, inverse: import("../engine/inverse.js").Inverse}} back  the exact inverse on a lattice
 *
 * @typedef {object} Drawn
 * @property {string} [range]  what it reaches from and to, for its switch
 * @property {{field: Field, table: Uint32Array}} [heat]
 * @property {{grid: Float64Array, h: number, w: number, stride: number}} [dots]
 * @property {(pen: Pen, projection: Projection, image: Extent) => void} [lines]  CSS pixels
 *
 * @typedef {object} Layer
 * @property {string} name  of its file and in a link; its words stand under `layer.<name>` and `layer.<name>.help`
 * @property {string} [title] @property {string} [help]  where they stand in no file of words
 * @property {number} key   its place among the switches, and up to 9 its key
 * @property {number} [over]  layers with more lie above; its key where it says nothing
 * @property {() => readonly Element[]} [swatch]  in 16 x 12
 * @property {(palette: import("./colours.js").Palette) => Uint32Array} [table]  colours of its map, and of its swatch
 * @property {(shown: Shown) => Drawn | null} draw  null: there is nothing to draw
 */

import { registered } from "../core/text.js";
import { ALL } from "./layers/list.js";

/** @type {readonly Layer[]} in the order of their switches */
export const LAYERS = [...ALL].sort((a, b) => a.key - b.key);

const BOTTOM_FIRST = [...ALL].sort((a, b) => (a.over ?? a.key) - (b.over ?? b.key));

/** @param {string} name */
const layerOf = (name) => LAYERS.find((layer) => layer.name === name);

/** @param {string} name */
export const titleOf = (name) => registered(`layer.${name}`, layerOf(name)?.title ?? name);

/** @param {string} name */
export const helpOf = (name) => registered(`layer.${name}.help`, layerOf(name)?.help ?? "");

/**
 * What the layers draw that are on, bottom first, and the texts of their switches.
 * @param {Shown} shown @param {Readonly<Record<string, boolean>>} on
 * @returns {{drawn: Drawn[], ranges: Record<string, string>}}
 */
export function drawLayers(shown, on) {
  /** @type {Record<string, string>} */
  const ranges = {};
  const drawn = BOTTOM_FIRST.filter(({ name }) => on[name]).flatMap(({ name, draw }) => {
    const made = draw(shown);
    if (made?.range) ranges[name] = made.range;
    return made ? [made] : [];
  });
  return { drawn, ranges };
}
