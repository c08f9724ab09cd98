// @ts-check
/** The bar below: one sentence about the warp (or what went wrong and what to press), and three times. */
import { h, setText } from "../kit/dom.js";
import { icon } from "../kit/icons.js";
import { told } from "../kit/told.js";
import { isAnswered } from "../core/context.js";
import { milliseconds } from "../kit/format.js";
import { say, t } from "../core/text.js";

/** @typedef {import("../core/context.js").Context} Context */

const SHOWN = ["measured", "answer", "busy", "error", "notice", "painting", "uniform", "loading", "follows", "times",
  "working"];

/** @param {string} label @param {string} name */
function chip(label, name) {
  const value = h("b", {}, "–");
  const after = h("span", { translate: "no" });
  const title = h("span", {}, label);
  return { element: h("span", { class: `lz-chip lz-chip-${name}` }, title, " ", value, after), title, value, after };
}

/**
 * What is said of the warp: Python's sentence while it is about the state that is shown, else the browser's.
 * @param {import("../core/context.js").Live} live @param {import("../core/context.js").State} state
 * @returns {string}
 */
export function sentence(live, state) {
  const { answer, measured, loading, image } = live;
  if (answer?.sentence && isAnswered(live, state)) return say(answer.sentence);
  if (measured?.sentence) return say(measured.sentence);
  return loading || !image ? t("status.loading") : "";
}

/** What is said while Python has no room. @param {{browser: string | null}} names */
const following = ({ browser }) =>
  t(browser === null ? "status.busy" : "status.follows");

/** @param {Context} context */
function createLine({ live, store, rooms }) {
  const words = h("span", { class: "lz-sentence" });
  const later = h("span", { class: "lz-follows", hidden: true });
  const trouble = h("span", { class: "lz-trouble-text" });
  const press = h("button", { type: "button", class: "lz-link" });
  const close = h("button", { type: "button", class: "lz-button lz-icon-button lz-close",
    "aria-label": t("status.dismiss"),
    onclick: () => live.set({ error: null, notice: null }) }, icon("close"));
  const row = h("span", { class: "lz-trouble", hidden: true }, icon("alert"), trouble, press, close);
  const spoken = h("span", { class: "lz-hidden", role: "status", "aria-live": "polite" });
  const alert = h("span", { class: "lz-hidden", role: "alert" });
  press.addEventListener("click", () => {
    const { error } = live.get();
    live.set({ error: null });
    error?.run?.();
  });
  const show = () => {
    const now = live.get();
    const text = now.error?.text ?? now.notice;
    row.hidden = !text;
    row.toggleAttribute("data-error", now.error !== null);
    words.hidden = Boolean(text);
    later.hidden = !now.follows || Boolean(text);
    setText(later, following(rooms.of(store.get()).status));
    trouble.replaceChildren(...told(text ?? ""), now.error?.detail
      ? h("span", { class: "lz-detail", lang: "en", translate: "no" }, ` ${now.error.detail}`) : "");
    setText(alert, text ?? "");
    setText(press, now.error?.press ?? "");
    press.hidden = !now.error?.press;
    setText(words, sentence(now, store.get()));
    if (!now.painting && now.follows) setText(spoken, later.textContent ?? "");
    else if (!now.painting && !now.busy) setText(spoken, sentence(now, store.get()));
  };
  return { element: h("span", { class: "lz-status-line" }, later, words, row, spoken, alert), show };
}

/**
 * For how long Python has been at it, of how long it took the last time; and a way to stop it.
 * @param {Context} context
 */
function createWaits({ live, host }) {
  const bar = h("progress", { "aria-hidden": "true", max: "1" });
  const words = h("span", {});
  const stop = h("button", { type: "button", class: "lz-link", onclick: () => host.transport.stopWork?.() },
    t("waits.stop"));
  const element = h("span", { class: "lz-chip lz-waits", hidden: true }, bar, words, stop);
  const show = () => {
    const { working } = live.get();
    element.hidden = !working;
    if (!working) return;
    const { seconds, usual } = working;
    const known = usual !== null && usual > seconds;
    setText(words, t(known ? "waits.of" : "waits", { seconds, usual: usual ?? 0 }));
    if (known) bar.value = seconds / usual;
    else bar.removeAttribute("value");
  };
  return { element, show };
}

/** @param {Context} context @returns {HTMLElement} */
export function createStatus(context) {
  const { live, host, store, rooms } = context;
  const line = createLine(context);
  const warp = chip("", "warp");
  const draw = chip(t("status.draw"), t("status.draw"));
  const python = chip(t("status.python"), "python");
  const waits = createWaits(context);
  const show = () => {
    const { measured, answer, busy, times } = live.get();
    line.show();
    waits.show();
    const { status: names, check } = rooms.of(store.get());
    const { kept } = host.transport;
    const away = check !== undefined && !host.transport.answers(check);
    warp.element.hidden = names.browser === null;
    setText(warp.title, names.browser ? t(names.browser) : "");
    setText(python.title, away ? t("status.python") : names.python ? t(kept ? "status.kept" : names.python) : "");
    setText(warp.value, typeof measured?.warpMs === "number" ? milliseconds(measured.warpMs) : "–");
    setText(draw.value, typeof measured?.drawMs === "number" ? milliseconds(measured.drawMs) : "–");
    const { milliseconds: taken = null, device } = answer?.milliseconds === undefined ? times ?? {} : answer;
    setText(python.value, away ? t("status.notHere") : taken === null ? "–" : milliseconds(total(taken)));
    setText(python.after, device ? ` · ${String(device).toUpperCase()}` : "");
    python.element.toggleAttribute("data-busy", busy);
  };
  live.subscribe((_, changed) => {
    if (SHOWN.some((key) => changed.has(key))) show();
  });
  store.subscribe((_, changed) => (changed.has("room") ? show() : line.show()));
  show();
  return h("footer", { class: "lz-status" }, line.element,
    h("span", { class: "lz-chips" }, waits.element, warp.element, draw.element, python.element));
}

/** The time of Python's whole check. @param {unknown} times a number, or numbers by name with or without a total */
export function total(times) {
  if (typeof times === "number") return times;
  if (!times || typeof times !== "object") return 0;
  const named = /** @type {Record<string, number>} */ (times);
  return named.total ?? Object.values(named).reduce((sum, value) => sum + value, 0);
}
