// @ts-check
/** What the quadtree of the page's room of cells holds and costs, and how far it keeps its promise. */
import { ROUTES } from "../../../schema/routes.js";
import { h, svg } from "../../../kit/dom.js";
import { FORMATS, t } from "../../../core/text.js";

/** A bar, what stands on its left and on its right. */
const [ROW, LEFT, RIGHT] = [26, 96, 60];

/** @typedef {import("../expression.js").Numbers} Numbers */

/**
 * Multiply-adds as shares of the dilated network's, and the prediction among them.
 * @param {Numbers} now @param {{revealed: boolean, guess: number}} seen @param {number} width
 */
function picture({ cost, strided }, { revealed, guess }, width) {
  const x = (/** @type {number} */ share) => LEFT + share * (width - LEFT - RIGHT);
  const bars = /** @type {const} */ ([["strided", strided], ["adaptive", revealed ? cost : NaN], ["dilated", 1]]);
  const said = (/** @type {number} */ share) => (Number.isFinite(share) ? FORMATS.percent0(share) : "");
  return svg("svg", { viewBox: `0 0 ${width} ${3 * ROW + 6}`, width, height: 3 * ROW + 6, role: "img",
    "aria-label": bars.map(([name, share]) => `${t(`learn.cells.${name}`)} ${said(share)}`).join("; ") },
  ...bars.flatMap(([name, share], at) => {
    const y = ROW * at + 4;
    return [svg("text", { x: LEFT - 10, y: y + 13, "text-anchor": "end" }, t(`learn.cells.${name}`)),
      svg("rect", { class: "lz-cost-well", x: x(0), y, width: x(1) - x(0), height: 18, rx: 2 }),
      ...(Number.isFinite(share) ? [svg("rect", { class: `lz-cost lz-cost-${name}`, x: x(0), y, height: 18, rx: 2,
        width: x(share) - x(0) }),
      svg("text", { class: "lz-strong", x: x(1) + 8, y: y + 13 }, said(share))] : [])];
  }),
  svg("circle", { class: "lz-guess-ring", cx: x(guess), cy: ROW + 13, r: 8 }));
}

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createCells(inner) {
  const panel = h("div", { class: "lz-springs" });
  const element = h("section", { class: "lz-learn-panel", "aria-label": t("learn.cells") },
    h("header", { class: "lz-view-title" }, h("h2", { class: "lz-view-name" }, t("learn.cells")),
      h("span", { class: "lz-view-size" }, t("learn.cells.of"))), panel);
  const answers = () => inner.now()?.answers?.get();
  const forest = () => answers()?.forest ?? null;

  /** The proof of the mask that is shown; none while that of an earlier one stands. */
  function proof() {
    const [now, features] = [forest(), answers()?.features];
    return now && features && String(features.rows) === String(now.rows) ? features.badge : null;
  }

  /** @returns {Numbers} */
  function numbers() {
    const now = forest();
    if (!now?.macs) return {};
    const { grid, total, active, macs, rows } = now;
    const { relative: gap = NaN, publishedRelative: published = NaN } = proof() ?? {};
    return { cells: grid.w * grid.h, rows: total, active, fine: rows[0], saved: 1 - macs.adaptive / macs.dilated,
      cost: macs.adaptive / macs.dilated, strided: macs.strided / macs.dilated,
      threshold: inner.store.get().cadThreshold, gap, published,
      places: Math.ceil(grid.w / 2 ** grid.depth) * Math.ceil(grid.h / 2 ** grid.depth) };
  }
  const proved = () => inner.context.host.transport.answers(ROUTES.cadFeatures.path,
    { image: inner.context.live.get().image?.id, state: inner.store.get() });
  return {
    element,
    label: () => "",
    again() {},
    /** @param {{revealed: boolean, guess: number}} seen */
    show(seen) {
      const now = numbers();
      if (Number.isFinite(now.cost) && panel.clientWidth > 40) {
        panel.replaceChildren(picture(now, seen, panel.clientWidth));
      }
    },
    // Where nobody runs networks, the cells alone are shown.
    settled: () => forest() !== null && (proof() !== null || !proved()),
    numbers,
    dispose: () => element.remove(),
  };
}
