// @ts-check
/** What the doctor's room has found. */

import { ROUTES } from "../../../schema/routes.js";

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createFindings(inner) {
  const chart = () => /** @type {any} */ (inner.element())?.lzvizDoctor?.chart.get() ?? null;
  // The first specimen is the one that a link need not name.
  const wanted = () => (inner.store.get().examined === "auto" ? "folds" : inner.store.get().examined);
  const seen = () => {
    const now = chart();
    return now?.now && !now.asking && now.subject?.specimen === wanted() ? now : null;
  };
  return {
    label: () => "",
    again() {},
    show() {},
    // Without the doctor's room, or without Python, there is nothing to wait for.
    settled: () => inner.element() === null || seen() !== null
      || !inner.context.host.transport.answers(ROUTES.diagnose.path),
    /** @returns {import("../expression.js").Numbers} */
    numbers() {
      const now = seen();
      if (!now) return {};
      const { findings } = now.now;
      const count = (/** @type {string} */ wish) => findings.filter((/** @type {any} */ { verdict }) =>
        verdict === wish).length;
      return { checks: findings.length, faults: count("fault"), warnings: count("warning"), notes: count("note"),
        fine: count("ok") };
    },
    dispose() {},
  };
}
