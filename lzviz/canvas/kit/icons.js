// @ts-check
/** The icons of the page: 20 x 20, a 1.5 px stroke, round ends. Each is one path, or a few. */
import { svg } from "./dom.js";

/** @type {Record<string, readonly string[]>} */
const PATHS = {
  pick: ["M5 3.5v11.2l3-2.9 2 4.5 2-.9-2-4.4h4.1z"],
  paint: ["M4 16l.9-3.6 8.4-8.4a1.4 1.4 0 0 1 2 0l.7.7a1.4 1.4 0 0 1 0 2l-8.4 8.4z", "M11.6 5.7l2.7 2.7"],
  erase: ["M7.6 16.2l-3.9-3.9a1.3 1.3 0 0 1 0-1.8l6.6-6.6a1.3 1.3 0 0 1 1.8 0l3.9 3.9a1.3 1.3 0 0 1 0 1.8l-6.6 6.6z",
    "M7 7.2l5.7 5.7", "M7.6 16.2H16"],
  box: ["M4.5 4.5h11v11h-11z"],
  pan: ["M10 2.8v14.4M2.8 10h14.4", "M8 4.8l2-2 2 2M8 15.2l2 2 2-2M4.8 8l-2 2 2 2M15.2 8l2 2-2 2"],
  trash: ["M3.5 5.5h13M7.5 5.5V3.8h5v1.7M5 5.5l.7 10.7h8.6L15 5.5M8.4 8.5v4.8M11.6 8.5v4.8"],
  undo: ["M4 8h8a4 4 0 0 1 0 8H8.5", "M7 4.8L3.8 8 7 11.2"],
  redo: ["M16 8H8a4 4 0 0 0 0 8h3.5", "M13 4.8L16.2 8 13 11.2"],
  help: ["M7.3 7.6a2.7 2.7 0 1 1 4 2.4c-.9.5-1.3 1-1.3 2", "M10 15.2v.1"],
  language: ["M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z", "M3.5 10h13",
    "M10 3.5c2.3 1.8 2.9 4 2.9 6.5s-.6 4.7-2.9 6.5c-2.3-1.8-2.9-4-2.9-6.5s.6-4.7 2.9-6.5z"],
  bookmark: ["M5.5 3.5h9v13L10 12.8 5.5 16.5z"],
  play: ["M7 4.5l8.5 5.5L7 15.5z"],
  pause: ["M7 4.5v11M13 4.5v11"],
  down: ["M6 8l4 4 4-4"],
  right: ["M8 6l4 4-4 4"],
  upload: ["M10 13V4.2M6.6 7.4L10 4l3.4 3.4", "M4 13.2v2.6h12v-2.6"],
  download: ["M10 4v8.8M6.6 9.6L10 13l3.4-3.4", "M4 13.2v2.6h12v-2.6"],
  camera: ["M3.2 6.5h3l1.3-2h5l1.3 2h3v9H3.2z", "M10 13.4a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4z"],
  plus: ["M10 4.5v11M4.5 10h11"],
  split: ["M10 3v14", "M7 6.5L3.5 10 7 13.5M13 6.5l3.5 3.5-3.5 3.5"],
  flip: ["M4 7h11M12 4l3 3-3 3", "M16 13H5M8 10l-3 3 3 3"],
  blink: ["M2.8 10c2-3.4 4.4-5 7.2-5s5.2 1.6 7.2 5c-2 3.4-4.4 5-7.2 5s-5.2-1.6-7.2-5z",
    "M10 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6z"],
  close: ["M5.5 5.5l9 9M14.5 5.5l-9 9"],
  check: ["M4.5 10.5l3.6 3.6 7.4-8"],
  alert: ["M10 3.4l7.2 12.8H2.8z", "M10 8.2v3.6M10 14v.1"],
  doctor: ["M5.5 3.5H4.2v4.3a3.6 3.6 0 0 0 7.2 0V3.5h-1.3", "M7.8 11.4v1.7a3.2 3.2 0 0 0 6.4 0v-1.6",
    "M14.2 11.5a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2z"],
  circle: ["M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z"],
};

/**
 * An icon by name, hidden from assistive technology: its button carries the label.
 * @param {string} name
 */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 20 20", class: "lz-icon", "aria-hidden": "true" },
    ...(PATHS[name] ?? []).map((d) => svg("path", { d })));
}

/** Half filled circle: light and dark. */
export function themeIcon() {
  const half = svg("path", { d: "M10 3.5a6.5 6.5 0 0 1 0 13z", class: "lz-solid" });
  return svg("svg", { viewBox: "0 0 20 20", class: "lz-icon", "aria-hidden": "true" },
    svg("path", { d: PATHS.circle[0] }), half);
}

/** The mark of lzviz: a 5 x 5 lattice of samples drawn towards its middle, which is blue. */
export function mark() {
  const dots = [];
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 5; j++) {
      const [u, v] = [j / 2 - 1, i / 2 - 1];
      const pull = 1 - 0.28 * (1 - Math.max(Math.abs(u), Math.abs(v)));
      const middle = Math.max(Math.abs(u), Math.abs(v)) < 0.75;
      dots.push(svg("circle", { cx: (12 + 9.5 * u * pull).toFixed(2), cy: (12 + 9.5 * v * pull).toFixed(2),
        r: middle ? 1.75 : 1.15, class: middle ? "lz-mark-in" : "lz-mark-out" }));
    }
  }
  return svg("svg", { viewBox: "0 0 24 24", class: "lz-mark", "aria-hidden": "true" }, ...dots);
}
