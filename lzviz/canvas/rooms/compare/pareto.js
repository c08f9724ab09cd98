// @ts-check
/**
 * Score against cost. Rings: this picture, one a pane, and smaller what was compared before; solid: the checkpoints
 * that ship, on their held-out pictures, a hairline from a ring to its own; papers' numbers hollow, in a figure of
 * their own. Every point leads back to what it is of.
 *
 * @typedef {import("./asking.js").Answers} Answers
 * @typedef {import("../../schema/contract.js").Panel} Panel
 */

import { getFrom } from "../../core/client.js";
import { FORMATS, say, t } from "../../core/text.js";
import { h, setText, svg } from "../../kit/dom.js";
import { ROUTES } from "../../schema/routes.js";
import { costAxis, percentAxis } from "../models/axes.js";
import { axisTitle, gridOf, judgesOf } from "./axes.js";
import { isFresh, pictureOf } from "./asking.js";
import { boxOf, createFigure, disc } from "./figure.js";
import { LETTERS, replaced, titleOf } from "./methods.js";

const HEIGHT = { own: 150, papers: 112 };
const PAPERS = "cityscapes";

/** @typedef {import("./axes.js").Axis} Axis */

/** In a figure. @param {import("./axes.js").Box} box @param {Axis} xs @param {Axis} ys */
const placed = (box, xs, ys) => /** @template {{x: number, y: number}} T @param {T} point @returns {T} */ (point) =>
  ({ ...point, x: box.left + xs.place(point.x) * box.width, y: box.top + (1 - ys.place(point.y)) * box.height });

/**
 * @param {import("./figure.js").Figure} figure
 * @param {{rings: readonly (import("./figure.js").Point & {at: number, row: {name: string}})[],
 *   solid: readonly (import("./figure.js").Point & {name: string})[]}} points
 * @param {Node} grid @param {number} width
 */
function drawPoints(figure, { rings, solid }, grid, width) {
  const [now, before] = [rings.filter(({ at }) => at >= 0), rings.filter(({ at }) => at < 0)];
  const hairs = now.flatMap((ring) => {
    const mine = solid.find(({ name }) => name === ring.row.name);
    return mine ? [svg("line", { x1: ring.x, y1: ring.y, x2: mine.x, y2: mine.y, class: "lz-compare-hair" })] : [];
  });
  figure.draw([...now, ...solid, ...before], [grid, ...before.map(({ x, y }) => disc(x, y, 2.5, "before")), ...hairs,
    ...solid.map(({ x, y }) => disc(x, y, 2.5, "solid")),
    ...apart(now).flatMap(({ x, y, at, label }) => [disc(x, y, 4.5, "ring"),
      svg("text", { x: x + label[0], y: y + label[1], class: "lz-compare-letter-at", translate: "no",
        "text-anchor": label[0] < 0 ? "end" : "start" }, LETTERS[at])])], width);
}

/** Papers' numbers, in a figure of their own. @param {import("../../core/context.js").StateStore} store */
function createPapers(store) {
  const figure = createFigure(t("compare.papers"), HEIGHT.papers);
  const element = h("section", { class: "lz-section", "aria-label": t("compare.papers") },
    h("div", { class: "lz-head" }, h("span", {}, t("compare.papers")),
      h("span", { class: "lz-compare-key" }, h("i", { class: "lz-key-hollow" }))), figure.element);
  return {
    element,
    /** @param {readonly Panel[] | null} panels */
    draw(panels) {
      const panel = panels?.find(({ data }) => data === PAPERS);
      element.hidden = !panel;
      const width = figure.element.clientWidth;
      if (!panel || !width) return;
      const marks = panel.marks.filter(({ name }) => name === null).map((mark) => ({ x: mark.x, y: mark.y,
        said: mark.lines.map(say).slice(0, 3).join(" · "),
        open: () => store.set({ room: "models", resultsCost: "pixels" }, { history: true }) }));
      const [xs, ys] = [costAxis(marks.map(({ x }) => x)), percentAxis(marks.map(({ y }) => y))];
      const box = boxOf(width, HEIGHT.papers);
      const points = marks.map(placed(box, xs, ys));
      figure.draw(points, [gridOf(xs, ys, box), ...points.map(({ x, y }) => disc(x, y, 3, "hollow"))], width);
    },
  };
}

/** @param {import("../../viewer/room.js").Place<Answers>} place */
export function createPareto({ context, answers, on }) {
  const { store, live, host } = context;
  const own = createFigure(t("compare.pareto"), HEIGHT.own);
  const papers = createPapers(store);
  const title = h("span", {});
  const known = h("span", { class: "lz-compare-key" }, h("i", { class: "lz-key-solid" }), t("compare.key.shipped"));
  const element = h("section", { class: "lz-section", "aria-label": t("compare.pareto") },
    h("div", { class: "lz-head" }, title, h("span", { class: "lz-compare-key" },
      h("i", { class: "lz-key-ring" }), t("compare.key.this"), known)), own.element);
  /** @type {readonly Panel[] | null} */
  let panels = null;
  /** @type {readonly Panel[] | null} against pixels, which papers tell */
  let sized = null;
  let asked = false;

  async function ask() {
    if (asked || !host.transport.answers(ROUTES.results.path)) return;
    asked = true;
    try {
      const answers = await Promise.all(["macs", "pixels"].map((cost) =>
        getFrom(host, `${ROUTES.results.path}?cost=${cost}`).then((answer) => answer.json())));
      [panels, sized] = answers.map((answer) => answer.panels);
      draw();
    } catch {
      asked = false;
    }
  }

  /** The data set on which the compared checkpoints, or those of this picture, were measured. */
  function shipped() {
    const { compared, image } = store.get();
    const marks = (/** @type {Panel} */ panel) => panel.marks.filter(({ name }) => name !== null);
    const mine = (panels ?? []).find((panel) => marks(panel).some(({ name }) => compared.includes(name ?? "")));
    const alike = host.catalogue.pictures.find(({ id }) => id === image)?.dataset;
    const found = mine ?? (panels ?? []).find(({ data }) => data === alike);
    return found ? marks(found) : [];
  }

  /** Puts a checkpoint into the pane under the pointer's place, the last one. @param {string} name */
  function open(name) {
    const { compared } = store.get();
    if (compared.includes(name)) return;
    store.set({ compared: replaced(compared, compared.length - 1, name) }, { history: true });
  }

  function drawOwn() {
    const { table } = answers.get();
    const { up, across } = judgesOf(table?.rows ?? []);
    setText(title, axisTitle(up.name, across.name));
    const width = own.element.clientWidth;
    if (!width) return;
    const told = (/** @type {string} */ name, /** @type {{x: number, y: number}} */ { x, y }) =>
      t("compare.point", { name, up: FORMATS.one(y),
        across: across.name === "ms" ? t("compare.ms", { ms: FORMATS.ms(x) }) : FORMATS.counted(x) });
    const marks = up.name === "score" && across.name === "macs" ? shipped() : [];
    const solid = marks.map(({ x, y, name, lines }) => ({ x, y, name: name ?? "", said: told(say(lines[0]), { x, y }),
      open: () => open(name ?? "") }));
    known.hidden = !solid.length;
    const rings = measured({ up, across }).map((each) => ({ ...each,
      said: told(titleOf(context, each.row.name), each), open: () => store.set(each.about, { history: true }) }));
    const [xs, ys] = [costAxis([...rings, ...solid].map(({ x }) => x)),
      percentAxis([...rings, ...solid].map(({ y }) => y))];
    const box = boxOf(width, HEIGHT.own);
    drawPoints(own, { rings: rings.map(placed(box, xs, ys)), solid: solid.map(placed(box, xs, ys)) },
      gridOf(xs, ys, box), width);
  }

  /**
   * Everything that was compared on this picture; `at`: its pane, where it is what is compared now, else -1.
   * @param {ReturnType<typeof judgesOf>} judges
   */
  function measured({ up, across }) {
    const state = store.get();
    const fresh = isFresh(answers.get(), state);
    const here = answers.get().trail.filter(({ picture }) => picture === pictureOf(live.get()));
    return here.flatMap(({ about, table: { rows } }) => rows.flatMap((row) => {
      const [x, y] = [across.of(row), up.of(row)];
      const at = fresh && about === answers.get().about ? about.compared.indexOf(row.name) : -1;
      return x === null || y === null ? [] : [{ x, y: 100 * y, row, about, at }];
    }));
  }

  const draw = () => (drawOwn(), papers.draw(sized));
  const resized = new ResizeObserver(draw);
  resized.observe(own.element);
  answers.subscribe((_, changed) => (changed.has("table") || changed.has("trail")) && on() && draw());
  store.subscribe((_, changed) => changed.has("compared") && on() && draw());
  return { elements: [element, papers.element], show() {
    void ask();
    draw();
  } };
}

/**
 * Rings with a place for their letters where those of others are not.
 * @template {{x: number, y: number}} T @param {readonly T[]} rings @returns {(T & {label: readonly number[]})[]}
 */
function apart(rings) {
  const places = /** @type {const} */ ([[7, -3], [-7, -3], [7, 12], [-7, 12]]);
  const taken = rings.map(({ x, y }) => [x, y + 4]);
  return rings.map((ring) => {
    const free = (/** @type {readonly number[]} */ [dx, dy]) => taken.every(([x, y], at) => rings[at] === ring
      || Math.hypot(ring.x + dx + 4 * Math.sign(dx) - x, ring.y + dy - y) > 11);
    const label = places.find(free) ?? places[0];
    taken.push([ring.x + label[0] + 4 * Math.sign(label[0]), ring.y + label[1]]);
    return { ...ring, label };
  });
}
