// @ts-check
/** The pixel under the pointer, in words and numbers: what the dock prints, as plain texts. */
import { fixed, pair, span } from "../../kit/format.js";
import { t } from "../../core/text.js";

/**
 * @typedef {object} Hover  written by the stage
 * @property {readonly number[]} zoomed   zoomed pixel, x and y
 * @property {readonly number[]} source   source pixel, x and y
 * @property {number} det                 source pixels^2 per zoomed pixel^2
 * @property {readonly number[]} footprint  width and height, source pixels
 * @property {readonly (readonly number[])[]} quad  the footprint's corners, source pixels
 * @property {readonly {x: number, y: number, weight: number}[]} taps
 * @property {readonly number[]} colour   of the zoomed pixel
 * @property {boolean} inside             false: a source pixel that no sample reaches
 */

/** Corner-aligned coordinate: -1, +1 = centres of the first and the last pixel. @param {number} px @param {number} n */
const corners = (px, n) => (n > 1 ? (2 * px) / (n - 1) - 1 : 0);

/** Half-pixel coordinate: -1, +1 = outer edges of the image. @param {number} px @param {number} n */
const halfPixel = (px, n) => (2 * px + 1) / n - 1;

/**
 * @param {readonly number[]} point @param {{width: number, height: number}} extent
 * @param {(px: number, n: number) => number} convention
 */
const normalised = (point, { width, height }, convention) =>
  pair([convention(point[0], width), convention(point[1], height)], 3);

/** At most four weights fit; of more the number and the largest are told. @param {Hover["taps"]} taps */
export function weightsText(taps) {
  if (taps.length <= 4) return taps.map(({ weight }) => fixed(weight, 2)).join("  ");
  return t("pixel.largest", { count: taps.length, most: Math.max(...taps.map(({ weight }) => weight)) });
}

/**
 * Every text of the read-out; dashes where nothing is hovered.
 * @param {Hover | null} hover
 * @param {{width: number, height: number}} source @param {{width: number, height: number}} zoomed
 * @returns {Record<string, string>}
 */
export function readout(hover, source, zoomed) {
  if (!hover) return {};
  const whole = hover.zoomed.every(Number.isInteger);
  return {
    zoomedPixel: pair(hover.zoomed, whole ? 0 : 2),
    sourcePixel: pair(hover.source, 2),
    zoomedCorners: normalised(hover.zoomed, zoomed, corners),
    sourceCorners: normalised(hover.source, source, corners),
    zoomedHalf: normalised(hover.zoomed, zoomed, halfPixel),
    sourceHalf: normalised(hover.source, source, halfPixel),
    det: fixed(hover.det, 2),
    footprint: `${fixed(hover.footprint[0], 2)} × ${fixed(hover.footprint[1], 2)}`,
    taps: hover.taps.length ? `${span(hover.taps.map(({ x }) => x))} × ${span(hover.taps.map(({ y }) => y))}` : "–",
    weights: weightsText(hover.taps),
    colour: hover.colour.map((value) => Math.round(value)).join(", "),
  };
}
