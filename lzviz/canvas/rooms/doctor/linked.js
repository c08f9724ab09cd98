// @ts-check
/**
 * What is looked at and the chosen finding stand in the link. Specimens are named; a file or a warp goes by the id
 * under which the server holds it.
 */
import { told } from "./words.js";

const FIRST = "folds";
const HELD = /^[0-9a-f]{32}$/;

/** @param {string} examined @returns {import("./asking.js").Subject} */
function subjectOf(examined) {
  if (HELD.test(examined)) return { name: "", id: examined };
  const specimen = examined === "auto" ? FIRST : examined;
  return { name: specimen, specimen };
}

/**
 * @param {import("../../core/context.js").StateStore} store
 * @param {import("../../core/store.js").Store<import("./asking.js").Chart>} chart
 * @param {ReturnType<typeof import("./asking.js").createAsking>} asking
 * @param {() => boolean} on
 */
export function followLink(store, chart, asking, on) {
  /** What the link says of the chart. */
  function said() {
    const { subject, now, chosen } = chart.get();
    if (!subject || !now) return null;
    const examined = subject.specimen ?? now.id;
    const worst = told(now)[0]?.check ?? "";
    return { examined: examined === FIRST ? "auto" : examined, worst,
      finding: !chosen || chosen === worst ? "auto" : chosen };
  }

  /** Looks at what the link says. */
  function read() {
    const { examined, finding } = store.get();
    asking.look(subjectOf(examined), finding === "auto" ? "" : finding);
  }

  const ends = [chart.subscribe((_, changed) => {
    const says = changed.has("now") || changed.has("chosen") ? said() : null;
    if (on() && says) store.set({ examined: says.examined, finding: says.finding });
  }), store.subscribe(({ examined, finding }, changed) => {
    const says = said();
    if (!on() || !says || !(changed.has("examined") || changed.has("finding"))) return;
    if (says.examined !== examined) read();
    else if (says.finding !== finding) asking.choose(finding === "auto" ? says.worst : finding);
  })];
  return { read, stop: () => ends.forEach((end) => end()) };
}
