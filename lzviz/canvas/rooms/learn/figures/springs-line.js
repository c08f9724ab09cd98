// @ts-check
/** The line of springs as a drawing: saliency and pull on top, the node's way from home to rest, J, and two spreads. */
import { svg } from "../../../kit/dom.js";
import { FORMATS, t } from "../../../core/text.js";

/** Heights of the drawing, from the top; on a phone it is lower. */
const TALL = { top: 18, home: 118, rest: 214, band: 222, rows: [250, 272, 294], height: 306 };
const LOW = { top: 4, home: 62, rest: 108, band: 114, rows: [132, 149, 166], height: 172 };
/** Narrower than this is a phone's, CSS pixels. */
const NARROW = 500;
/** With less on its left, the name of a spread stands on its right. */
const ROOM = 140;
/** Turns of a spring. */
const TURNS = 9;

/**
 * @typedef {object} Line
 * @property {Float64Array} line @property {readonly import("./springs.js").Pulled[]} nodes
 * @property {number} node @property {number} fwhm @property {number} sigma
 * @property {typeof TALL} at  heights
 */

/** A spring between two places, as a path. @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
 * @param {number} width */
export function spring(x0, y0, x1, y1, width) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = Math.hypot(dx, dy) || 1;
  const [nx, ny] = [(-dy / length) * width, (dx / length) * width];
  const turns = Array.from({ length: TURNS }, (_, k) => {
    const s = 0.15 + (0.7 * (k + 0.5)) / TURNS;
    const side = k % 2 ? 1 : -1;
    return `L${(x0 + s * dx + side * nx).toFixed(1)} ${(y0 + s * dy + side * ny).toFixed(1)}`;
  });
  const at = (/** @type {number} */ s) => `${(x0 + s * dx).toFixed(1)} ${(y0 + s * dy).toFixed(1)}`;
  return `M${at(0)}L${at(0.15)}${turns.join("")}L${at(0.85)}L${at(1)}`;
}

/** Blue where magnified, orange where shrunk, grey where neither. @param {number} jacobian */
export function colourOf(jacobian) {
  const amount = Math.max(-1, Math.min(1, Math.log2(1 / jacobian)));
  const end = amount > 0 ? "var(--lz-det-high)" : "var(--lz-det-low)";
  return `color-mix(in srgb, ${end} ${Math.round(100 * Math.abs(amount))}%, var(--lz-det-mid))`;
}

/** @param {Line} data @param {(cell: number) => number} x @param {number} step */
function saliency({ line, nodes, node, at: { top, home } }, x, step) {
  const most = Math.max(...line);
  const tall = home - top;
  const kernel = nodes[node].cells.map((q, k) => ({ q, pull: nodes[node].weights[k] }))
    .filter(({ q }) => q >= 0 && q < line.length);
  const bar = (/** @type {number} */ q, /** @type {number} */ value, /** @type {string} */ name) => svg("rect", {
    class: `lz-bar lz-bar-${name}`, "data-symbol": name, x: x(q) - step / 2 + 0.5, width: Math.max(0.5, step - 1),
    y: home - (tall * value) / most, height: (tall * value) / most });
  return [...Array.from(line, (value, q) => bar(q, value, "saliency")),
    ...kernel.map(({ q, pull }) => bar(q, pull, "pull"))];
}

/** @param {Line} data @param {(cell: number) => number} x @param {number} n */
function kernel({ node, fwhm, at: { top, home } }, x, n) {
  const tall = home - top;
  const points = Array.from({ length: 6 * n }, (_, k) => {
    const q = (k * (n - 1)) / (6 * n - 1);
    return `${x(q).toFixed(1)} ${(home - tall * Math.exp(-4 * Math.LN2 * ((node - q) / fwhm) ** 2)).toFixed(1)}`;
  });
  return [svg("path", { class: "lz-kernel", "data-symbol": "kernel", d: `M${points.join("L")}` })];
}

/** @param {Line} data @param {(cell: number) => number} x */
function atRest({ nodes, node, sigma, at }, x) {
  const { cells, weights, rest } = nodes[node];
  const most = Math.max(...weights);
  const pulls = cells.map((q, k) => ({ q, share: weights[k] / most }))
    .filter(({ q, share }) => share > 0.06 && q >= 0 && q < nodes.length);
  const band = (x(1) - x(0)) / 2;
  return [
    ...nodes.map((each) => svg("path", { class: "lz-way", d: `M${x(each.at)} ${at.home}L${x(each.rest)} ${at.rest}` })),
    ...nodes.map((each, k) => svg("rect", { class: "lz-band", "data-symbol": "jacobian", x: x(k) - band, y: at.band,
      width: 2 * band, height: 6, fill: colourOf(each.variance / sigma ** 2) })),
    ...pulls.map(({ q, share }) => svg("path", { class: "lz-spring", "data-symbol": "spring",
      "stroke-width": (0.4 + 1.6 * share).toFixed(2), opacity: (0.25 + 0.75 * share).toFixed(2),
      d: spring(x(q), at.home, x(rest), at.rest, 2) })),
    ...nodes.map((each) => svg("circle", { class: "lz-node", cx: x(each.rest), cy: at.rest, r: 2 })),
  ];
}

/**
 * A spread with its ends, and its number.
 * @param {number} y @param {string} label @param {string} value @param {readonly [number, number]} ends
 * @param {string} name
 */
const whisker = (y, label, value, [from, to], name) => svg("g", { class: `lz-whisker lz-whisker-${name}`,
  "data-symbol": name }, svg("path", { d: `M${from} ${y}H${to}M${from} ${y - 4}v8M${to} ${y - 4}v8` }),
...(from > ROOM ? [svg("text", { x: from - 8, y: y + 4, "text-anchor": "end" }, label)] : []),
svg("text", { x: to + 8, y: y + 4 }, svg("tspan", { class: "lz-strong" }, value), from > ROOM ? "" : ` ${label}`));

/** @param {Line} data @param {number} guess @param {(cell: number) => number} x */
function whiskers({ nodes, node, sigma, at: { rows } }, guess, x) {
  const { rest, variance } = nodes[node];
  const spread = Math.sqrt(variance);
  const two = FORMATS.two;
  const ends = (/** @type {number} */ at, /** @type {number} */ by) => /** @type {const} */ ([x(at - by), x(at + by)]);
  const off = /** @type {const} */ ([Math.min(x(guess), x(rest)), Math.max(x(guess), x(rest))]);
  const missed = Number.isFinite(guess)
    ? [whisker(rows[0], t("learn.springs.off"), two(Math.abs(guess - rest)), off, "off")] : [];
  return [...missed, whisker(rows[1], t("learn.springs.sigma"), two(sigma), ends(node, sigma), "kernel"),
  whisker(rows[2], t("learn.springs.spread"), two(spread), ends(rest, spread), "pull")];
}

/**
 * @param {HTMLElement} panel @param {any} data @param {{revealed: boolean, guess: number}} seen @param {number} width
 * @param {(guess: number) => void} onGuess
 */
export function drawLine(panel, data, { revealed, guess }, width, onGuess) {
  if (width < 40) return;
  const n = data.line.length;
  const x = (/** @type {number} */ cell) => (cell * width) / (n - 1);
  const at = width < NARROW ? LOW : TALL;
  const line = /** @type {Line} */ ({ ...data, at });
  const { nodes } = line;
  const rest = nodes[data.node].rest;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${at.height}`, width, height: at.height, role: "img",
    "aria-label": t(revealed ? "learn.springs.label" : "learn.springs.before", { node: data.node, rest, guess }) },
  ...saliency(line, x, x(1) - x(0)), ...kernel(line, x, n),
  svg("path", { class: "lz-row-line", d: `M${x(0)} ${at.home}H${x(n - 1)}` }),
  ...Array.from({ length: n }, (_, q) => svg("path", { class: "lz-tick", d: `M${x(q)} ${at.home}v5` })),
  svg("path", { class: "lz-row-line", d: `M${x(0)} ${at.rest}H${x(n - 1)}` }),
  svg("text", { class: "lz-side", x: x(n - 1), y: at.home - 22, "text-anchor": "end" }, t("learn.springs.home")),
  svg("text", { class: "lz-side", x: x(n - 1), y: at.rest - 8, "text-anchor": "end" }, t("learn.springs.rest")),
  ...(revealed ? atRest(line, x) : nodes.map((each) =>
    svg("circle", { class: "lz-node lz-node-before", cx: x(each.at), cy: at.rest, r: 1.5 }))),
  ...(revealed ? whiskers(line, guess, x) : []),
  ...(Number.isFinite(guess) && !revealed ? [svg("path", { class: "lz-guess-way",
    d: `M${x(data.node)} ${at.home}L${x(guess)} ${at.rest}` })] : []),
  svg("circle", { class: "lz-home", cx: x(data.node), cy: at.home, r: 5 }),
  ...(Number.isFinite(guess)
    ? [svg("circle", { class: "lz-guess-ring", cx: x(guess), cy: at.rest, r: revealed ? 6 : 10 })] : []),
  ...(revealed ? [svg("circle", { class: "lz-rest", cx: x(rest), cy: at.rest, r: 6 })] : []));
  panel.replaceChildren(picture);
  const cell = (/** @type {number} */ at) => (at * (n - 1)) / width;
  if (!revealed) drag(/** @type {SVGSVGElement} */ (picture), (at) => onGuess(cell(at)));
}

/** The ring follows the pointer, wherever on the line it is pressed. @param {SVGSVGElement} picture
 * @param {(x: number) => void} move */
function drag(picture, move) {
  picture.classList.add("lz-draggable");
  picture.addEventListener("pointerdown", (start) => {
    const box = picture.getBoundingClientRect();
    const at = (/** @type {PointerEvent} */ event) => move(event.clientX - box.left);
    at(start);
    start.preventDefault();
    const end = () => window.removeEventListener("pointermove", at);
    window.addEventListener("pointermove", at);
    window.addEventListener("pointerup", end, { once: true });
  });
}
