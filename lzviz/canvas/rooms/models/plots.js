// @ts-check
/** The figures of the results, one a data set: cost against accuracy. Solid: a checkpoint; hollow: a paper's number. */
import { h, svg } from "../../kit/dom.js";
import { costAxis, nearest, percentAxis } from "./axes.js";
import { glyph, SHAPES } from "./glyph.js";
import { dataOf, say, t } from "../../core/text.js";

/**
 * @typedef {import("./models.js").Room} Room
 * @typedef {import("../../schema/contract.js").Panel} Panel
 * @typedef {import("../../schema/contract.js").DrawnMark} Mark
 * @typedef {(system: string) => string} ColourOf
 * @typedef {Mark & {x: number, y: number}} Placed  x and y in CSS pixels
 */

const MARGIN = { left: 48, right: 10, top: 10, bottom: 44 };
/** Pixels from a mark at which it is still meant. */
const REACH = 24;
/** Glyphs are drawn on 14 x 14. */
const HALF = 7;

/** @param {Panel} panel @param {HTMLElement} plot */
function frame(panel, plot) {
  const shapes = panel.shapes.map(({ shape, sizes }) => h("span", {}, glyph(shape), say(sizes)));
  return h("section", { class: "lz-result", "data-data": panel.data, "aria-label": say(panel.title) },
    h("div", { class: "lz-result-head" }, h("h3", dataOf(panel.title), say(panel.title)),
      h("small", {}, say(panel.whose)),
      h("span", { class: "lz-shapes" }, ...shapes)), plot);
}

/** @param {Placed} mark @param {string} colour @param {(value: number) => number} up percent to pixels */
function markOf(mark, colour, up) {
  const [tag, place] = SHAPES[mark.shape];
  const paint = mark.name === null ? { fill: "none", stroke: colour, "stroke-width": 1.75 }
    : { fill: colour, stroke: "var(--lz-surface)", "stroke-width": 1 };
  const [high, low] = [up(mark.high), up(mark.low)];
  const bar = mark.high > mark.low ? svg("path", { class: "lz-plot-bar", stroke: colour, fill: "none",
    d: `M${mark.x - 3} ${high}h6M${mark.x} ${high}V${low}M${mark.x - 3} ${low}h6` }) : null;
  return svg("g", { class: "lz-plot-mark", "data-name": mark.name ?? "" }, bar,
    svg(tag, { ...place, ...paint, transform: `translate(${mark.x - HALF} ${mark.y - HALF})` }),
    mark.live && svg("circle", { class: "lz-plot-ring", cx: mark.x, cy: mark.y, r: 10 }));
}

/** Grid, numbers and title. @param {ReturnType<typeof costAxis>} across @param {ReturnType<typeof percentAxis>} up
 * @param {{left: number, top: number, width: number, height: number}} box @param {string} title */
function axes(across, up, { left, top, width, height }, title) {
  const lines = [
    ...across.ticks.map(({ at }) => `M${left + at * width} ${top}v${height}`),
    ...up.ticks.map(({ at }) => `M${left} ${top + (1 - at) * height}h${width}`),
  ];
  return svg("g", { class: "lz-plot-axes" }, svg("path", { d: lines.join("") }),
    ...across.ticks.map(({ at, text }) =>
      svg("text", { class: "lz-plot-x", x: left + at * width, y: top + height + 16 }, text)),
    ...up.ticks.map(({ at, text }) =>
      svg("text", { class: "lz-plot-y", x: left - 6, y: top + (1 - at) * height + 4 }, text)),
    svg("text", { class: "lz-plot-x", x: left + width / 2, y: top + height + 34 }, title));
}

/** The facts of a mark, beside it. */
function createFacts() {
  const element = h("div", { class: "lz-plot-facts", hidden: true });
  return {
    element,
    /** @param {Placed | undefined} mark @param {number} width of the figure */
    show(mark, width) {
      element.hidden = !mark;
      if (!mark) return;
      const [title, ...lines] = mark.lines;
      element.replaceChildren(h("b", dataOf(title), say(title)),
        ...lines.map((line) => h("span", dataOf(line), say(line))));
      const right = mark.x < width / 2;
      element.style.left = right ? `${mark.x + 14}px` : "auto";
      element.style.right = right ? "auto" : `${width - mark.x + 14}px`;
      element.style.top = `${Math.max(0, mark.y - 20)}px`;
    },
  };
}

/** @param {Room} room */
function createPlot(room) {
  const picture = svg("svg", { "aria-hidden": "true" });
  const facts = createFacts();
  const element = h("div", { class: "lz-plot", role: "img" }, picture, facts.element);
  /** @type {Placed[]} */
  let marks = [];
  let redraw = () => {};
  const at = (/** @type {PointerEvent | MouseEvent} */ event) => {
    const { left, top } = element.getBoundingClientRect();
    return nearest(marks, event.clientX - left, event.clientY - top, REACH);
  };
  element.addEventListener("pointermove", (event) => {
    const mark = at(event);
    facts.show(mark, element.clientWidth);
    element.toggleAttribute("data-opens", !!mark?.name);
  });
  element.addEventListener("pointerleave", () => facts.show(undefined, 0));
  element.addEventListener("click", (event) => {
    const name = at(event)?.name;
    if (name) room.reveal(name);
  });
  return {
    element,
    redraw: () => redraw(),
    /** @param {Panel} panel @param {ColourOf} colourOf */
    show(panel, colourOf) {
      element.setAttribute("aria-label", say(panel.sentence));
      redraw = () => {
        const [width, height] = [element.clientWidth, element.clientHeight];
        if (!width || !height) return;
        const box = { left: MARGIN.left, top: MARGIN.top, width: Math.max(1, width - MARGIN.left - MARGIN.right),
          height: Math.max(1, height - MARGIN.top - MARGIN.bottom) };
        const across = costAxis(panel.marks.map(({ x }) => x));
        const percents = percentAxis(panel.marks.flatMap(({ low, high }) => [low, high]));
        const up = (/** @type {number} */ value) => box.top + (1 - percents.place(value)) * box.height;
        marks = panel.marks.map((mark) => ({ ...mark, x: box.left + across.place(mark.x) * box.width, y: up(mark.y) }));
        facts.show(undefined, 0);
        picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
        const order = [...marks].sort((a, b) => Number(a.name !== null) - Number(b.name !== null));
        picture.replaceChildren(axes(across, percents, box, say(panel.axis)),
          ...order.map((mark) => markOf(mark, colourOf(mark.system), up)));
      };
      redraw();
    },
  };
}

/** @param {Room} room */
export function createPlots(room) {
  const element = h("div", { class: "lz-results-panels" });
  /** @type {Map<string, ReturnType<typeof createPlot>>} */
  const plots = new Map();
  const resized = new ResizeObserver(() => plots.forEach((plot) => plot.redraw()));
  resized.observe(element);
  return {
    element,
    dispose: () => resized.disconnect(),
    /** @param {readonly Panel[]} panels @param {ColourOf} colourOf */
    show(panels, colourOf) {
      for (const data of [...plots.keys()]) if (!panels.some((panel) => panel.data === data)) plots.delete(data);
      element.replaceChildren(...panels.map((panel) => {
        const plot = plots.get(panel.data) ?? createPlot(room);
        plots.set(panel.data, plot);
        return frame(panel, plot.element);
      }));
      if (!panels.length) {
        element.append(h("p", { class: "lz-note" }, t("plots.none")));
      }
      for (const panel of panels) plots.get(panel.data)?.show(panel, colourOf);
    },
  };
}
