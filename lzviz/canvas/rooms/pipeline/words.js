// @ts-check
/** What is said of checkpoints and stages, and how they are put in order. */
import { FORMATS, registered, t, written } from "../../core/text.js";

/**
 * A line of the catalogue.
 * @typedef {object} Checkpoint
 * @property {string} name @property {string} title @property {string} system @property {string} systemTitle
 * @property {string} mode @property {boolean} trained
 * @property {readonly [number, number] | null} size  (h, w) of the zoomed image
 * @property {string} data
 * @property {Record<string, Record<string, number>>} metrics
 * @property {number | null} macs @property {number | null} parameters
 * @property {readonly string[]} adjusts  what besides the network can say where to look
 * @property {boolean} lambda @property {boolean} snapshots
 * @property {string} [notes] @property {string} [licence]
 */

/**
 * The checkpoint that a state means.
 * @param {import("../../core/context.js").Context["host"]} host @param {import("../../core/store.js").State} state
 * @returns {Checkpoint | null}
 */
export function checkpointOf({ catalogue }, { checkpoint }) {
  const name = checkpoint === "auto" ? catalogue.checkpointDefault : checkpoint;
  return catalogue.checkpoints?.find((each) => each.name === name) ?? null;
}

/** "CamVid · 96 × 128": checkpoints below one heading can be compared. @param {Checkpoint} checkpoint */
export function groupOf({ data, size, trained }) {
  if (!trained) return t("pipeline.untrained");
  const name = dataName(data);
  return size ? t("facts", { facts: [name, `${size[0]} × ${size[1]}`] }) : name;
}

/** A data set as it is called on the page. @param {string} data */
export const dataName = (data) => registered(`data.${data}`, data);

/** A split as it is called on the page. @param {string} split */
export const splitName = (split) => registered(`split.${split}`, split);

/**
 * The metrics on the first split that has a mean IoU.
 * @param {Checkpoint | null} checkpoint @returns {{split: string, metrics: Record<string, number> | null}}
 */
export function validation(checkpoint) {
  const entries = Object.entries(checkpoint?.metrics ?? {});
  const [split, metrics] = entries.find(([, values]) => typeof values?.miou === "number") ?? ["", null];
  return { split, metrics };
}

/** 0.5812 -> "58.1 %". @param {number | null | undefined} share */
export const points = (share) => (typeof share === "number" ? FORMATS.percent1(share) : "–");

/**
 * The menu: nothing, then the checkpoints below their headings, trained ones first, the order of the catalogue kept.
 * @param {readonly Checkpoint[]} checkpoints
 */
export function menuItems(checkpoints) {
  const groups = [...new Set(checkpoints.map(groupOf))];
  const rank = (/** @type {Checkpoint} */ each) => (each.trained ? 0 : groups.length) + groups.indexOf(groupOf(each));
  const sorted = [...checkpoints].sort((a, b) => rank(a) - rank(b));
  return [{ value: "", title: t("model.none"), note: t("model.none.note") }, ...sorted.map((each) => {
    const { metrics } = validation(each);
    return { value: each.name, title: shortTitle(each), group: groupOf(each),
      data: true, note: metrics ? t("score.miouIs", { value: written(100 * metrics.miou, 1) }) : "" };
  })];
}

/** The title without what the heading above it says. @param {Checkpoint} checkpoint */
export function shortTitle({ title, size, data }) {
  const sizes = size ? [`${size[0]} × ${size[1]}`, `${size[0]}x${size[1]}`, `${size[0]}×${size[1]}`] : [];
  const said = [...sizes, dataName(data), "(untrained)"].filter(Boolean);
  const rest = said.reduce((text, part) => text.replace(part, ""), title);
  const name = rest.replace(/(\s*[,·:]\s*)+/g, ", ").replace(/^[,\s]+|[,\s]+$/g, "").replace(/ {2,}/g, " ") || title;
  return name[0].toUpperCase() + name.slice(1);
}

/** What a checkpoint is, in one grey line. @param {Checkpoint} checkpoint */
export function summary(checkpoint) {
  const { parameters, macs, trained } = checkpoint;
  const { metrics } = validation(checkpoint);
  const facts = trained ? [groupOf(checkpoint)] : [];
  if (metrics) facts.push(t("score.miouIs", { value: points(metrics.miou) }));
  if (!trained) facts.push(t("model.untrained"));
  if (parameters) facts.push(t("model.weights", { count: parameters }));
  if (macs) facts.push(t("model.work", { count: macs }));
  return t("facts", { facts });
}


/**
 * Stages as a waterfall: each starts where the one before it ended, as shares of the whole.
 * @param {readonly import("./answer.js").Stage[]} stages
 */
export function waterfall(stages) {
  const total = stages.reduce((sum, { ms }) => sum + ms, 0) || 1;
  let end = 0;
  return stages.map((stage) => {
    const start = end;
    end += stage.ms / total;
    return { ...stage, title: registered(`stage.${stage.name}`, stage.name), start, length: stage.ms / total };
  });
}

/** The snapshot of a training that a step means; -1: the last. @param {readonly number[]} steps @param {number} step */
export function snapshotAt(steps, step) {
  if (step < 0) return steps.length - 1;
  const after = steps.findIndex((each) => each >= step);
  if (after <= 0) return after < 0 ? steps.length - 1 : 0;
  return step - steps[after - 1] < steps[after] - step ? after - 1 : after;
}
