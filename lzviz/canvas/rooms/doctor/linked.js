// @ts-check
/**
 * What is looked at, what was said of it, the fixes that were applied and the chosen finding stand in the link.
 * Specimens are named; a file or a warp, and what lies beside it, goes by the id under which the server holds it.
 */
import { same } from "../../core/store.js";
import { PARTS } from "./beside.js";
import { told } from "./words.js";

const FIRST = "folds";
const HELD = /^[0-9a-f]{32}$/;

/** @param {string} examined @returns {import("./asking.js").Subject} */
function subjectOf(examined) {
  if (HELD.test(examined)) return { name: "", id: examined };
  const specimen = examined === "auto" ? FIRST : examined;
  return { name: specimen, specimen };
}

/** Keys of the state that say what is looked at, and how. */
const KEYS = /** @type {const} */ (["examined", "mended", "examinedAs", "examinedHeight", "examinedWidth",
  "examinedStride", ...PARTS.map(stateKey)]);

/** The key of the state for a part beside the subject. @param {import("./beside.js").Part} part */
function stateKey(part) {
  return /** @type {const} */ ({ labels: "besideLabels", boxes: "besideBoxes", gradient: "besideGradient" })[part];
}

/** An array that the server holds. @param {string} id @returns {import("./asking.js").Beside} */
const held = (id) => ({ id, name: `${id.slice(0, 6)}…` });

/**
 * @param {import("../../core/context.js").StateStore} store
 * @param {import("../../core/store.js").Store<import("./asking.js").Chart>} chart
 * @param {ReturnType<typeof import("./asking.js").createAsking>} asking
 * @param {() => boolean} on
 */
export function followLink(store, chart, asking, on) {
  /** What the link says of the chart. */
  function said() {
    const { subject, now, chosen, use, source, stride, beside } = chart.get();
    if (!subject || !now) return null;
    const examined = subject.specimen ?? now.id;
    const worst = told(now)[0]?.check ?? "";
    return { worst, finding: !chosen || chosen === worst ? "auto" : chosen, state: {
      examined: examined === FIRST ? "auto" : examined, mended: now.applied,
      examinedAs: /** @type {import("../../core/store.js").State["examinedAs"]} */ (use || "auto"),
      examinedHeight: source?.[0] ?? null, examinedWidth: source?.[1] ?? null, examinedStride: stride,
      ...Object.fromEntries(PARTS.map((part) => [stateKey(part), asking.idOf(beside[part]) ?? "auto"])) } };
  }

  /** Looks at what the link says. */
  function read() {
    const state = store.get();
    const { examined, finding, mended, examinedAs, examinedHeight, examinedWidth, examinedStride } = state;
    const beside = Object.fromEntries(PARTS.map((part) => [part, state[stateKey(part)]])
      .filter(([, id]) => id !== "auto").map(([part, id]) => [part, held(id)]));
    asking.look(subjectOf(examined), finding === "auto" ? "" : finding, { applied: mended, beside,
      use: examinedAs === "auto" ? "" : examinedAs, stride: examinedStride,
      source: examinedHeight && examinedWidth ? [examinedHeight, examinedWidth] : null });
  }

  /** Looks at what the link says, unless it does already. @returns {boolean} whether it had to */
  function catchUp() {
    const { examined } = store.get();
    const { subject } = chart.get();
    const shown = subject ? subject.specimen ?? said()?.state.examined ?? examined : null;
    if (shown === (examined === "auto" ? FIRST : examined)) return false;
    read();
    return true;
  }

  const ends = [chart.subscribe((_, changed) => {
    const says = changed.has("now") || changed.has("chosen") ? said() : null;
    if (on() && says) store.set({ ...says.state, finding: says.finding });
  }), store.subscribe((state, changed) => {
    if (!on() || ![...KEYS, "finding"].some((key) => changed.has(key)) || catchUp()) return;
    const says = said();
    if (!says) return;
    const told = /** @type {Record<string, unknown>} */ (says.state);
    if (KEYS.some((key) => !same(told[key], state[key]))) read();
    else if (says.finding !== state.finding) asking.choose(state.finding === "auto" ? says.worst : state.finding);
  })];
  return { catchUp, stop: () => ends.forEach((end) => end()) };
}
