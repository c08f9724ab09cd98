// @ts-check
/** A symbol that is pointed at lights up wherever it stands: in the text, in a figure, over the picture. */

/** Layers of the views that show what a symbol means. @type {Readonly<Record<string, string>>} */
const LAYERS = { saliency: "saliency", samples: "points", jacobian: "jacobian", nodes: "mesh", folds: "folds" };

/** @param {Event} event */
const symbolOf = ({ target }) =>
  (target instanceof Element ? target.closest("[data-symbol]")?.getAttribute("data-symbol") ?? null : null);

/**
 * @param {HTMLElement} root @param {ReturnType<typeof import("./inner.js").createInner>} inner
 * @returns {{relight: () => void, stop: () => void}}  `relight`: what was drawn anew is lit as well
 */
export function followSymbols(root, { store }) {
  /** @type {string | null} */
  let lit = null;
  /** @type {import("../../core/store.js").State["layers"] | null} as they were */
  let before = null;

  function relight() {
    if (lit) for (const each of root.querySelectorAll(`[data-symbol="${lit}"]`)) each.classList.add("lz-lit");
  }

  /** @param {string | null} symbol */
  function light(symbol) {
    if (symbol === lit) return;
    lit = symbol;
    for (const each of root.querySelectorAll(".lz-lit")) each.classList.remove("lz-lit");
    relight();
    if (before) store.set({ layers: before });
    before = null;
    const layer = symbol && LAYERS[symbol];
    const { layers } = store.get();
    if (!layer || /** @type {Record<string, boolean>} */ (layers)[layer]) return;
    before = layers;
    store.set({ layers: { ...layers, [layer]: true } });
  }
  const enter = (/** @type {Event} */ event) => light(symbolOf(event));
  const leave = () => light(null);
  root.addEventListener("pointerover", enter);
  root.addEventListener("pointerleave", leave);
  root.addEventListener("focusin", enter);
  root.addEventListener("focusout", leave);
  return { relight, stop() {
    root.removeEventListener("pointerover", enter);
    root.removeEventListener("pointerleave", leave);
    root.removeEventListener("focusin", enter);
    root.removeEventListener("focusout", leave);
  } };
}
