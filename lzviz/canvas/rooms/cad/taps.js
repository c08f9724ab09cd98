// @ts-check
/** The neighbourhood of the hovered cell, large: its cells by level, the taps, and whose rows they read. */
import { h, svg } from "../../kit/dom.js";
import { css, levelColours } from "../../viewer/layers/own/quadtree.js";
import { ownerOf } from "../../engine/quadtree.js";
import { createTapMarks } from "./marks.js";
import { t } from "../../core/text.js";

/** Cells beyond the outermost taps. */
const MARGIN = 1.5;
const SIDE = 200;

/**
 * @param {import("../../core/store.js").Store<import("./asking.js").Answers>} answers
 * @param {import("../../core/context.js").Context} context
 */
export function createTapPicture(answers, { root }) {
  const blocks = svg("g", {});
  const here = svg("rect", { class: "lz-mark-quad" });
  const picture = /** @type {SVGSVGElement} */ (svg("svg", { class: "lz-cad-tap-picture lz-view-marks", role: "img",
    viewBox: `0 0 ${SIDE} ${SIDE}`, "aria-label": t("cad.taps.label") }, blocks));
  const showTaps = createTapMarks(picture);
  picture.append(here);
  const empty = h("p", { class: "lz-empty" }, t("cad.taps.empty"));
  const box = h("div", { class: "lz-footprint-box" }, picture, empty);

  function show() {
    const { hover, forest } = answers.get();
    empty.hidden = Boolean(hover && forest);
    picture.toggleAttribute("hidden", !hover || !forest);
    if (!hover || !forest) return;
    const { grid, levels } = forest;
    const reach = (1 << grid.depth) + MARGIN;
    const cell = SIDE / (2 * reach + 1);
    const { block } = hover;
    const place = { x: (reach - block.x) * cell, y: (reach - block.y) * cell, cell, width: SIDE, height: SIDE };
    const style = getComputedStyle(root);
    const colours = levelColours({ saliency: style.getPropertyValue("--lz-saliency").trim(),
      well: style.getPropertyValue("--lz-line-2").trim() }, grid.depth);
    blocks.replaceChildren(...around(block, reach, grid).map(({ y, x }) => ownerOf(levels, grid, y, x))
      .filter((owner, at, all) => all.findIndex((other) => other.y === owner.y && other.x === owner.x) === at)
      .map((owner) => svg("rect", { x: place.x + owner.x * cell, y: place.y + owner.y * cell,
        width: cell * (1 << owner.level), height: cell * (1 << owner.level), class: "lz-cad-block",
        style: `fill:${css(colours[owner.level], owner.level ? 0.5 : 0.6)}` })));
    const side = cell * (1 << block.level);
    for (const [name, value] of Object.entries({ x: place.x + block.x * cell, y: place.y + block.y * cell, width: side,
      height: side })) here.setAttribute(name, String(value));
    showTaps(hover.taps, place);
  }
  return { element: box, show };
}

/**
 * Cells of the map within reach of a block's corner.
 * @param {{y: number, x: number}} corner @param {number} reach @param {{h: number, w: number}} grid
 */
function around({ y, x }, reach, { h: rows, w }) {
  const cells = [];
  for (let i = Math.max(0, Math.floor(y - reach)); i <= Math.min(rows - 1, y + reach + 1); i++) {
    for (let j = Math.max(0, Math.floor(x - reach)); j <= Math.min(w - 1, x + reach + 1); j++) {
      cells.push({ y: i, x: j });
    }
  }
  return cells;
}
