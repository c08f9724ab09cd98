// @ts-check
/** The seeds of two systems that were trained alike: one number each, and what a difference between them is worth. */
import { getFrom } from "../../../core/client.js";
import { ROUTES } from "../../../schema/routes.js";
import { h, svg } from "../../../kit/dom.js";
import { FORMATS, t } from "../../../core/text.js";

/** The first is claimed to be better than the second; the others stand beside them. */
const CARDS = ["lds-camvid-96x128", "uniform-camvid-96x128", "lds-single-camvid-96x128", "lzu-adaptive-camvid-96x128"];
/** A row of it, what stands over the first, what stands on its left; a row on a phone. */
const [ROW, TOP, LEFT, LOW] = [88, 60, 190, 40];

/** @typedef {{name: string, title: string, values: number[]}} System */

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What two systems' seeds say of each other. @param {readonly number[]} a @param {readonly number[]} b */
export function paired(a, b) {
  const differences = a.map((value, k) => value - b[k]);
  const middle = mean(differences);
  const sd = Math.sqrt(differences.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (differences.length - 1));
  const wins = a.reduce((sum, value) => sum + b.filter((other) => value > other).length, 0);
  return { seeds: a.length, first: differences[0], mean: middle, sd, error: sd / Math.sqrt(a.length), wins,
    pairs: a.length * b.length, spread: Math.max(...a) - Math.min(...a), best: Math.max(...a), other: b[0] };
}

/** @param {readonly System[]} systems @param {boolean} revealed @param {number} width */
function picture(systems, revealed, width) {
  const every = systems.flatMap(({ values }) => values);
  const [low, high] = [Math.min(...every) - 0.2, Math.max(...every) + 0.2];
  const x = (/** @type {number} */ value) => LEFT + ((value - low) / (high - low)) * (width - LEFT - 30);
  const row = width < 2.5 * LEFT ? LOW : ROW;
  const height = TOP + row * systems.length;
  const apart = (high - low) / width > 1 / 150 ? 1 : 0.5;
  const ticks = Array.from({ length: Math.floor(high / apart) - Math.ceil(low / apart) + 1 }, (_, k) =>
    (Math.ceil(low / apart) + k) * apart);
  const shown = systems.map(({ values }, at) => (revealed || at < 2 ? (revealed ? values : values.slice(0, 1)) : []));
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": t("learn.seeds.label", { systems: systems.map(({ title }, at) => `${title}: ${shown[at]
      .map((value) => FORMATS.two(value)).join(", ")}`).join("; ") }) },
  ...ticks.flatMap((tick) => [svg("path", { class: "lz-row-line", d: `M${x(tick)} 24V${height}` }),
    svg("text", { x: x(tick), y: 14, "text-anchor": "middle" }, FORMATS.one(tick))]),
  ...systems.flatMap(({ title }, at) => {
    const y = TOP + row * at + 8;
    return [svg("text", { class: "lz-strong", x: 8, y: y + 4 }, title),
      ...(revealed ? [svg("path", { class: "lz-seed-mean", d: `M${x(mean(shown[at]))} ${y - 14}v28` })] : []),
      ...shown[at].map((value, seed) => svg("circle", { class: seed ? "lz-seed" : "lz-seed lz-seed-first", cx: x(value),
        cy: y, r: 6 }))];
  }));
}

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createSeeds(inner) {
  const panel = h("div", { class: "lz-springs" });
  const element = h("section", { class: "lz-learn-panel", "aria-label": t("learn.seeds") },
    h("header", { class: "lz-view-title" }, h("h2", { class: "lz-view-name" }, t("learn.seeds")),
      h("span", { class: "lz-view-size" }, t("learn.seeds.of"))), panel);
  /** @type {readonly System[]} */
  let systems = [];
  let failed = false;
  async function fetchSeeds() {
    try {
      const { cards } = await (await getFrom(inner.context.host, `${ROUTES.cards.path}?own=`)).json();
      systems = CARDS.flatMap((name) => {
        const card = cards.find((/** @type {any} */ each) => each.name === name);
        return card?.seeds ? [{ name, title: card.title, values: card.seeds.rows.map((/** @type {any} */ row) =>
          row.values[0]) }] : [];
      });
      failed = systems.length < 2;
    } catch {
      failed = true;
    }
    inner.tell();
  }
  void fetchSeeds();
  return {
    element,
    alone: true,
    label: () => "",
    again() {},
    /** @param {{revealed: boolean}} seen */
    show({ revealed }) {
      if (failed) panel.replaceChildren(h("p", { class: "lz-note" }, t("learn.seeds.missing")));
      else if (systems.length && panel.clientWidth > 40) {
        panel.replaceChildren(picture(systems, revealed, panel.clientWidth));
      }
    },
    settled: () => systems.length > 1 || failed,
    numbers: () => (systems.length > 1 ? paired(systems[0].values, systems[1].values) : {}),
    dispose: () => element.remove(),
  };
}
