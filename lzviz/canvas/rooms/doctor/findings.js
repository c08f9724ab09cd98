// @ts-check
/** The findings, worst first: shape and colour, number, sentence, code to copy, a fix to apply. */
import { dataOf, say, t } from "../../core/text.js";
import { h, setText } from "../../kit/dom.js";
import { icon } from "../../kit/icons.js";
import { effect, told, VERDICTS } from "./words.js";
import { verdictIcon } from "./lights.js";

/** @typedef {import("./words.js").Finding} Finding */

/**
 * @param {import("../../core/store.js").Store<import("./asking.js").Chart>} chart
 * @param {ReturnType<typeof import("./asking.js").createAsking>} asking
 * @param {(text: string, button: HTMLElement) => void} copy
 */
export function createFindings(chart, asking, copy) {
  const counts = h("span", { class: "lz-doctor-counts" });
  const list = h("div", { class: "lz-doctor-list", role: "list" });
  const done = h("div", { class: "lz-doctor-done" });
  const fine = h("ul", { class: "lz-doctor-fine" });
  const all = h("button", { type: "button", class: "lz-button", onclick: () => void asking.mend() },
    t("doctor.applyAll"));
  const undo = h("button", { type: "button", class: "lz-button", onclick: () => asking.undo() }, t("keys.undo"));
  const course = h("div", { class: "lz-doctor-course" }, all, undo);
  const head = h("div", { class: "lz-doctor-head" }, h("h2", {}, t("doctor.findings")), counts);
  const element = h("aside", { class: "lz-doctor-findings", "aria-label": t("doctor.findings") },
    head, list, done, course, fine);
  /** @type {import("./words.js").Diagnosed | null} */
  let listed = null;

  /** @param {Finding} finding */
  function card(finding) {
    const { check, verdict, value, tolerance, sentence, fix, mends, place } = finding;
    const copier = h("button", { type: "button", class: "lz-link", "aria-label": t("doctor.copyOf", { check }),
      onclick: () => copy(fix, copier) }, t("doctor.copy"));
    const after = h("span", { class: "lz-doctor-effect" });
    const applier = h("button", { type: "button", class: "lz-button lz-doctor-apply",
      onclick: () => asking.apply(check) }, t("doctor.apply"));
    const show = h("button", { type: "button", class: "lz-link lz-doctor-show", onclick: () => asking.choose(check) },
      t(place.length ? "doctor.show" : "doctor.look"));
    return h("article", { role: "listitem", class: "lz-doctor-finding", "data-verdict": verdict, "data-check": check,
      onclick: (/** @type {MouseEvent} */ event) => {
        if (!(/** @type {HTMLElement} */ (event.target)).closest("button, pre")) asking.choose(check);
      } },
    h("header", {}, verdictIcon(verdict), h("b", { class: "lz-doctor-verdict" }, t(`doctor.verdict.${verdict}`)),
      h("h3", { translate: "no" }, check),
      h("span", { class: "lz-doctor-value" }, h("b", dataOf(value), say(value)),
        tolerance ? h("span", {}, t("doctor.allowed", { tolerance })) : "")),
    h("p", dataOf(sentence), say(sentence)),
    fix ? h("div", { class: "lz-doctor-code" }, h("pre", { tabindex: "0", translate: "no" }, fix), copier) : null,
    h("footer", {}, show, mends ? applier : null, mends ? after : null));
  }

  function relist() {
    const { now } = chart.get();
    if (now === listed) return;
    listed = now;
    const shown = now ? told(now) : [];
    list.replaceChildren(...shown.map(card));
    if (now && !shown.length) {
      list.append(h("p", { class: "lz-doctor-well" }, verdictIcon("ok"), t("doctor.nothing")));
    }
    const well = (now?.findings ?? []).filter(({ verdict }) => verdict === "ok");
    fine.replaceChildren(...well.map(({ check, value }) =>
      h("li", {}, verdictIcon("ok"), h("span", { translate: "no" }, check),
        h("span", { title: say(value), ...dataOf(value) }, say(value)))));
    counts.replaceChildren(...VERDICTS.map((verdict) => {
      const count = (now?.findings ?? []).filter((finding) => finding.verdict === verdict).length;
      return h("span", { "data-verdict": verdict, title: t(`doctor.count.${verdict}`, { count }),
        "data-none": count === 0 || null },
        verdictIcon(verdict), h("b", {}, String(count)));
    }));
  }

  function refresh() {
    relist();
    const { now, next, chosen, applied, asking: busy } = chart.get();
    element.toggleAttribute("data-busy", busy);
    for (const article of /** @type {Iterable<HTMLElement>} */ (list.querySelectorAll("article"))) {
      const mine = article.dataset.check === chosen;
      article.toggleAttribute("data-chosen", mine);
      article.setAttribute("aria-current", String(mine));
      const effectLine = article.querySelector(".lz-doctor-effect");
      if (effectLine) setText(effectLine, mine && now && next ? effect(now, next, chosen) : "");
    }
    done.replaceChildren(...applied.map((check) => h("p", {}, icon("check"), h("b", {}, t("doctor.mended")),
      h("span", { translate: "no" }, check))));
    all.hidden = !now?.findings.some(({ mends, verdict }) => mends && verdict !== "note" && verdict !== "ok");
    undo.hidden = applied.length === 0;
    course.hidden = all.hidden && undo.hidden;
  }
  const stop = chart.subscribe(refresh);
  refresh();
  return { element, head, stop, reveal: (/** @type {string} */ check) => {
    list.querySelector(`article[data-check="${check}"]`)?.scrollIntoView({ block: "nearest" });
  } };
}
