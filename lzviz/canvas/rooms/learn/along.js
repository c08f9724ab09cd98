// @ts-check
/** What of the field's papers can be seen here: each line opens the page in the state that shows it. */
import { openPanel } from "../../kit/dialogs.js";
import { h } from "../../kit/dom.js";
import { stateOfLink } from "../../core/address.js";
import { trouble } from "../../core/errors.js";
import { t } from "../../core/text.js";
import * as codec from "../../engine/codec.js";
import { fetchTerms } from "../../shell/terms.js";

/** @typedef {import("../../core/context.js").Context} Context */

/** @param {Context} context */
export async function openAlong(context) {
  const { root, store, live, host } = context;
  const list = h("div", { class: "lz-along", role: "status" }, t("learn.book.loading"));
  const panel = openPanel(root, t("learn.book"), [h("p", { class: "lz-note" }, t("learn.book.note")), list],
    { name: "lz-panel-wide" });

  /** @param {Event} event @param {string} link */
  async function follow(event, link) {
    event.preventDefault();
    const { state, notice } = await stateOfLink(context, codec, link);
    const { lesson, lessonStep } = store.get();
    panel.close();
    store.set({ ...state, ...(state.room !== "learn" && { lesson, lessonStep }) }, { history: true });
    live.set({ notice });
  }
  try {
    const { along } = await fetchTerms(context);
    list.removeAttribute("role");
    list.replaceChildren(...along.map(({ paper, entries }) => h("section", {}, h("h3", { translate: "no" }, paper),
      h("ul", {}, ...entries.map(({ number, title, link }) => h("li", {},
        h("a", { href: host.address.link(link), class: "lz-link",
          onclick: (/** @type {Event} */ event) => void follow(event, link) },
        number && h("span", {}, t("learn.book.figure", { number })), number && " ", title)))))));
    list.querySelector("a")?.focus();
  } catch (error) {
    list.textContent = trouble(t("learn.failed"), error).text;
  }
}
