// @ts-check
/**
 * Key points: the cells around them on the source, and the matches with a known view of the picture. A right match is a
 * blue disc, a wrong one an orange cross, a point without a match a small ring.
 *
 * @typedef {import("./scene.js").CadScene} CadScene
 * @typedef {import("../../viewer/views.js").View} View
 * @typedef {import("./model.js").Tree} Tree
 *
 * @typedef {import("../../schema/contract.js").Keypoints} Keypoints
 *
 * @typedef {object} Match
 * @property {readonly number[]} from   x, y in the picture at the size that is read
 * @property {readonly number[]} to     x, y in the known view
 * @property {readonly number[]} truth  where it should be
 * @property {number} error  pixels between the two
 * @property {boolean} right
 */

import { svg } from "../../kit/dom.js";
import { fromBase64 } from "../../core/wire.js";
import { rowsPerLevel } from "../../engine/quadtree.js";
import { caption, sizeCanvas } from "../../viewer/views.js";
import { createScatter } from "./chart.js";
import { weightsLabel } from "./words.js";
import { t } from "../../core/text.js";

/** The pointer finds points within this distance, CSS pixels. */
const REACH = 14;

/** Where a homography takes a point. @param {readonly (readonly number[])[]} matrix @param {readonly number[]} point */
export function transformed(matrix, [x, y]) {
  const [u, v, w] = matrix.map(([a, b, c]) => a * x + b * y + c);
  return [u / w, v / w];
}

/**
 * The matches of one curve.
 * @param {Keypoints} answer @param {number} chosen
 * @returns {Match[]}
 */
export function matchesOf({ curves, points, warpedPoints, homography, correct }, chosen) {
  const { pairs } = curves[Math.min(chosen, curves.length - 1)];
  return pairs.map(([i, j, error]) => ({ from: points[i], to: warpedPoints[j], error,
    truth: transformed(homography, points[i]), right: error <= correct }));
}

/**
 * @param {Record<"source" | "adaptive" | "beside", View>} views
 * @param {import("../../core/store.js").Store<import("./asking.js").Answers>} answers
 */
export function createKeypointViews(views, answers) {
  const scatter = createScatter();
  views.beside.frame.append(scatter.element);
  const bridge = createBridge();
  /** @type {{answer: Keypoints | null, tree: Tree | null, image: import("../../viewer/pixels.js").Raster | null}} */
  let kept = { answer: null, tree: null, image: null };
  /** @type {{answer: Keypoints | null, chosen: number, matches: Match[]}} */
  let found = { answer: null, chosen: -1, matches: [] };

  /** @param {Keypoints | null} answer @param {() => void} redraw when the picture is decoded */
  function keep(answer, redraw) {
    if (kept.answer === answer) return;
    kept = { answer, tree: null, image: null };
    if (!answer) return;
    const levels = fromBase64(answer.levels);
    kept.tree = { image: answer.image, grid: answer.grid, levels, rows: rowsPerLevel(levels, answer.grid) };
    void decoded(answer.warped).then((image) => {
      if (kept.answer !== answer) return;
      kept.image = image;
      redraw();
    });
  }

  /** @returns {Match[]} */
  function matches() {
    const { keypoints, curve } = answers.get();
    if (!keypoints) return [];
    const chosen = curve ?? keypoints.curves.length - 1;
    if (found.answer !== keypoints || found.chosen !== chosen) {
      found = { answer: keypoints, chosen, matches: matchesOf(keypoints, chosen) };
    }
    return found.matches;
  }

  /** @param {CadScene} scene @param {View} view @param {Tree} tree */
  const placer = (scene, view, tree) => {
    const { x, y, cell } = scene.plane(view, tree);
    return (/** @type {readonly number[]} */ point) => [x + (point[0] + 0.5) * cell, y + (point[1] + 0.5) * cell];
  };

  return {
    bridge: bridge.element,
    keep,
    scatter: scatter.element,
    /** @param {Keypoints | null} answer @returns {Tree | null} */
    tree: (answer) => (kept.answer === answer ? kept.tree : null),

    /** @param {Keypoints | null} answer @param {CadScene} scene */
    draw(answer, scene) {
      const { image, tree } = kept;
      views.adaptive.image.toggleAttribute("hidden", !image);
      views.beside.image.toggleAttribute("hidden", true);
      if (image && tree) {
        const { x, y, width, height } = scene.plane(views.adaptive, tree);
        scene.renderer.part(views.adaptive, image, { x, y, width, height });
        views.adaptive.image.style.clipPath = "";
      }
      const pen = clearedPen(views.adaptive, scene.ratio);
      if (pen && tree) drawMatches(pen, matches(), "to", placer(scene, views.adaptive, tree), scene.colours);
      scatter.show(answer, answers.get().curve);
      writeTitles(views, answer, matches());
    },

    /** @param {CanvasRenderingContext2D} pen @param {CadScene} scene */
    drawPoints(pen, scene) {
      if (!kept.tree || !kept.answer) return;
      const place = placer(scene, views.source, kept.tree);
      const matched = new Set(matches().map(({ from }) => from));
      pen.lineWidth = 1;
      for (const point of kept.answer.points) {
        if (!matched.has(point)) ring(pen, place(point), 1.75);
      }
      drawMatches(pen, matches(), "from", place, scene.colours);
    },

    /** The match under the pointer, from view to view. @param {CadScene} scene */
    mark(scene) {
      const { pointer } = scene;
      const { tree } = kept;
      const side = pointer?.view === views.adaptive ? "to" : "from";
      const near = pointer && tree && pointer.view !== views.beside
        ? nearest(matches(), side, placer(scene, pointer.view, tree), [pointer.x, pointer.y]) : null;
      if (answers.get().match !== near) answers.set({ match: near });
      if (!near || !tree) return bridge.show(null);
      const frame = scene.root.getBoundingClientRect();
      bridge.show(/** @type {const} */ ([["source", near.from], ["adaptive", near.to], ["adaptive", near.truth]])
        .map(([name, point]) => {
          const at = views[name].frame.getBoundingClientRect();
          const [x, y] = placer(scene, views[name], tree)(point);
          return [x + at.left - frame.left, y + at.top - frame.top];
        }));
    },
  };
}

/** The thread from a point to its match, across the views, and a ring where the match should be. */
function createBridge() {
  const threads = ["lz-mark-rim", "lz-cad-thread"].map((name) => svg("line", { class: name }));
  const rings = ["lz-cad-end", "lz-cad-end", "lz-cad-truth"].map((name) => svg("circle", { class: name, r: 6 }));
  const element = svg("svg", { class: "lz-cad-bridge", "aria-hidden": "true", hidden: true }, ...threads, ...rings);
  const show = (/** @type {number[][] | null} point, match, truth */ places) => {
    element.toggleAttribute("hidden", !places);
    if (!places) return;
    const [[x1, y1], [x2, y2]] = places;
    for (const line of threads) set(line, { x1, y1, x2, y2 });
    rings.forEach((shape, at) => set(shape, { cx: places[at][0], cy: places[at][1] }));
  };
  return { element, show };
}

/** @param {Element} shape @param {Record<string, number>} values */
function set(shape, values) {
  for (const [name, value] of Object.entries(values)) shape.setAttribute(name, value.toFixed(1));
}

/** @param {string} png base64 @returns {Promise<import("../../viewer/pixels.js").Raster>} */
async function decoded(png) {
  const bitmap = await createImageBitmap(new Blob([fromBase64(png)], { type: "image/png" }));
  const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  pen?.drawImage(bitmap, 0, 0);
  const { width, height } = bitmap;
  const data = pen?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray(4 * width * height);
  return { width, height, data: /** @type {Uint8ClampedArray<ArrayBuffer>} */ (data) };
}

/**
 * @param {readonly Match[]} matches @param {"from" | "to"} side
 * @param {(point: readonly number[]) => number[]} place @param {readonly number[]} at
 * @returns {Match | null}
 */
function nearest(matches, side, place, at) {
  let best = null;
  let least = REACH;
  for (const match of matches) {
    const [x, y] = place(match[side]);
    const distance = Math.hypot(x - at[0], y - at[1]);
    if (distance < least) [best, least] = [match, distance];
  }
  return best;
}

/** @param {View} view @param {number} ratio screen pixels a CSS pixel */
function clearedPen({ overlay, box }, ratio) {
  sizeCanvas(overlay, box.width * ratio, box.height * ratio);
  const pen = overlay.getContext("2d");
  pen?.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen?.clearRect(0, 0, box.width, box.height);
  return pen;
}

/** @param {CanvasRenderingContext2D} pen @param {readonly number[]} at @param {number} radius */
function ring(pen, [x, y], radius) {
  pen.strokeStyle = "rgb(255 255 255 / .75)";
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.stroke();
}

/**
 * @param {CanvasRenderingContext2D} pen @param {readonly Match[]} matches @param {"from" | "to"} side
 * @param {(point: readonly number[]) => number[]} place @param {{right: string, wrong: string}} colours
 */
function drawMatches(pen, matches, side, place, { right, wrong }) {
  const [discs, crosses] = [new Path2D(), new Path2D()];
  for (const match of matches) {
    const [x, y] = place(match[side]);
    if (match.right) {
      discs.moveTo(x + 2.75, y);
      discs.arc(x, y, 2.75, 0, 2 * Math.PI);
    } else {
      for (const sign of [1, -1]) {
        crosses.moveTo(x - 2.75, y - sign * 2.75);
        crosses.lineTo(x + 2.75, y + sign * 2.75);
      }
    }
  }
  Object.assign(pen, { strokeStyle: "rgb(0 0 0 / .6)", lineWidth: 3.25, lineCap: "round" });
  pen.stroke(crosses);
  Object.assign(pen, { strokeStyle: wrong, lineWidth: 1.5 });
  pen.stroke(crosses);
  Object.assign(pen, { strokeStyle: "#fff", lineWidth: 2, fillStyle: right });
  pen.stroke(discs);
  pen.fill(discs);
}

/**
 * @param {Record<"source" | "adaptive" | "beside", View>} views @param {Keypoints | null} answer
 * @param {readonly Match[]} matches
 */
function writeTitles({ adaptive, beside }, answer, matches) {
  const right = matches.filter((match) => match.right).length;
  const number = answer ? t("cad.rightOf", { right, count: matches.length }) : "";
  caption(adaptive, { title: t("cad.known"), number,
    size: answer ? t("size", { width: answer.image.w, height: answer.image.h }) : "",
    label: t(answer ? "cad.known.label" : "cad.known.empty", { right, count: matches.length }) });
  adaptive.number.toggleAttribute("data-exact", false);
  caption(beside, { title: t("cad.accuracyAndCost"), size: "",
    number: answer ? t("cad.withinPx", { count: answer.correct }) : "", label: weightsLabel(answer?.weights) });
}
