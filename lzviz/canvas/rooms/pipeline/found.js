// @ts-check
/**
 * What a detector found in a picture, fetched with the first answer that has boxes.
 *
 * @typedef {import("../../schema/contract.js").Found} Answer
 * @typedef {import("../../schema/contract.js").BoxFound} BoxFound
 * @typedef {import("../../schema/contract.js").BoxTrue} BoxTrue
 * @typedef {import("../../viewer/layers/own/boxes.js").Outline} Outline
 * @typedef {import("../../viewer/layers/own/boxes.js").Look} Look
 * @typedef {{of: "found" | "true", row: number}} Which  one of the boxes
 * @typedef {{shown: string, score: number}} Showing  what a view shows, from which score on
 */

import { floatsFromBase64 } from "../../core/wire.js";
import { t } from "../../core/text.js";
import { fixed } from "../../kit/format.js";
import { boxesOf } from "../../viewer/layers/own/boxes.js";
import { planDrawn, planOf, reachOf } from "../../viewer/layers/own/plan.js";

/** CSS pixels by which a body may be missed from above. */
const NEAR = 6;
/** Zoomed pixels by which a border leaves its hull before it is drawn as a curve. */
const BENT = 0.35;

/** Verdicts as they are drawn. @type {Record<NonNullable<BoxFound["verdict"]>, Look>} */
export const LOOKS = { right: "right", placed: "placed", class: "false", twice: "false", false: "false",
  ignored: "plain" };

export class Found {
  /** @param {Answer} answer */
  constructor(answer) {
    this.answer = answer;
    this.classes = answer.classes;
    this.boxes = answer.boxes;
    this.true = answer.true;
    this.points = floatsFromBase64(answer.points);
  }

  /** @param {Which} which @returns {BoxFound | BoxTrue} */
  box({ of, row }) {
    return of === "found" ? this.boxes[row] : /** @type {BoxTrue[]} */ (this.true)[row];
  }

  /** Its border in the zoomed image, pixel edges. @param {Which} which @returns {[number, number][]} */
  curve({ of, row }) {
    const { count } = this.answer;
    const from = 2 * count * (of === "found" ? row : this.boxes.length + row);
    return Array.from({ length: count }, (_, k) => [this.points[from + 2 * k], this.points[from + 2 * k + 1]]);
  }

  /** Rows of true boxes that nothing of at least a score has found. @param {number} score */
  missed(score) {
    const right = new Set(this.boxes.filter((box) => box.score >= score && box.verdict === "right")
      .map(({ truth }) => truth));
    return (this.true ?? []).flatMap(({ ignored }, row) => (ignored || right.has(row) ? [] : [row]));
  }

  /** How many boxes of each look. @param {number} score @returns {Record<string, number>} */
  tally(score) {
    const count = /** @type {Record<string, number>} */ ({ right: 0, placed: 0, false: 0,
      missed: this.missed(score).length });
    for (const { verdict } of this.shown(score)) if (verdict && verdict !== "ignored") count[LOOKS[verdict]]++;
    return count;
  }

  /** @param {number} score */
  shown(score) {
    return this.boxes.filter((box) => box.score >= score);
  }

  /** Boxes of a view, those above last. @param {Showing} showing @returns {Which[]} */
  list({ shown, score }) {
    const found = this.shown(score).map((_, row) => /** @type {Which} */ ({ of: "found", row }));
    const all = (this.true ?? []).map((_, row) => /** @type {Which} */ ({ of: "true", row }));
    if (shown === "truth") return all;
    if (shown === "error") {
      const missed = this.missed(score);
      return [...missed.map((row) => all[row]), ...found.reverse().filter(({ row }) =>
        this.boxes[row].verdict !== "ignored")];
    }
    return found.reverse();
  }

  /**
   * The smallest box at a place of the picture.
   * @param {number} x @param {number} y pixel edges of the picture @param {Showing} showing
   * @param {number} slack  pixels by which a small box may be missed @returns {Which | null}
   */
  at(x, y, showing, slack) {
    let best = null, least = Infinity;
    for (const which of this.list(showing)) {
      const { box: [x0, y0, x1, y1] } = this.box(which);
      const area = (x1 - x0) * (y1 - y0);
      if (x < x0 - slack || x > x1 + slack || y < y0 - slack || y > y1 + slack || area > least) continue;
      [best, least] = [which, area];
    }
    return best;
  }

  /** @param {Which} which @param {string} shown @returns {Look} */
  look({ of, row }, shown) {
    if (shown !== "error") return of === "true" ? "true" : "plain";
    const { verdict } = of === "found" ? this.boxes[row] : { verdict: null };
    return of === "true" ? "missed" : LOOKS[verdict ?? "ignored"];
  }

  /**
   * Boxes over an image.
   * @param {"source" | "zoomed"} space @param {Showing} showing
   * @param {number} share  pixels of the image that is shown a pixel of the picture
   * @param {number | null} chosen  the class that stands out
   * @param {number} [times]  pixels of the file a pixel of the zoomed image
   */
  layer(space, showing, share, chosen, times = 1) {
    const listed = this.list(showing).filter((which) => chosen === null || this.box(which).class === chosen);
    const outlines = listed.map((which) => this.outline(which, space, showing.shown, share));
    if (times === 1) return boxesOf(outlines);
    const large = (/** @type {readonly number[]} */ values) => values.map((value) => value * times);
    return boxesOf(outlines.map((each) => ({ ...each, hull: large(each.hull),
      curve: each.curve?.map(large) ?? null })));
  }

  /** What stands on the ground. @param {number} score @param {Which | null} chosen */
  bodies(score, chosen) {
    const all = [...(this.true ?? []).map((_, row) => /** @type {Which} */ ({ of: "true", row })),
      ...this.shown(score).map((_, row) => /** @type {Which} */ ({ of: "found", row }))];
    return all.flatMap((which) => {
      const { solid, class: kind } = this.box(which);
      return solid ? [{ which, of: which.of, ground: solid.ground, colour: this.classes[kind].colour,
        chosen: which.of === chosen?.of && which.row === chosen?.row }] : [];
    });
  }

  /**
   * Bodies from above. @param {{width: number, height: number}} frame CSS pixels
   * @param {{ink: string, line: string, accent: string}} palette @param {number} score @param {Which | null} chosen
   */
  plan(frame, palette, score, chosen) {
    return planDrawn(this.bodies(score, chosen), frame, palette, (metres) => t("boxes.metres", { metres }));
  }

  /**
   * The body at a place of the plan. @param {readonly number[]} at CSS pixels
   * @param {{width: number, height: number}} frame @param {number} score @returns {Which | null}
   */
  bodyAt([x, y], frame, score) {
    const bodies = this.bodies(score, null);
    const { to } = planOf(reachOf(bodies), frame);
    let best = null, least = NEAR;
    for (const { ground, which } of bodies) {
      const points = ground.map(to);
      const middle = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k], 0) / points.length);
      const half = Math.hypot(points[0][0] - middle[0], points[0][1] - middle[1]);
      const away = Math.hypot(x - middle[0], y - middle[1]) - half;
      if (away < least) [best, least] = [which, away];
    }
    return best;
  }

  /** @param {Which} which @param {"source" | "zoomed"} space @param {string} shown @param {number} share
   * @returns {Outline} */
  outline(which, space, shown, share) {
    const box = this.box(which);
    const { name, colour } = this.classes[box.class];
    const scaled = (/** @type {readonly number[]} */ values) => values.map((value) => value * share);
    const tag = which.of === "found" ? t("boxes.tag", { name, score: fixed(/** @type {BoxFound} */ (box).score, 2) })
      : name;
    const base = { look: this.look(which, shown), colour, tag };
    if (space === "source") {
      const wire = box.solid?.wire.map(scaled) ?? null;
      return { ...base, hull: scaled(box.box), curve: null, wire };
    }
    const curve = this.curve(which);
    const bent = curve.some(([x, y]) => Math.min(x - box.zoomed[0], box.zoomed[2] - x, y - box.zoomed[1],
      box.zoomed[3] - y) > BENT);
    return { ...base, hull: box.zoomed, curve: bent ? curve : null, wire: null };
  }
}
