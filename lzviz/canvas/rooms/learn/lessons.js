// @ts-check
/**
 * Lessons as lzviz/lessons built them.
 *
 * @typedef {string | Readonly<Record<string, any>>} Part  of a paragraph: a text, or a marked part
 * @typedef {readonly [string, Record<string, string>, ...any[]]} Formula  MathML as [tag, attributes, ...children]
 * @typedef {{p: readonly Part[]} | {formula: Formula, says?: readonly Part[]}} Block
 * @typedef {{state: string, name: string, left: string, is: string, right: string, tolerance: number}} Claim
 *
 * @typedef {object} Predict
 * @property {readonly Part[]} says
 * @property {number} low @property {number} high @property {number} step @property {number} start
 * @property {string} unit
 * @property {string} truth   an expression over the live numbers
 * @property {string} format  of FORMATS
 * @property {boolean} hold   the warp is not shown before the answer
 *
 * @typedef {object} Option
 * @property {boolean} right
 * @property {readonly Part[]} text
 * @property {readonly Part[]} why
 *
 * @typedef {object} Lesson
 * @property {number} number @property {string} name @property {string} title @property {string} goal
 * @property {string} figure
 * @property {readonly string[]} controls  keys of the state
 * @property {readonly number[] | null} region  x0, y0, x1, y1 as fractions of the picture
 * @property {Readonly<Record<string, string>>} states  links; `start` and `reveal` among them
 * @property {readonly Block[]} before @property {readonly Block[]} after
 * @property {Predict} predict
 * @property {{says: readonly Part[], options: readonly Option[]}} check
 * @property {readonly Claim[]} claims
 * @property {string} language  tag of what it is written in: English where there is none in the page's own
 * @property {number} words
 */
import { getFrom } from "../../core/client.js";
import { recall, remember } from "../../kit/memory.js";
import { ROUTES } from "../../schema/routes.js";

const KEY = "lzviz-lessons";
/** Of a reader who stops to think. */
const WORDS_A_MINUTE = 150;

/** @param {import("../../core/context.js").Host} host @param {string} language @returns {Promise<readonly Lesson[]>} */
export async function fetchLessons(host, language) {
  const path = ROUTES.lessons.path.replace("{language}", encodeURIComponent(language));
  return (await getFrom(host, path)).json();
}

/** @param {Lesson} lesson */
export const minutesOf = ({ words }) => Math.max(1, Math.round(words / WORDS_A_MINUTE));

/** Lessons whose question was answered: kept in this browser and told nobody. */
export function createProgress() {
  const done = new Set((recall(KEY) ?? "").split(",").filter(Boolean));
  return {
    has: (/** @type {Lesson} */ { name }) => done.has(name),
    add(/** @type {Lesson} */ { name }) {
      done.add(name);
      remember(KEY, [...done].join(","));
    },
  };
}
