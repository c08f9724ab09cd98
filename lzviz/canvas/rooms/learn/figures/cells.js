// @ts-check
/** What the quadtree of the page's room of cells holds and costs. */

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createCells(inner) {
  const forest = () => inner.now()?.answers?.get().forest ?? null;
  return {
    label: () => "",
    again() {},
    show() {},
    settled: () => forest() !== null,
    /** @returns {import("../expression.js").Numbers} */
    numbers() {
      const now = forest();
      if (!now?.macs) return {};
      const { grid, total, active, macs, rows } = now;
      return { cells: grid.w * grid.h, rows: total, active, fine: rows[0], saved: 1 - macs.adaptive / macs.dilated,
        cost: macs.adaptive / macs.dilated, strided: macs.strided / macs.dilated,
        threshold: inner.store.get().cadThreshold };
    },
    dispose() {},
  };
}
