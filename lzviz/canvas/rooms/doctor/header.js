// @ts-check
/** The line above the views: what is looked at, what it was taken for, the source's size, and the way to Explore. */
import { say, t } from "../../core/text.js";
import { h, setText } from "../../kit/dom.js";
import { ROUTES } from "../../schema/routes.js";
import { USES } from "./words.js";

const LARGEST = 65536;

/**
 * @param {import("../../core/context.js").Context} context
 * @param {import("../../core/store.js").Store<import("./asking.js").Chart>} chart
 * @param {ReturnType<typeof import("./asking.js").createAsking>} asking @param {() => void} toExplore
 */
export function createHeader({ live, host }, chart, asking, toExplore) {
  const name = h("b", { class: "lz-doctor-name", translate: "no" });
  const taken = h("span", { class: "lz-doctor-taken" });
  const use = h("select", { class: "lz-doctor-use", "aria-label": t("doctor.takenFor"),
    onchange: () => asking.take(use.value) }, ...USES.map((value) =>
    h("option", { value }, t(`doctor.use.${value || "decides"}`))));
  const side = (/** @type {string} */ label) => h("input", { type: "number", class: "lz-number", min: 1, max: LARGEST,
    step: 1, "aria-label": label, onchange: resize });
  const [width, height] = [side(t("doctor.width")), side(t("doctor.height"))];
  const back = h("button", { type: "button", class: "lz-link", onclick: () => asking.resize(null) },
    t("doctor.picturesSize"));
  const brings = host.transport.answers(ROUTES.addWarp.path);
  const told = h("span", { translate: "no" });
  const goes = h("span", {});
  const go = h("button", { type: "button", class: "lz-link lz-doctor-go", onclick: toExplore,
    "aria-keyshortcuts": "E" },
    goes, h("kbd", { translate: "no" }, "E"));
  const size = h("span", { class: "lz-doctor-size" }, t("view.source"), " ",
    ...(brings ? [width, " × ", height, back] : [told]));
  const element = h("div", { class: "lz-doctor-header" },
    h("span", { class: "lz-doctor-what" }, name, taken),
    brings ? h("label", {}, h("span", { class: "lz-hidden" }, t("doctor.takenFor")), use) : null,
    size, go);

  function resize() {
    const sides = [width, height].map((input) => Math.min(LARGEST, Math.round(Number(input.value))));
    const [h0, w0] = asking.sourceSize();
    const [w, hh] = sides.every((side) => side >= 1) ? sides : [w0, h0]; // nothing, or less, says no size
    [width.value, height.value] = [String(w), String(hh)];
    if (w !== w0 || hh !== h0) asking.resize([hh, w]);
  }
  function refresh() {
    const { subject, now, use: chosen, source, applied } = chart.get();
    setText(name, now?.name ?? subject?.name ?? "");
    setText(taken, now ? takenText(now) : "…");
    taken.title = now ? say(now.taken) : "";
    use.value = chosen;
    const [h0, w0] = asking.sourceSize();
    if (document.activeElement !== width) width.value = String(w0);
    if (document.activeElement !== height) height.value = String(h0);
    setText(told, `${w0} × ${h0}`);
    back.hidden = source === null;
    go.hidden = !now?.keep;
    setText(goes, t(applied.length ? "doctor.mendedToExplore" : "doctor.toExplore"));
  }
  const ends = [chart.subscribe(refresh), live.subscribe((_, changed) => changed.has("image") && refresh())];
  refresh();
  return { element, size, stop: () => ends.forEach((end) => end()) };
}

/** @param {import("./words.js").Diagnosed} now */
function takenText({ kind, shape, dtype, sure }) {
  const taken = { key: `doctor.taken.${kind}`, values: { shape: shape.join(", "), dtype } };
  const parts = sure === null ? [taken] : [taken, { key: "doctor.sure", values: { share: sure } }];
  return t("doctor.effect", { parts });
}
