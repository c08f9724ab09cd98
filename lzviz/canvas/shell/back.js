// @ts-check
/** A small bar that offers the visitor's last picture again, until it is answered or another one is opened. */
import { forgetPicture, keptPicture } from "../core/kept.js";
import { h } from "../kit/dom.js";
import { t } from "../core/text.js";

/**
 * @param {import("../core/context.js").Context} context
 * @param {ReturnType<import("../core/images.js").createImages>} images
 * @returns {Promise<() => void>} takes it away
 */
export async function offerBack({ root, live }, images) {
  const kept = await keptPicture();
  if (!kept || live.get().own || !root.isConnected) return () => {};
  const button = (/** @type {string} */ key, /** @type {() => unknown} */ run) => h("button", { type: "button",
    class: "lz-link", onclick: () => {
      end();
      void run();
    } }, t(key));
  const bar = h("div", { class: "lz-back", role: "region", "aria-label": t("back") },
    h("span", { translate: "no" }, t("back.ask", { name: kept.title })),
    button("back.bring", () => images.open(kept.blob, kept.title, kept.made)), button("back.forget", forgetPicture));
  const stop = live.subscribe((state, changed) => changed.has("own") && state.own && end());
  function end() {
    stop();
    bar.remove();
  }
  root.append(bar);
  return end;
}
