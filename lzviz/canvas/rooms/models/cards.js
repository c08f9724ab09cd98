// @ts-check
/** One card a checkpoint: everything that its card.json says, readable. */
import { h } from "../../kit/dom.js";
import { toldError } from "../../kit/told.js";
import { ROUTES } from "../../schema/routes.js";
import { glyph } from "./glyph.js";
import { dataOf, FORMATS, say, t } from "../../core/text.js";

/**
 * @typedef {import("./models.js").Room} Room
 * @typedef {import("../../schema/contract.js").Measures} Measures
 * @typedef {import("../../schema/contract.js").Seeds} Seeds
 * @typedef {import("../../core/text.js").Text | string} Told
 * @typedef {Record<"data" | "system" | "size", ReadonlySet<string>>} Off  what is switched off
 */

/** @param {string} label @param {readonly (readonly [Told, Told])[]} facts */
const facts = (label, facts) => h("dl", { class: "lz-facts", "aria-label": label },
  ...facts.map(([key, value]) =>
    h("div", {}, h("dt", dataOf(key), say(key)), h("dd", dataOf(value), say(value)))));

/** @param {string} title @param {...(Node | null)} content */
const fold = (title, ...content) => h("details", { class: "lz-fold" }, h("summary", {}, title),
  h("div", { class: "lz-fold-body" }, ...content));

/** @param {number | null} value */
const percent = (value) => (value === null ? "–" : FORMATS.one(value));

/** @param {Measures} table */
function metrics({ columns, rows }) {
  return h("table", { class: "lz-measures" },
    h("caption", { class: "lz-hidden" }, t("card.measured")),
    h("thead", {}, h("tr", {}, h("td", {}),
      ...columns.map((told) => h("th", { scope: "col", ...dataOf(told) }, say(told))))),
    h("tbody", {}, ...rows.map(({ label, cells }) => h("tr", {}, h("th", { scope: "row" }, say(label)),
      ...cells.map(({ value, spread }) => h("td", {}, percent(value), spread && h("small", {}, " ",
        t("card.spread", { low: spread[0], high: spread[1] }))))))));
}

/** @param {Seeds} table */
function seeds({ columns, rows }) {
  return h("div", { class: "lz-scroll", tabindex: "0", role: "region", "aria-label": t("card.seeds") },
    h("table", { class: "lz-measures" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("card.seed")),
        ...columns.map((told) => h("th", { scope: "col" }, say(told))))),
      h("tbody", {}, ...rows.map(({ seed, values }) => h("tr", {},
        h("th", { scope: "row", translate: "no" }, seed), ...values.map((value) => h("td", {}, percent(value))))))));
}

/** @param {string} text */
function python(text) {
  const said = h("span", { role: "status", class: "lz-note" });
  const copy = h("button", { type: "button", class: "lz-link", async onclick() {
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = t("card.copied");
    } catch {
      getSelection()?.selectAllChildren(code);
      said.textContent = t("card.selected");
    }
  } }, t("card.copy"));
  const code = h("code", { translate: "no" }, text);
  return h("div", { class: "lz-code" }, h("pre", { tabindex: "0", "aria-label": t("card.python") }, code),
    h("p", {}, copy, said));
}

/** @param {Room} room @param {import("../../schema/contract.js").CardView} card */
function card(room, card) {
  const { headline } = card;
  return h("article", { class: "lz-card", "data-name": card.name, tabindex: "-1",
    "aria-label": t("card.label", { title: card.title }), "data-system": card.system, "data-data": card.data,
    "data-size": card.size, "data-own": card.own },
  h("header", {},
    h("h4", { translate: "no" }, glyph(card.shape, room.colour(card.colour)), card.title),
    headline && h("p", { class: "lz-headline" }, h("b", {}, FORMATS.one(headline.value)), " % ", say(headline.label)),
    h("p", { class: "lz-card-name", translate: "no" }, card.said),
    headline && h("p", { class: "lz-card-over" }, say(headline.over))),
  h("p", { class: "lz-card-about", ...dataOf(card.about) }, say(card.about)),
  card.metrics.rows.length ? metrics(card.metrics) : h("p", { class: "lz-note" }, t("card.noMetrics")),
  facts(t("card.factsOf", { title: card.title }), card.facts),
  card.notes && h("p", { class: "lz-card-notes", translate: "no" }, card.notes),
  card.recipe.length > 0 && fold(t("card.recipe"), facts(t("card.recipeOf", { title: card.title }), card.recipe)),
  card.seeds && fold(t("card.allSeeds", { count: card.seeds.rows.length }), seeds(card.seeds)),
  fold(t("card.load"), python(card.python)),
  h("footer", {}, h("button", { type: "button", class: "lz-button lz-open", onclick: () => room.open(card.name) },
    t("models.open")), card.own && h("small", {}, t("card.own"))));
}

/** @param {import("../../schema/contract.js").Cards["empty"]} empty */
const emptyState = ([sentence, commands]) => h("div", { class: "lz-models-empty" }, h("p", {}, say(sentence)),
  h("pre", { tabindex: "0", "aria-label": t("models.commands") }, h("code", { translate: "no" }, commands)),
  h("p", { class: "lz-note" }, t("models.orOwn")));

/**
 * @param {Room} room
 * @returns {{element: HTMLElement, refresh: () => Promise<void>, reveal: (name: string) => void,
 *   filter: (off: Off) => void}}
 */
export function createCards(room) {
  const count = h("small", {});
  const list = h("div", { class: "lz-groups" });
  const element = h("section", { class: "lz-checkpoints", "aria-label": t("models.checkpoints") },
    h("div", { class: "lz-models-head" }, h("h2", {}, t("models.checkpoints")), count), list);
  /** @type {Off} */
  let off = { data: new Set(), system: new Set(), size: new Set() };
  let drawn = "";

  /** @param {import("../../schema/contract.js").Cards} answer */
  function draw(answer) {
    /** @type {Map<string, HTMLElement>} */
    const groups = new Map();
    for (const item of answer.cards) {
      const title = say(item.group);
      let group = groups.get(title);
      if (!group) groups.set(title, group = h("div", { class: "lz-cards" }));
      group.append(card(room, item));
    }
    list.replaceChildren(...[...groups].map(([title, group]) => h("section", {}, h("h3", {}, title), group)));
    if (answer.cards.length === 0) list.append(emptyState(answer.empty));
  }
  function hide() {
    let seen = 0;
    for (const group of list.querySelectorAll(":scope > section")) {
      let some = false;
      for (const item of /** @type {NodeListOf<HTMLElement>} */ (group.querySelectorAll(".lz-card"))) {
        item.hidden = item.dataset.own === undefined
          && Object.entries(off).some(([key, values]) => values.has(item.dataset[key] ?? ""));
        some ||= !item.hidden;
        seen += item.hidden ? 0 : 1;
      }
      group.toggleAttribute("hidden", !some);
    }
    const all = list.querySelectorAll(".lz-card").length;
    count.textContent = seen === all ? `${all || ""}` : t("models.seenOf", { seen, all });
  }
  return {
    element,
    async refresh() {
      try {
        const query = () => new URLSearchParams({ own: room.own.join(",") });
        const answer = await room.listed(() => `${ROUTES.cards.path}?${query()}`);
        const text = JSON.stringify([answer, room.theme()]);
        if (text !== drawn) draw(answer);
        drawn = text;
        hide();
      } catch (error) {
        list.replaceChildren(h("p", { role: "alert" }, ...toldError(error)));
        drawn = "";
      }
    },
    reveal(name) {
      const cards = /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(".lz-card"));
      const item = [...cards].find(({ dataset }) => dataset.name === name);
      item?.scrollIntoView({ block: "center" });
      item?.focus({ preventScroll: true });
    },
    filter(next) {
      off = next;
      hide();
    },
  };
}
