// @ts-check
/** The room of the models: results, one card a checkpoint, and loading one's own. */
import { h } from "../../kit/dom.js";
import { createCards } from "./cards.js";
import { createOwn } from "./own.js";
import { createResults } from "./results.js";
import { t } from "../../core/text.js";
import { refusalOf, Said } from "../../core/errors.js";
import { rememberCheckpoints, rememberedCheckpoints } from "../../core/own.js";

/**
 * @typedef {import("../../core/context.js").Context} Context
 *
 * @typedef {{(pair: readonly string[]): string, (pair?: readonly string[] | null): string | undefined}} Colour
 *
 * @typedef {import("../pipeline/words.js").Checkpoint} Line
 *
 * @typedef {object} Room
 * @property {(path: string, options?: RequestInit) => Promise<any>} ask  an answer of the server; throws its sentence
 * @property {(path: string) => Promise<string>} address
 * @property {string[]} own  names of the checkpoints that this visitor loaded
 * @property {(name: string) => void} open  shows a checkpoint in Explore
 * @property {(path: () => string) => Promise<any>} listed  an answer about all; own ones are brought again
 * @property {(line: Line, load: Load) => void} add  one more was loaded by the visitor
 * @property {(name: string) => void} reveal  scrolls to its card
 * @property {() => "dark" | "light"} theme
 * @property {Colour} colour  of a light and a dark one that of now
 * @property {() => string} live  the checkpoint that Explore shows, or ""
 *
 * @typedef {() => Promise<Line>} Load  brings a checkpoint, the first time or again
 */

/** How often a list is asked for again because a checkpoint was missing in it. */
const ROUNDS = 5;

/** @param {import("../../core/transport.js").Transport} transport @returns {Room["ask"]} */
const asker = (transport) => async (path, options) => {
  const answer = await transport.ask(path, options).catch(() => null);
  if (!answer) throw new Said(t("error.noServer"));
  const said = await answer.json().catch(() => null);
  if (!said) throw new Said(t("error.statusAgain", { status: answer.status }));
  if (!answer.ok) throw refusalOf(said, answer);
  return said;
};

/**
 * The checkpoints of the visitor: their names, and how each is brought again to a server that no longer holds it.
 * @param {Context} context
 */
function createBroughtCheckpoints({ store, brought }) {
  const lines = new Map(rememberedCheckpoints().map((line) => [line.name, line]));
  const names = [...lines.keys()];
  /** @type {Map<string, Load>} */
  const loads = new Map();
  /** @param {Line} line @param {Load} load */
  function keep(line, load) {
    if (!names.includes(line.name)) names.push(line.name);
    lines.set(line.name, line);
    loads.set(line.name, load);
    rememberCheckpoints([...lines.values()]);
  }
  /** The name that it has now; null: this page has not got it. @param {string} old @returns {Promise<string | null>} */
  async function give(old) {
    const load = loads.get(old);
    if (!load) return null;
    const line = await load();
    const { name } = line;
    if (name !== old) {
      names.splice(names.indexOf(old), 1);
      lines.delete(old);
      loads.delete(old);
    }
    keep(line, load);
    if (name !== old && store.get().checkpoint === old) store.set({ checkpoint: name });
    return name;
  }
  brought.giver("checkpoint", async () => (await give(store.get().checkpoint)) !== null);
  return { names, keep, give };
}

/**
 * Builds the room in `element`.
 * @param {HTMLElement} element @param {import("../../core/rooms.js").RoomHost} roomHost
 */
export function createModels(element, { context }) {
  const { host, store } = context;
  const own = createBroughtCheckpoints(context);
  const ask = asker(host.transport);
  const room = /** @type {Room} */ ({
    ask, address: host.transport.address, own: own.names,
    async listed(path) {
      for (let round = 1; ; round++) {
        const answer = await ask(path());
        let given = false;
        for (let name of answer.forgotten ?? []) {
          // Where several processes answer in turn, each gift reaches another one: one more every time.
          for (let n = 0; n < round && name; n++) given = (name = await own.give(name)) !== null || given;
        }
        if (!given || round > ROUNDS) return answer;
      }
    },
    open: (name) => store.set({ room: "pipeline", checkpoint: name }, { history: true }),
    add(checkpoint, load) {
      own.keep(checkpoint, load);
      const known = host.catalogue.checkpoints ?? [];
      // In the menu of Explore from now on.
      host.catalogue.checkpoints = [...known.filter(({ name }) => name !== checkpoint.name), checkpoint];
      void refresh();
    },
    reveal: (name) => cards.reveal(name),
    theme: () => (host.theme.dark() ? "dark" : "light"),
    colour: (/** @type {readonly string[]} */ pair) => pair?.[host.theme.dark() ? 1 : 0],
    live: () => store.get().checkpoint,
  });
  const cards = createCards(room);
  const results = createResults(room, store, cards.filter);
  cards.filter(results.off());
  const refresh = () => Promise.all([cards.refresh(), results.refresh()]);
  element.classList.add("lz-models");
  element.replaceChildren(h("div", { class: "lz-models-main" }, results.element, cards.element),
    h("aside", { class: "lz-models-rail", "aria-label": t("models.rail") }, results.filters,
      createOwn(room)));
  const unfollow = host.theme.follow(() => void (element.hidden || refresh()));
  return {
    async open() {
      await refresh();
      element.dataset.ready = "";
    },
    dispose() {
      unfollow();
      results.dispose();
      element.replaceChildren();
    },
  };
}
