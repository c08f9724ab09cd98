// @ts-check
/** The four verdicts as shapes: an octagon, a triangle, a ring, a tick. */
import { svg } from "../../kit/dom.js";

/** @type {Readonly<Record<string, readonly string[]>>} */
const SHAPES = {
  fault: ["M5 1h6l4 4v6l-4 4H5l-4-4V5z", "M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8"],
  warning: ["M8 1.6l7 12.8H1z", "M8 6v4M8 12v.3"],
  note: ["M8 14.6A6.6 6.6 0 1 0 8 1.4a6.6 6.6 0 0 0 0 13.2z", "M8 7.4v3.8M8 4.8v.3"],
  ok: ["", "M2.5 8.6l3.6 3.6 7.4-8"],
};

/** @param {string} verdict */
export function verdictIcon(verdict) {
  const [body, sign] = SHAPES[verdict] ?? SHAPES.note;
  return svg("svg", { viewBox: "0 0 16 16", class: `lz-light lz-light-${verdict}`, "aria-hidden": "true" },
    svg("path", { d: body, class: "lz-light-body" }), svg("path", { d: sign, class: "lz-light-sign" }));
}
