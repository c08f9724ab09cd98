// @ts-check
/** Which element of a batch or a clip is looked at: all of them, or one; the worst stands first. */
import { t } from "../../core/text.js";
import { h, setText } from "../../kit/dom.js";

const ALL = "all";

/**
 * @param {import("../../core/store.js").Store<import("./asking.js").Chart>} chart
 * @param {ReturnType<typeof import("./asking.js").createAsking>} asking
 */
export function createElements(chart, asking) {
  const choice = h("select", { class: "lz-doctor-use", "aria-label": t("doctor.element"), hidden: true,
    onchange: () => asking.single(choice.value === ALL ? null : Number(choice.value)) });
  const line = h("p", { class: "lz-doctor-elements", role: "status", hidden: true });
  let listed = "";

  /** @param {number} count @param {import("./asking.js").Elements | null} elements @param {number | null} element */
  function list(count, elements, element) {
    const told = elements?.elements ?? [];
    const known = new Set(told.map((each) => each.element));
    const others = Array.from({ length: Math.min(count, 256) }, (_, k) => k).concat(element ?? [])
      .filter((k, at, all) => !known.has(k) && all.indexOf(k) === at);
    choice.replaceChildren(h("option", { value: ALL }, t("doctor.element.all", { count })),
      ...told.map(({ element: k, check }) => h("option", { value: String(k) },
        t(check ? "doctor.element.told" : "doctor.element.well", { element: k, check }))),
      ...others.map((k) => h("option", { value: String(k) }, t("doctor.element.one", { element: k }))));
  }

  function refresh() {
    const { now, element, elements } = chart.get();
    const count = now?.elements ?? 1;
    if (now) choice.hidden = count < 2;
    const key = JSON.stringify([count, elements, element]);
    if (now && key !== listed) {
      listed = key;
      list(count, elements, element);
    }
    choice.value = element === null ? ALL : String(element);
    const looked = elements?.elements.length ?? 0;
    const ill = (elements?.elements ?? []).filter(({ check }) => check).length;
    const part = looked < count ? "doctor.elements.part" : "doctor.elements";
    line.hidden = !elements || element !== null;
    if (elements) setText(line, t(ill || looked < count ? part : "doctor.elements.well", { ill, looked, count }));
  }
  const stop = chart.subscribe(refresh);
  return { choice, line, stop };
}
