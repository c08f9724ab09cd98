// @ts-check
/**
 * The way back: what scattering and unzooming make of a piece of the picture; and where features sit, for a network of
 * stride s looks at zoomed pixel s i, not at points from corner to corner.
 */
import { toPixel } from "../../../engine/coords.js";
import { h, setText, svg } from "../../../kit/dom.js";
import { FORMATS, t } from "../../../core/text.js";
import { createTune } from "./tune.js";
import { createWayBack } from "./wayback.js";

const [PIXELS, TRUE, CORNERS, HEIGHT] = [18, 58, 104, 140];

/** Share of the source's pixels that samples are nearest to. @param {import("../../../viewer/frame.js").Frame} frame */
export function scattered({ grid, source: [height, width] }) {
  const hit = new Uint8Array(height * width);
  for (let k = 0; k < grid.length; k += 2) {
    const [x, y] = [Math.round(toPixel(grid[k], width)), Math.round(toPixel(grid[k + 1], height))];
    if (x >= 0 && y >= 0 && x < width && y < height) hit[y * width + x] = 1;
  }
  return hit.reduce((sum, one) => sum + one, 0) / hit.length;
}

/** @param {HTMLElement} panel @param {number} stride @param {number} pixels @param {number} width */
function draw(panel, stride, pixels, width) {
  if (width < 40) return;
  const count = Math.ceil(pixels / stride);
  const x = (/** @type {number} */ pixel) => 8 + (pixel * (width - 16)) / (pixels - 1);
  const corner = (/** @type {number} */ i) => (count > 1 ? (i * (pixels - 1)) / (count - 1) : 0);
  const off = Math.abs(corner(count - 1) - stride * (count - 1));
  const each = Array.from({ length: count }, (_, i) => i);
  const row = (/** @type {number} */ y, /** @type {string} */ name, /** @type {(i: number) => number} */ at) => [
    svg("path", { class: "lz-row-line", d: `M${x(0)} ${y}H${x(pixels - 1)}` }),
    svg("text", { x: x(0), y: y - 9 }, t(`learn.features.${name}`)),
    ...each.map((i) => svg("circle", { class: `lz-feature lz-feature-${name}`, "data-symbol": name, cx: x(at(i)), cy: y,
      r: 4.5 }))];
  panel.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img",
    "aria-label": t("learn.features.label", { stride, count, off }) },
  ...Array.from({ length: pixels }, (_, k) => svg("path", { class: "lz-tick", d: `M${x(k)} ${PIXELS}v6` })),
  svg("text", { x: x(0), y: PIXELS - 6 }, t("learn.features.pixels", { count: pixels })),
  ...each.map((i) => svg("path", { class: "lz-way", d: `M${x(stride * i)} ${TRUE}L${x(corner(i))} ${CORNERS}` })),
  ...row(TRUE, "true", (i) => stride * i), ...row(CORNERS, "corners", corner),
  svg("text", { class: "lz-strong", x: x(pixels - 1), y: HEIGHT - 8, "text-anchor": "end" }, t("learn.features.off",
    { off: FORMATS.whole(off) }))));
}

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createFeatures(inner) {
  const panel = h("div", { class: "lz-springs" });
  const name = h("h2", { class: "lz-view-name" });
  const back = createWayBack(inner);
  const element = h("section", { class: "lz-learn-panel lz-learn-pixels", "aria-label": t("learn.features") },
    h("header", { class: "lz-view-title" }, name, back.ways), back.element, panel);
  const tune = createTune("learn.stride", { min: 1, max: 32, unit: "px" }, 16, () => show({ revealed }));
  let revealed = false;
  /** @type {unknown} */
  let of = null;
  let share = NaN;
  const frame = () => inner.now()?.scene?.frame ?? null;
  /** The stride; none where the pixels of the picture are looked at. */
  const lattice = () => tune.get() >= 1;
  /** @param {{revealed: boolean}} seen */
  function show(seen) {
    ({ revealed } = seen);
    const now = frame();
    tune.element.hidden = panel.hidden = !lattice();
    back.element.hidden = lattice();
    setText(name, t(lattice() ? "learn.features" : "learn.back"));
    back.show(revealed && !lattice());
    if (now?.zoomed && lattice()) draw(panel, tune.get(), now.zoomed[1], panel.clientWidth);
  }
  return {
    element,
    control: tune.element,
    tune: tune.set,
    tuned: tune.get,
    label: () => "",
    again() {},
    show,
    /** @returns {import("../expression.js").Numbers} */
    numbers() {
      const now = frame();
      if (!now?.grid) return {};
      if (of !== now) [of, share] = [now, scattered(now)];
      if (!lattice()) return { scattered: share };
      const stride = tune.get();
      const pixels = now.zoomed[1];
      const count = Math.ceil(pixels / stride);
      return { scattered: share, stride, features: count, last: stride * (count - 1), corner: pixels - 1,
        edgeOff: pixels - 1 - stride * (count - 1) };
    },
    dispose: () => element.remove(),
  };
}
