// @ts-check
/** What is said of checkpoints and stages, and how they are put in order. */
import { FORMATS, registered, t, written } from "../../core/text.js";

/**
 * A line of the catalogue.
 * @typedef {object} Checkpoint
 * @property {string} name @property {string} title @property {string} system @property {string} systemTitle
 * @property {string} task
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
 * The checkpoint that a state means, which may leave it to its picture.
 * @param {import("../../core/context.js").Context["host"]} host @param {import("../../core/store.js").State} state
 * @returns {Checkpoint | null}
 */
export function checkpointOf({ catalogue }, { checkpoint, image }) {
  const own = catalogue.pictures?.find(({ id }) => id === image)?.checkpoint;
  const name = checkpoint === "auto" ? own ?? catalogue.checkpointDefault : checkpoint;
  return catalogue.checkpoints?.find((each) => each.name === name) ?? null;
}

/**
 * Whether a checkpoint learned from pictures such as that of the state; null: nobody knows.
 * @param {Pick<import("../../core/context.js").Context["host"], "catalogue">} host
 * @param {Pick<import("../../core/store.js").State, "image">} state
 * @param {Pick<Checkpoint, "data" | "trained">} checkpoint @returns {boolean | null}
 */
export function fits({ catalogue }, { image }, { data, trained }) {
  const picture = catalogue.pictures?.find(({ id }) => id === image);
  return picture && trained ? picture.dataset === data : null;
}

/**
 * "Segmentation · CamVid": what checkpoints below one heading are for, and learned from.
 * @param {Checkpoint} checkpoint @param {boolean | null} [fitting]
 */
export function groupOf({ task, data, trained }, fitting = null) {
  if (!trained) return t("pipeline.untrained");
  return t("facts", { facts: [registered(`task.${task}`, task), dataName(data),
    ...(fitting === false ? [t("model.others")] : [])] });
}

/** Tasks whose networks find boxes. */
const FINDS = ["detection", "mono3d"];

/** Whether a checkpoint finds boxes. @param {Pick<Checkpoint, "task"> | null} checkpoint */
export const finds = (checkpoint) => FINDS.includes(checkpoint?.task ?? "");

/** "96 × 128"; "" where a checkpoint zooms nothing. @param {Pick<Checkpoint, "size">} checkpoint */
const sizeName = ({ size }) => (size ? `${size[0]} × ${size[1]}` : "");

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
 * The menu: nothing, then the checkpoints below their headings: those that fit the picture, the other trained ones,
 * those with random weights; the order of the catalogue kept.
 * @param {readonly Checkpoint[]} checkpoints @param {(checkpoint: Checkpoint) => boolean | null} [fitting]
 * @returns {import("../../kit/menu.js").Item[]}
 */
export function menuItems(checkpoints, fitting = () => null) {
  const group = (/** @type {Checkpoint} */ each) => groupOf(each, fitting(each));
  const groups = [...new Set(checkpoints.map(group))];
  const rank = (/** @type {Checkpoint} */ each) => groups.indexOf(group(each))
    + groups.length * (each.trained ? (fitting(each) ? 0 : 1) : 2);
  const sorted = [...checkpoints].sort((a, b) => rank(a) - rank(b));
  return [{ value: "", title: t("model.none"), note: t("model.none.note") }, ...sorted.map((each) => {
    const { metrics } = validation(each);
    const facts = [sizeName(each), metrics ? t("score.miouIs", { value: written(100 * metrics.miou, 1) }) : ""];
    return { value: each.name, title: shortTitle(each), group: group(each), data: true,
      note: t("facts", { facts: facts.filter(Boolean) }) };
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

/**
 * What a checkpoint is, in one grey line. What it computes depends on the picture: the dock says it.
 * @param {Checkpoint} checkpoint @param {boolean | null} [fitting]
 */
export function summary(checkpoint, fitting = null) {
  const { parameters, data, trained } = checkpoint;
  const { metrics } = validation(checkpoint);
  const facts = [trained ? dataName(data) : "", sizeName(checkpoint)].filter(Boolean);
  if (fitting === false) facts.push(t("model.others"));
  if (metrics) facts.push(t("score.miouIs", { value: points(metrics.miou) }));
  if (!trained) facts.push(t("model.untrained"));
  if (parameters) facts.push(t("model.weights", { count: parameters }));
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
