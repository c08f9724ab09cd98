// @ts-check
/** How stiff a grid should be, class by class, on the labels of the picture that is shown. */
import { ROUTES } from "../../../schema/routes.js";
import { h, svg } from "../../../kit/dom.js";
import { trouble } from "../../../core/errors.js";
import { FORMATS, t } from "../../../core/text.js";

/** Of the drawing, and of that on a phone. */
const [TALL, LOW] = [300, 200];
const NARROW = 500;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 104, 12, 30];
/** From one name to the next. */
const NAME = 13;

/** @typedef {import("../../../schema/contract.js").Smoothness} Study */

/** The place of the best value of a class. @param {Study} study @param {number} at */
const bestOf = ({ iou }, at) => iou.reduce((best, row, k) => (row[at] > iou[best][at] ? k : best), 0);

/**
 * Names that keep apart and inside, in the order of their curves.
 * @param {{at: number, y: number}[]} names @param {number} low of the lowest one
 */
function apart(names, low) {
  names.sort((a, b) => a.y - b.y);
  for (let k = 1; k < names.length; k++) names[k].y = Math.max(names[k].y, names[k - 1].y + NAME);
  for (let k = names.length - 1, most = low; k >= 0; k--, most -= NAME) names[k].y = Math.min(names[k].y, most);
  return names;
}

/** @param {Study} study @param {boolean} revealed @param {number} width */
function picture(study, revealed, width) {
  const { lambdas, classes, colours, iou } = study;
  const height = width < NARROW ? LOW : TALL;
  const [first, last] = [Math.log(lambdas[0]), Math.log(lambdas[lambdas.length - 1])];
  const least = Math.floor(10 * Math.min(...iou.flat())) / 10;
  const x = (/** @type {number} */ k) => LEFT + ((Math.log(lambdas[k]) - first) / (last - first))
    * (width - LEFT - RIGHT);
  const y = (/** @type {number} */ value) => TOP + ((1 - value) / (1 - least)) * (height - TOP - BOTTOM);
  const end = (/** @type {number} */ at) => y(iou[iou.length - 1][at]);
  const names = revealed ? apart(classes.map((_, at) => ({ at, y: end(at) })), height - BOTTOM) : [];
  const [edge, name] = [width - RIGHT, width - RIGHT + 22];
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": t("learn.smoothness.label", { count: classes.length }) },
  ...[least, (1 + least) / 2, 1].flatMap((value) => [
    svg("path", { class: "lz-row-line", d: `M${LEFT} ${y(value)}H${edge}` }),
    svg("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, FORMATS.percent0(value))]),
  ...lambdas.map((lambda, k) => svg("text", { x: x(k), y: height - 10, "text-anchor": "middle" },
    FORMATS.plain(lambda))),
  ...names.map(({ at, y: to }) => {
    const best = bestOf(study, at);
    const points = lambdas.map((_, k) => `${x(k).toFixed(1)} ${y(iou[k][at]).toFixed(1)}`);
    return svg("g", { class: "lz-class", style: `--lz-class: ${colours[at]}` },
      svg("path", { class: "lz-curve", d: `M${points.join("L")}` }),
      svg("path", { class: "lz-way", d: `M${edge + 2} ${end(at)}L${name - 4} ${to}` }),
      svg("circle", { class: "lz-best", cx: x(best), cy: y(iou[best][at]), r: 4.5 }),
      svg("text", { x: name, y: to + 4, translate: "no" }, classes[at]));
  }));
}

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createSmoothness(inner) {
  const panel = h("div", { class: "lz-springs" });
  const element = h("section", { class: "lz-learn-panel", "aria-label": t("learn.smoothness") },
    h("header", { class: "lz-view-title" }, h("h2", { class: "lz-view-name" }, t("learn.smoothness")),
      h("span", { class: "lz-view-size" }, t("learn.smoothness.of"))), panel);
  /** @type {Study | null} */
  let study = null;
  let asked = false;
  async function ask() {
    asked = true;
    try {
      study = await inner.question(ROUTES.smoothness.path, () => ({}));
    } catch (error) {
      const remedy = { press: t("error.tryAgain"), run: again };
      inner.live.set({ error: trouble(t("learn.smoothness.failed"), error, remedy) });
    }
    inner.tell();
  }
  function again() {
    inner.live.set({ error: null });
    void ask();
  }
  return {
    element,
    label: () => "",
    again() {},
    /** @param {{revealed: boolean}} seen */
    show({ revealed }) {
      if (!asked && inner.live.get().image) void ask();
      if (study && !study.classes.length) {
        panel.replaceChildren(h("p", { class: "lz-note" }, t("learn.smoothness.missing")));
      }
      if (study?.classes.length && panel.clientWidth > 40) {
        panel.replaceChildren(picture(study, revealed, panel.clientWidth));
      }
    },
    settled: () => study !== null
      && (!study.classes.length || Boolean(inner.now()?.answers?.get().room)),
    /** @returns {import("../expression.js").Numbers} */
    numbers() {
      if (!study?.classes.length) return {};
      const { lambdas, classes } = study;
      const bests = classes.map((_, at) => lambdas[bestOf(/** @type {Study} */ (study), at)]);
      const likes = (/** @type {string} */ name) => bests[classes.indexOf(name)] ?? NaN;
      const truth = inner.now()?.answers?.get().room?.truth;
      const [miou, intrinsic] = [truth?.miou ?? NaN, truth?.intrinsic ?? NaN];
      return { lambdas: lambdas.length, classes: classes.length, bests: new Set(bests).size,
        loosest: Math.min(...bests), stiffest: Math.max(...bests), miou, intrinsic, sampling: 1 - intrinsic,
        network: intrinsic - miou, road: likes("road"), fence: likes("fence") };
    },
    dispose: () => element.remove(),
  };
}
