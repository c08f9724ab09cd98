// @ts-check
/** What may lie beside a warp: labels, boxes, a gradient, each a file, chosen or dropped on its button; a stride. */
import { t } from "../../core/text.js";
import { h, setText } from "../../kit/dom.js";
import { takeDrops } from "../../shell/intake.js";
import { chooseArray } from "./shelf.js";
import { ARRAYS } from "./words.js";

export const PARTS = /** @type {const} */ (["labels", "boxes", "gradient"]);

/** @typedef {(typeof PARTS)[number]} Part */

/** Labels may be a picture of ids. @type {Readonly<Record<Part, readonly string[]>>} */
const SUFFIXES = { labels: [...ARRAYS, ".png"], boxes: ARRAYS, gradient: ARRAYS };

/**
 * @param {import("../../core/store.js").Store<import("./asking.js").Chart>} chart
 * @param {ReturnType<typeof import("./asking.js").createAsking>} asking
 */
export function createBeside(chart, asking) {
  const buttons = PARTS.map((part) => {
    const take = (/** @type {File | undefined} */ file) =>
      asking.add({ beside: { ...chart.get().beside, [part]: file } });
    const name = h("span", {});
    const button = h("button", { type: "button", class: "lz-doctor-part", "data-part": part,
      title: t(`doctor.beside.${part}.help`),
      onclick: () => (chart.get().beside[part] ? take(undefined) : chooseArray(take, SUFFIXES[part])) }, name);
    takeDrops(button, take);
    return { part, button, name };
  });
  const stride = h("input", { type: "number", class: "lz-number", min: 1, max: 256, step: 1, placeholder: "–",
    "aria-label": t("doctor.stride.help"), onchange: () => {
      const typed = Number(stride.value);
      asking.add({ stride: typed >= 1 ? Math.min(256, typed) : null });
    } });
  const element = h("div", { class: "lz-doctor-beside", role: "group", "aria-label": t("doctor.beside") },
    h("span", {}, t("doctor.beside")), ...buttons.map(({ button }) => button),
    h("label", { title: t("doctor.stride.help") }, t("doctor.stride"), " ", stride));

  function refresh() {
    const { beside, now, stride: said } = chart.get();
    for (const { part, button, name } of buttons) {
      const file = beside[part];
      const found = !file && now?.beside.includes(part);
      button.setAttribute("aria-pressed", String(Boolean(file ?? found)));
      setText(name, file ? t("doctor.beside.remove", { part: t(`doctor.beside.${part}`), name: file.name })
        : t(found ? `doctor.beside.${part}` : "doctor.beside.add", { part: t(`doctor.beside.${part}`) }));
    }
    if (document.activeElement !== stride) stride.value = said === null ? "" : String(said);
  }
  refresh();
  return { element, stop: chart.subscribe(refresh) };
}
