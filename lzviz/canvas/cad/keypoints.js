// @ts-check
/** Key points: their cells on the source, the matches with a known homography, and how accuracy pays. */

/** @typedef {import("./scene.js").CadScene} CadScene */

/** @param {Record<"source" | "adaptive" | "beside", import("../stage/views.js").View>} _views */
export function createKeypointViews(_views) {
  return {
    /** @param {any} _answer @returns {any} */
    tree: (_answer) => null,
    /** @param {any} _answer @param {CadScene} _scene */
    draw(_answer, _scene) {},
    /** @param {CanvasRenderingContext2D} _pen @param {CadScene} _scene */
    drawPoints(_pen, _scene) {},
    /** @param {CadScene} _scene */
    mark(_scene) {},
  };
}
