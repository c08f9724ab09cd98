// @ts-check
/**
 * The title rows: which method a pane shows, chosen from a list, the way to leave it out, the class under the pointer.
 */
import { h, setText } from "../../kit/dom.js";
import { icon } from "../../kit/icons.js";
import { t } from "../../core/text.js";
import { at as valueAt } from "../pipeline/answer.js";
import { openGrid } from "./grid.js";
import { GIVEN, LETTERS, offered, replaced, titleOf } from "./methods.js";

export const LEAST = 2;

/**
 * The class that a method says at the hovered place, and whether that is wrong there.
 * @param {import("./planes.js").Planes | null} planes @param {import("../../viewer/hover.js").Hover | null} hover
 * @param {{width: number, height: number}} extent
 * @returns {{name: string, wrong: boolean} | null}
 */
export function toldAt(planes, hover, extent) {
  if (!planes || !hover) return null;
  const [x, y] = hover.source;
  const line = planes.lines[valueAt(planes.labels, x, y, extent)];
  return line ? { name: line.name, wrong: planes.error !== null && valueAt(planes.error, x, y, extent) === 1 } : null;
}

/**
 * @param {import("../../core/context.js").Context} context
 * @param {readonly import("../../viewer/views.js").View[]} views
 */
export function createTitles(context, views) {
  const { store } = context;
  const set = (/** @type {readonly string[]} */ compared) => store.set({ compared }, { history: true });
  const rows = views.map((view, at) => {
    const letter = LETTERS[at];
    const choose = (/** @type {string} */ name) => set(replaced(store.get().compared, at, name));
    const menu = h("select", { class: "lz-compare-method", "aria-label": t("compare.method", { letter }),
      onchange: () => {
        const { value } = menu;
        if (value !== GIVEN) return choose(value);
        menu.value = store.get().compared[at];
        openGrid(context, () => choose(GIVEN));
      } });
    const away = h("button", { type: "button", class: "lz-button lz-icon-button lz-compare-away",
      "aria-label": t("compare.leaveOut", { letter }), "data-tip": t("compare.leaveOut", { letter }),
      onclick: () => set(store.get().compared.filter((_, k) => k !== at)) }, icon("close"));
    const differs = h("b", { class: "lz-compare-differs", hidden: true },
      h("span", { "aria-hidden": "true" }, "≠ "), h("span", { class: "lz-hidden" }, t("compare.wrong"), " "));
    const name = h("span", { translate: "no" });
    const told = h("span", { class: "lz-compare-told", hidden: true }, differs, name);
    view.heading.translate = false;
    view.heading.after(menu);
    view.number.before(told);
    view.title.append(away);
    let listed = "";
    return {
      say(/** @type {{name: string, wrong: boolean} | null} */ said) {
        told.hidden = said === null;
        view.number.hidden = said !== null;
        differs.hidden = !said?.wrong;
        setText(name, said?.name ?? "");
      },
      show(/** @type {string} */ method) {
        const { samplers, settings, trained, detectors, given } = offered(context);
        const key = JSON.stringify([samplers, settings, trained, detectors, given, method]);
        if (key !== listed) {
          listed = key;
          const option = (/** @type {{name: string, title: string}} */ line) =>
            h("option", { value: line.name, translate: "no" }, line.title);
          const group = (/** @type {string} */ label, /** @type {readonly {name: string, title: string}[]} */ lines) =>
            (lines.length ? [h("optgroup", { label }, ...lines.map(option))] : []);
          const known = [...samplers, ...settings, ...trained, ...detectors].some((line) => line.name === method);
          const own = given && known ? [{ name: GIVEN, title: t("compare.grid") }] : [];
          menu.replaceChildren(...known ? [] : [option({ name: method, title: titleOf(context, method) })],
            ...group(t("compare.samplers"), [...samplers, ...own]), ...group(t("compare.settingsOf"), settings),
            ...group(t("compare.trained"), trained), ...group(t("compare.detectors"), detectors));
        }
        menu.value = method;
        away.hidden = store.get().compared.length <= LEAST;
        setText(view.heading, letter);
      },
    };
  });
  return {
    show: (/** @type {number} */ at, /** @type {string} */ name) => rows[at].show(name),
    say: (/** @type {number} */ at, /** @type {{name: string, wrong: boolean} | null} */ said) => rows[at].say(said),
  };
}
