// @ts-check
/** One card a checkpoint: everything that its card.json says, readable. */
import { h } from "../../kit/dom.js";
import { ROUTES } from "../../schema/routes.js";
import { glyph } from "./glyph.js";
import { t } from "../../core/text.js";

/**
 * @typedef {import("./models.js").Room} Room
 * @typedef {import("../../schema/contract.js").Measures} Measures
 * @typedef {import("../../schema/contract.js").Seeds} Seeds
 * @typedef {Record<"data" | "system" | "size", ReadonlySet<string>>} Off  what is switched off
 */

/** @param {string} label @param {readonly (readonly [string, string])[]} facts */
const facts = (label, facts) => h("dl", { class: "lz-facts", "aria-label": label },
  ...facts.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, value))));

/** @param {string} title @param {...(Node | null)} content */
const fold = (title, ...content) => h("details", { class: "lz-fold" }, h("summary", {}, title),
  h("div", { class: "lz-fold-body" }, ...content));

/** @param {Measures} table */
function metrics({ columns, rows }) {
  return h("table", { class: "lz-measures" },
    h("caption", { class: "lz-hidden" }, t("card.measured")),
    h("thead", {}, h("tr", {}, h("td", {}), ...columns.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, ...rows.map(({ label, cells }) => h("tr", {}, h("th", { scope: "row" }, label),
      ...cells.map(({ value, spread }) => h("td", {}, value || "–", spread && h("small", {}, ` ${spread}`)))))));
}

/** @param {Seeds} table */
function seeds({ columns, rows }) {
  return h("div", { class: "lz-scroll", tabindex: "0", role: "region", "aria-label": t("card.seeds") },
    h("table", { class: "lz-measures" },
      h("thead", {}, h("tr", {}, ...[t("card.seed"), ...columns].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...rows.map(([seed, ...cells]) => h("tr", {},
        h("th", { scope: "row" }, seed), ...cells.map((cell) => h("td", {}, cell || "–")))))));
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
  const code = h("code", {}, text);
  return h("div", { class: "lz-code" }, h("pre", { tabindex: "0", "aria-label": t("card.python") }, code),
    h("p", {}, copy, said));
}

/** @param {Room} room @param {import("../../schema/contract.js").CardView} card */
function card(room, card) {
  const { headline } = card;
  return h("article", { class: "lz-card", "data-name": card.name, tabindex: "-1", "aria-label": card.title,
    "data-system": card.system, "data-data": card.data, "data-size": card.size, "data-own": card.own },
  h("header", {},
    h("h4", {}, glyph(card.shape, room.colour(card.colour)), card.title),
    headline && h("p", { class: "lz-headline" }, h("b", {}, headline.value), ` ${headline.unit} ${headline.label}`),
    h("p", { class: "lz-card-name" }, card.said),
    headline && h("p", { class: "lz-card-over" }, headline.over)),
  h("p", { class: "lz-card-about" }, [card.systemTitle, card.summary].filter(Boolean).join(": ")),
  card.metrics.rows.length ? metrics(card.metrics) : h("p", { class: "lz-note" }, t("card.noMetrics")),
  facts(t("card.factsOf", { title: card.title }), card.facts),
  card.notes && h("p", { class: "lz-card-notes" }, card.notes),
  card.recipe.length > 0 && fold(t("card.recipe"), facts(t("card.recipeOf", { title: card.title }), card.recipe)),
  card.seeds && fold(t("card.allSeeds", { count: card.seeds.rows.length }), seeds(card.seeds)),
  fold(t("card.load"), python(card.python)),
  h("footer", {}, h("button", { type: "button", class: "lz-button lz-open", onclick: () => room.open(card.name) },
    t("models.open")), card.own && h("small", {}, t("card.own"))));
}

/** @param {readonly string[]} empty */
const emptyState = ([sentence, commands]) => h("div", { class: "lz-models-empty" }, h("p", {}, sentence),
  h("pre", { tabindex: "0", "aria-label": t("models.commands") }, h("code", {}, commands)),
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
      let group = groups.get(item.group);
      if (!group) groups.set(item.group, group = h("div", { class: "lz-cards" }));
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
        list.replaceChildren(h("p", { role: "alert" }, /** @type {Error} */ (error).message));
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
