// @ts-check
/** The title rows: which method a pane shows, chosen from a list, and the way to leave it out. */
import { h, setText } from "../../kit/dom.js";
import { icon } from "../../kit/icons.js";
import { t } from "../../core/text.js";
import { LETTERS, offered, replaced, titleOf } from "./methods.js";

export const LEAST = 2;

/**
 * @param {import("../../core/context.js").Context} context
 * @param {readonly import("../../viewer/views.js").View[]} views
 */
export function createTitles(context, views) {
  const { store } = context;
  const set = (/** @type {readonly string[]} */ compared) => store.set({ compared }, { history: true });
  const rows = views.map((view, at) => {
    const letter = LETTERS[at];
    const menu = h("select", { class: "lz-compare-method", "aria-label": t("compare.method", { letter }),
      onchange: () => set(replaced(store.get().compared, at, menu.value)) });
    const away = h("button", { type: "button", class: "lz-button lz-icon-button lz-compare-away",
      "aria-label": t("compare.leaveOut", { letter }), "data-tip": t("compare.leaveOut", { letter }),
      onclick: () => set(store.get().compared.filter((_, k) => k !== at)) }, icon("close"));
    view.heading.translate = false;
    view.heading.after(menu);
    view.title.append(away);
    let listed = "";
    return (/** @type {string} */ name) => {
      const { samplers, trained } = offered(context);
      const key = JSON.stringify([samplers, trained, name]);
      if (key !== listed) {
        listed = key;
        const option = (/** @type {{name: string, title: string}} */ line) =>
          h("option", { value: line.name, translate: "no" }, line.title);
        const known = [...samplers, ...trained].some((line) => line.name === name);
        menu.replaceChildren(...known ? [] : [option({ name, title: titleOf(context, name) })],
          h("optgroup", { label: t("compare.samplers") }, ...samplers.map(option)),
          ...trained.length ? [h("optgroup", { label: t("compare.trained") }, ...trained.map(option))] : []);
      }
      menu.value = name;
      away.hidden = store.get().compared.length <= LEAST;
      setText(view.heading, letter);
    };
  });
  return { show: (/** @type {number} */ at, /** @type {string} */ name) => rows[at](name) };
}
