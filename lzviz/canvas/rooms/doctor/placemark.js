// @ts-check
/** The box around the place of the chosen finding, with its name. */
import { h, setText, svg } from "../../kit/dom.js";
import { toFrame } from "../../viewer/camera.js";

/** @param {import("../../viewer/views.js").View} view */
export function createPlaceMark(view) {
  const box = ["lz-doctor-place lz-mark-rim", "lz-doctor-place"].map((name) =>
    svg("rect", { class: name, hidden: true }));
  const label = h("span", { class: "lz-doctor-label", translate: "no", hidden: true });
  view.marks.append(...box);
  view.frame.append(label);
  /** @param {import("./place.js").Edges | null} edges @param {string} name */
  return (edges, name) => {
    for (const each of box) each.toggleAttribute("hidden", edges === null);
    label.hidden = edges === null;
    if (!edges) return;
    const [x0, y0] = toFrame(view.projection, edges[0] - 0.5, edges[1] - 0.5);
    const [x1, y1] = toFrame(view.projection, edges[2] - 0.5, edges[3] - 0.5);
    const at = { x: x0.toFixed(1), y: y0.toFixed(1), width: (x1 - x0).toFixed(1), height: (y1 - y0).toFixed(1) };
    for (const each of box) for (const [key, value] of Object.entries(at)) each.setAttribute(key, value);
    setText(label, name);
    label.style.transform = `translate(${Math.max(0, x0).toFixed(1)}px, ${Math.max(0, y0 - 22).toFixed(1)}px)`;
  };
}
