// @ts-check
/**
 * A frame that passed while a detector was busy, under the boxes that were known by then: those of the newest answer
 * that was ready (Li et al. 2020), held against what is true of the frame itself.
 *
 * @typedef {import("./answer.js").Room} Room
 * @typedef {import("../../core/streaming.js").Moment} Moment
 * @typedef {import("../../schema/contract.js").FrameJudged} Judged
 */

import { Found } from "./found.js";

/** @param {Moment} moment @returns {import("../../core/text.js").Text} */
export const latenessOf = ({ of, late }) => (of === null ? { key: "film.noneYet" }
  : { key: "film.late", values: { frame: of + 1, late } });

/** Boxes of another frame than the one that is shown. */
class Late extends Found {
  /** @param {Found} known @param {boolean} none  no answer was there yet @param {Judged | null} judged */
  constructor({ answer }, none, judged) {
    const boxes = none ? [] : answer.boxes.map((box, row) => ({ ...box, verdict: null, truth: null, overlap: null,
      solid: box.solid && { ...box.solid, apart: null }, ...judged?.boxes[row] }));
    // In the zoomed image of the other frame nothing of this one has a place.
    const there = judged?.true.map((each) => ({ ...each, zoomed: each.box, magnification: null })) ?? null;
    super({ ...answer, boxes, true: there, scores: judged?.scores ?? [] });
  }

  /** @type {Found["curve"]} */
  curve(which) {
    return which.of === "true" ? [] : super.curve(which);
  }

  /** @type {Found["layer"]} */
  layer(space, showing, ...rest) {
    return super.layer(space, space === "zoomed" ? { ...showing, shown: "labels" } : showing, ...rest);
  }

  /** @type {Found["outline"]} */
  outline(which, ...rest) {
    return { ...super.outline(which, ...rest), late: which.of === "found" };
  }
}

/**
 * What is shown of a frame that passed.
 * @param {Room} known  of the answer, or of any where there was none @param {Moment} moment
 * @param {import("../../core/context.js").SourceImage} picture  the frame
 * @param {Judged | null} judged  null: not known, or not yet @returns {Room}
 */
export function lateRoom(known, moment, picture, judged) {
  const none = moment.of === null;
  const said = latenessOf(moment);
  const sentences = Object.fromEntries(Object.keys(known.answer.sentences).map((name) => [name, said]));
  const found = new Late(/** @type {Found} */ (known.found), none, judged);
  const unseen = none ? { image: null, warp: null, grid: null, saliency: null } : null;
  return { ...known, ...unseen, picture, found, late: moment, answer: { ...known.answer, sentence: said, sentences } };
}
