// @ts-check
/** The figures: in the rail, or below the table where that leaves them room. */
import { h } from "../../kit/dom.js";
import { createCurves } from "./curves.js";
import { createMatrix } from "./matrix.js";
import { createPareto } from "./pareto.js";

/** Height from which they stand below the table, side by side or over each other, CSS pixels. */
const FROM = { wide: 195, narrow: 400 };
/** With so much less they leave it again. */
const SLACK = 20;
const WIDE = 640;

/** @typedef {import("../../viewer/room.js").Place<import("./asking.js").Answers>} Place */

/** @type {WeakMap<Place, ReturnType<typeof createFigures>>} */
const MADE = new WeakMap();

/** Those of a room, for its rail and its dock. @param {Place} place */
export function figuresOf(place) {
  const made = MADE.get(place) ?? createFigures(place);
  MADE.set(place, made);
  return made;
}

/** @param {Place} place */
function createFigures(place) {
  const [pareto, matrix, curves] = [createPareto(place), createMatrix(place), createCurves(place)];
  const element = h("div", { class: "lz-compare-figures" }, ...pareto.elements, matrix.element, curves.element);
  const home = h("div", { class: "lz-compare-home" }, element);
  return {
    home,
    /** @param {HTMLElement} dock @param {number} free  height of it below its table */
    place(dock, free) {
      const below = element.parentElement === dock;
      const from = dock.clientWidth > WIDE ? FROM.wide : FROM.narrow;
      const wanted = free >= from - (below ? SLACK : 0) && !place.scene()?.narrow;
      if (wanted === below) return;
      (wanted ? dock : home).append(element);
      element.toggleAttribute("data-below", wanted);
    },
    show() {
      pareto.show();
      matrix.show();
      curves.show();
    },
  };
}
