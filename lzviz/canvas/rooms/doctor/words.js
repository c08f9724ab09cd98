// @ts-check
/** What the doctor's room tells of its answers. */
import { t } from "../../core/text.js";

export const ARRAYS = [".npy", ".npz", ".pt", ".pth", ".safetensors", ".json", ".flo"];

/** Verdicts, worst first: their shapes differ, never colour alone. */
export const VERDICTS = /** @type {const} */ (["fault", "warning", "note", "ok"]);

/** @typedef {(typeof VERDICTS)[number]} Verdict */
/** @typedef {import("../../schema/contract.js").Diagnosed} Diagnosed */
/** @typedef {import("../../schema/contract.js").FindingTold} Finding */

/** What an array may be taken for; "": the doctor decides. */
export const USES = ["", "grid", "flow", "remap", "deform", "attention", "saliency", "points"];

/** Findings that a page leads through, worst first. @param {Diagnosed} now */
export const told = (now) => now.findings.filter(({ verdict }) => verdict !== "ok");

/**
 * What a fix leaves of the findings of before.
 * @param {Diagnosed} now @param {Diagnosed} after @param {string} check
 */
export function effect(now, after, check) {
  const bad = (/** @type {Diagnosed} */ each) => each.findings.filter(({ verdict }) => verdict === "fault"
    || verdict === "warning").map((finding) => finding.check);
  const left = bad(after);
  const gone = bad(now).filter((name) => name !== check && !left.includes(name)).length;
  const leaves = left.length ? { key: "doctor.leaves", values: { checks: left.join(", ") } }
    : { key: "doctor.leavesNothing" };
  return t("doctor.effect", { parts: gone ? [leaves, { key: "doctor.mendsToo", values: { count: gone } }] : [leaves] });
}
