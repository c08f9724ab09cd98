// @ts-check
/**
 * What a hand makes on a picture, and what belongs to that picture alone.
 * @typedef {Pick<import("./store.js").State, "paint" | "edgePaint" | "cadPaint" | "boxes">} Made
 */

/** A camera that shows all of a picture. @type {import("./store.js").State["camera"]} */
export const ALL = [0.5, 0.5, 1];

/** @type {Readonly<Made>} */
export const NOTHING = Object.freeze({ paint: null, edgePaint: null, cadPaint: null, boxes: [] });

export const MADE = /** @type {readonly (keyof Made)[]} */ (Object.keys(NOTHING));

/** @param {import("./store.js").State} state @returns {Made} */
export const madeOf = ({ paint, edgePaint, cadPaint, boxes }) => ({ paint, edgePaint, cadPaint, boxes });

/** It, where there is anything. @param {Made | null | undefined} made @returns {Made | null} */
export const anyOf = (made) => (made && (made.paint || made.edgePaint || made.cadPaint || made.boxes.length) ? made
  : null);
