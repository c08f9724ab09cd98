// @ts-check
/**
 * What the first visits are told beside "paint me": one line each, once something was painted. Each is put away for
 * good.
 */
import { h } from "../kit/dom.js";
import { recall, remember } from "../kit/memory.js";
import { t } from "../core/text.js";

const KEY = "lzviz-hints";
const HINTS = ["hint.words", "hint.link"];

/** @param {import("../core/context.js").Context} context @returns {() => void} takes it away */
export function offerHints({ root, live }) {
  let seen = Number(recall(KEY)) || 0;
  const text = h("span");
  const bar = h("div", { class: "lz-back lz-guide", role: "region", "aria-label": t("hint"), "data-term-off": true },
    text, h("button", { type: "button", class: "lz-link", onclick: next }, t("hint.close")));
  let painted = false;
  const stop = live.subscribe(({ painting }, changed) => {
    if (!changed.has("painting")) return;
    if (painted && !painting) show();
    painted ||= painting;
  });

  function show() {
    stop();
    text.textContent = t(HINTS[seen]);
    if (!bar.isConnected) root.append(bar);
  }
  function next() {
    seen += 1;
    remember(KEY, String(seen));
    bar.remove();
  }
  if (seen >= HINTS.length) stop();
  return () => {
    stop();
    bar.remove();
  };
}
