// @ts-check
/** The figures of the results: one a data set, drawn by Plotly exactly as Python made it. */
import { h } from "../../kit/dom.js";
import { glyph } from "./glyph.js";

/**
 * @typedef {import("./models.js").Room} Room
 *
 * @typedef {object} Panel  one data set, from Python
 * @property {string} data
 * @property {string} title
 * @property {string} whose
 * @property {string} sentence
 * @property {readonly {shape: string, sizes: string}[]} shapes
 * @property {{data: any[], layout: any}} figure
 */

const CONFIG = { displayModeBar: false, responsive: false, doubleClick: "reset" };

/** Plotly, fetched once. @param {Room} room @returns {Promise<any>} */
function plotly(room) {
  const page = /** @type {any} */ (window);
  page.lzvizPlotly ??= page.Plotly ?? new Promise((done, fail) => {
    document.head.append(h("script", { src: room.address("lzviz/plotly.js"), onload: () => done(page.Plotly),
      onerror: () => fail(new Error("The drawing library did not arrive; reload the page.")) }));
  });
  return Promise.resolve(page.lzvizPlotly);
}

/** @param {Panel} panel @param {HTMLElement} plot */
function frame(panel, plot) {
  plot.setAttribute("aria-label", panel.sentence);
  const shapes = panel.shapes.map(({ shape, sizes }) => h("span", {}, glyph(shape), sizes));
  return h("section", { class: "lz-result", "data-data": panel.data, "aria-label": panel.title },
    h("div", { class: "lz-result-head" }, h("h3", {}, panel.title), h("small", {}, panel.whose),
      h("span", { class: "lz-shapes" }, ...shapes)), plot);
}

/** @param {Room} room */
export function createPlots(room) {
  const element = h("div", { class: "lz-results-panels" });
  /** @type {Map<string, HTMLElement>} */
  const plots = new Map();
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.clientWidth) /** @type {any} */ (window).Plotly.Plots.resize(target);
    }
  });

  /** @param {Panel} panel */
  async function draw({ data, figure }) {
    const library = await plotly(room);
    const plot = /** @type {any} */ (plots.get(data));
    if (!plot) return;
    // A finger that drags means to scroll.
    if (window.matchMedia("(pointer: coarse)").matches) figure.layout.dragmode = false;
    await library.react(plot, figure.data, figure.layout, CONFIG);
    if (plot.hasAttribute("data-drawn")) return;
    plot.setAttribute("data-drawn", "");
    resized.observe(plot);
    plot.on("plotly_click", (/** @type {any} */ { points: [{ customdata }] }) => customdata && room.reveal(customdata));
  }
  return {
    element,
    dispose() {
      resized.disconnect();
      for (const plot of plots.values()) /** @type {any} */ (window).Plotly?.purge(plot);
    },
    /** @param {readonly Panel[]} panels */
    async show(panels) {
      for (const [data, plot] of plots) {
        if (panels.some((panel) => panel.data === data)) continue;
        resized.unobserve(plot);
        plots.delete(data);
      }
      element.replaceChildren(...panels.map((panel) => {
        const plot = plots.get(panel.data) ?? h("div", { class: "lz-plot", role: "img" });
        plots.set(panel.data, plot);
        return frame(panel, plot);
      }));
      if (!panels.length) {
        element.append(h("p", { class: "lz-note" }, "Nothing here has both numbers: choose another number or cost."));
      }
      await Promise.all(panels.map(draw));
    },
  };
}
