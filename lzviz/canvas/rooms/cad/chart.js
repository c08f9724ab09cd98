// @ts-check
/**
 * Matching accuracy as inline SVG: curves over the allowed error, and one point a network over its multiply-adds. Lines
 * carry their names; amber is adaptive, grey a fixed output stride, the darker the finer.
 *
 * @typedef {import("../../schema/contract.js").Keypoints} Keypoints
 * @typedef {import("../../schema/contract.js").Curve} Curve
 */
import { h, svg } from "../../kit/dom.js";
import { operations } from "../../kit/format.js";
import { t } from "../../core/text.js";

/**
 * The line of a curve, for its row in a table.
 * @param {Curve} curve @param {number} at @param {number} chosen @param {number} count
 */
export const sample = (curve, at, chosen, count) => svg("svg", { class: "lz-cad-sample", viewBox: "0 0 18 8",
  "aria-hidden": "true" }, svg("line", { class: classOf(curve, at, chosen, count), style: tone(curve), x1: 0, x2: 18,
  y1: 4, y2: 4 }));

/** A short name: its output stride, or what is adaptive. @param {Curve} curve */
export const shortName = (curve) => (curve.stride ? t("cad.stride", { stride: curve.stride })
  : t(curve.control ? `cad.control.${curve.control}` : "cad.adaptiveOf", { strides: (curve.triplet ?? []).join(" ") }));

/** @param {Curve} curve @param {number} at @param {number | null} chosen @param {number} count */
const classOf = (curve, at, chosen, count) => ["lz-cad-curve", curve.stride ? "" : "lz-cad-adaptive",
  curve.control ? "lz-cad-control" : "", at === (chosen ?? count - 1) ? "lz-cad-chosen" : ""].filter(Boolean).join(" ");

/** @param {Curve} curve how dark: 8 is light, 1 is dark */
const tone = (curve) => (curve.stride ? `--tone:${[90, 70, 50, 30][Math.log2(8 / curve.stride)] ?? 60}%` : "");

/**
 * A picture of an answer that is drawn at the size of its box.
 * @param {string} label @param {string} name
 * @param {(frame: {width: number, height: number}, answer: Keypoints, chosen: number | null) => Element[]} draw
 */
function chart(label, name, draw) {
  const picture = svg("svg", { role: "img", "aria-label": label });
  const element = h("div", { class: `lz-cad-chart ${name}` }, picture);
  /** @type {{answer: Keypoints | null, chosen: number | null}} */
  let shown = { answer: null, chosen: null };
  function frame() {
    const { width, height } = picture.getBoundingClientRect();
    if (width < 1) return;
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.replaceChildren(...(shown.answer ? draw({ width, height }, shown.answer, shown.chosen) : []));
  }
  new ResizeObserver(frame).observe(element);
  const show = (/** @type {Keypoints | null} */ answer, /** @type {number | null} */ chosen) => {
    shown = { answer, chosen };
    frame();
  };
  return { element, show };
}

/** @param {number} x @param {number} y @param {string} words @param {string} [anchor] */
const text = (x, y, words, anchor = "start") => svg("text", { x, y, "text-anchor": anchor }, words);

/**
 * Horizontal lines at 0, 50 and 100 %.
 * @param {number} left @param {number} right @param {(share: number) => number} up
 */
const rules = (left, right, up) => [0, 0.5, 1].flatMap((share) => [
  svg("line", { class: "lz-axis", x1: left, x2: right, y1: up(share), y2: up(share) }),
  text(left - 6, up(share) + 4, `${100 * share}`, "end")]);

/** Mean matching accuracy over the error that is allowed. */
export const createCurves = () => chart(t("cad.curves"), "lz-cad-curves",
  ({ width, height }, { thresholds, curves }, chosen) => {
    const [left, right, top, bottom] = [30, width - 8, 8, height - 20];
    const across = (/** @type {number} */ k) => left + ((right - left) * k) / (thresholds.length - 1);
    const up = (/** @type {number} */ share) => bottom - (bottom - top) * share;
    const lines = curves.map((curve, at) => svg("polyline", {
      class: classOf(curve, at, chosen, curves.length), style: tone(curve),
      points: curve.mma.map((share, k) => `${across(k).toFixed(1)},${up(share).toFixed(1)}`).join(" ") }));
    const ticks = thresholds.map((px, k) =>
      text(across(k), height - 5, k + 1 === thresholds.length ? t("cad.px", { count: px }) : `${px}`, "middle"));
    return [...rules(left, right, up), ...ticks, ...lines];
  });

/** Accuracy at the error that counts as right, over multiply-adds on a log axis. */
export const createScatter = () => chart(t("cad.scatter"), "lz-cad-scatter",
  ({ width, height }, { curves, thresholds, correct }, chosen) => {
    const [left, right, top, bottom] = [32, width - 24, 12, height - 22];
    const limit = thresholds.indexOf(correct);
    const logs = curves.map(({ macs }) => Math.log(macs));
    const [low, high] = [Math.min(...logs), Math.max(...logs)];
    const share = (/** @type {number} */ macs) => (Math.log(macs) - low) / (high - low || 1);
    const up = (/** @type {number} */ value) => bottom - (bottom - top) * value;
    const dots = curves.flatMap((curve, at) => {
      const [x, y] = [left + 14 + (right - left - 14) * share(curve.macs), up(curve.mma[limit])];
      const kind = { class: classOf(curve, at, chosen, curves.length), style: tone(curve) };
      const dot = svg("circle", { ...kind, cx: x, cy: y, r: 4.5 }, svg("title", {}, shortName(curve)));
      if (curve.stride) return [dot, text(x, y - 8, `${curve.stride}`, "middle")];
      // Ten names would cover one another: rows and tips tell them.
      return curve.control ? [dot, text(x, y + 16, t(`state.cadmask.${curve.control}`), "middle")] : [dot];
    });
    const ends = [low, high].map((log, at) =>
      text(at ? right + 16 : left + 4, height - 6, operations(Math.exp(log)), at ? "end" : "start"));
    return [...rules(left, right + 16, up), ...ends, ...dots];
  });
