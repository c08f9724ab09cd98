// @ts-check
/** How stiff a grid should be, class by class, on the labels of the picture that is shown. */
import { ROUTES } from "../../../schema/routes.js";
import { h, svg } from "../../../kit/dom.js";
import { FORMATS, t } from "../../../core/text.js";

/** Of the drawing, and of that on a phone. */
const [TALL, LOW] = [300, 200];
const NARROW = 500;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 104, 12, 30];

/** @typedef {import("../../../schema/contract.js").Smoothness} Study */

/** The place of the best value of a class. @param {Study} study @param {number} at */
const bestOf = ({ iou }, at) => iou.reduce((best, row, k) => (row[at] > iou[best][at] ? k : best), 0);

/** Names that keep apart. @param {{name: string, y: number}[]} names */
function apart(names) {
  names.sort((a, b) => a.y - b.y);
  for (let k = 1; k < names.length; k++) names[k].y = Math.max(names[k].y, names[k - 1].y + 12);
  return names;
}

/** @param {Study} study @param {boolean} revealed @param {number} width */
function picture(study, revealed, width) {
  const { lambdas, classes, iou } = study;
  const height = width < NARROW ? LOW : TALL;
  const [first, last] = [Math.log(lambdas[0]), Math.log(lambdas[lambdas.length - 1])];
  const x = (/** @type {number} */ k) => LEFT + ((Math.log(lambdas[k]) - first) / (last - first))
    * (width - LEFT - RIGHT);
  const y = (/** @type {number} */ value) => TOP + (1 - value) * (height - TOP - BOTTOM);
  const lines = revealed ? classes.map((_, at) => svg("path", { class: "lz-curve", d: `M${lambdas.map((__, k) =>
    `${x(k).toFixed(1)} ${y(iou[k][at]).toFixed(1)}`).join("L")}` })) : [];
  const marks = revealed ? classes.map((_, at) => svg("circle", { class: "lz-best", cx: x(bestOf(study, at)),
    cy: y(iou[bestOf(study, at)][at]), r: 4 })) : [];
  const names = revealed ? apart(classes.map((name, at) => ({ name, y: y(iou[iou.length - 1][at]) + 4 }))) : [];
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height: height, role: "img",
    "aria-label": t("learn.smoothness.label", { count: classes.length }) },
  ...[0, 0.5, 1].flatMap((value) => [svg("path", { class: "lz-row-line", d: `M${LEFT} ${y(value)}H${width - RIGHT}` }),
    svg("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, FORMATS.percent0(value))]),
  ...lambdas.map((lambda, k) => svg("text", { x: x(k), y: height - 10, "text-anchor": "middle" },
    FORMATS.plain(lambda))), ...lines, ...marks,
  ...names.map((each) => svg("text", { x: width - RIGHT + 8, y: each.y, translate: "no" }, each.name)));
}

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createSmoothness(inner) {
  const panel = h("div", { class: "lz-springs" });
  const element = h("section", { class: "lz-learn-panel", "aria-label": t("learn.smoothness") },
    h("header", { class: "lz-view-title" }, h("h2", { class: "lz-view-name" }, t("learn.smoothness")),
      h("span", { class: "lz-view-size" }, t("learn.smoothness.of"))), panel);
  /** @type {Study | null} */
  let study = null;
  let failed = false;
  let asked = false;
  async function ask() {
    asked = true;
    try {
      study = await inner.question(ROUTES.smoothness.path, () => ({}));
      failed = !study?.classes.length;
    } catch {
      failed = true;
    }
    inner.tell();
  }
  return {
    element,
    label: () => "",
    again() {},
    /** @param {{revealed: boolean}} seen */
    show({ revealed }) {
      if (!asked && inner.live.get().image) void ask();
      if (failed) panel.replaceChildren(h("p", { class: "lz-note" }, t("learn.smoothness.missing")));
      else if (study && panel.clientWidth > 40) panel.replaceChildren(picture(study, revealed, panel.clientWidth));
    },
    settled: () => failed || (study !== null && Boolean(inner.now()?.answers?.get().room)),
    /** @returns {import("../expression.js").Numbers} */
    numbers() {
      if (!study?.classes.length) return {};
      const { lambdas, classes } = study;
      const bests = classes.map((_, at) => lambdas[bestOf(/** @type {Study} */ (study), at)]);
      const truth = inner.now()?.answers?.get().room?.truth;
      const [miou, intrinsic] = [truth?.miou ?? NaN, truth?.intrinsic ?? NaN];
      return { lambdas: lambdas.length, classes: classes.length, bests: new Set(bests).size,
        loosest: Math.min(...bests), stiffest: Math.max(...bests), miou, intrinsic, sampling: 1 - intrinsic,
        network: intrinsic - miou };
    },
    dispose: () => element.remove(),
  };
}
