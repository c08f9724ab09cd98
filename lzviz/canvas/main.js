// @ts-check
/** The only module that knows everyone: puts store, stage and chrome together in one element. */
import { createCad } from "./rooms/cad/cad.js";
import { createActions } from "./shell/actions.js";
import { followAddress, stateOfLink } from "./core/address.js";
import * as codec from "./engine/codec.js";
import { listenForKeys, pageCommands } from "./shell/keys.js";
import { emptyLive, roomOf } from "./core/context.js";
import { h } from "./kit/dom.js";
import { createDock } from "./rooms/warp/dock.js";
import { createHint } from "./rooms/warp/hint.js";
import { createImages } from "./core/images.js";
import { listenForFiles } from "./shell/intake.js";
import { spots } from "./core/maps.js";
import { createPython } from "./core/client.js";
import { createRail } from "./shell/rail.js";
import { shareRoom } from "./shell/space.js";
import { createSchema, defaults, untracked } from "./core/schema.js";
import { createStatus } from "./shell/status.js";
import { loadStyles } from "./core/styles.js";
import { startTheme } from "./kit/theme.js";
import { createTip } from "./kit/tip.js";
import { createTools } from "./shell/tools.js";
import { createTopbar } from "./shell/topbar.js";
import { floatsFromBase64 } from "./core/wire.js";
import { createLearned } from "./rooms/pipeline/pipeline.js";
import { createStage } from "./rooms/warp/stage.js";
import { createStore } from "./core/store.js";

/**
 * @typedef {import("./core/context.js").Host} Host
 * @typedef {import("./core/context.js").Context} Context
 */

const STYLES = ["style/tokens.css", "style/page.css", "style/stage.css", "style/cad.css", "style/learned.css"];

/** @param {string} address @returns {Promise<any>} */
async function fetchJson(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer.json();
}

/**
 * What the page is made of: styles, schema and catalogue.
 * @param {Host & {styled?: boolean}} host
 */
async function prepare(host) {
  const [json, catalogue] = await Promise.all([
    host.schema ?? fetchJson(new URL("schema.json", import.meta.url).href),
    host.catalogue ?? fetchJson(new URL("lzviz/catalogue", host.base).href),
    host.styled ? null : loadStyles(STYLES),
  ]);
  const registries = { samplers: catalogue.samplers.map((/** @type {{name: string}} */ { name }) => name) };
  return { schema: createSchema(json, registries), host: { ...host, catalogue } };
}

/** @param {import("./core/context.js").Catalogue["fixed"]} fixed */
const fixedMap = (fixed) => (fixed ? { h: fixed.h, w: fixed.w, data: floatsFromBase64(fixed.data) } : null);

/** The regions of the page, in the order of the keyboard. @param {Context} context */
function layOut(context) {
  const stage = h("main", { class: "lz-stage", "aria-label": "Views" });
  context.root.replaceChildren(createTopbar(context), createTools(context), stage, createDock(context),
    createRail(context), createStatus(context));
  context.root.classList.add("lz-page");
  context.root.toggleAttribute("data-framed", window.parent !== window);
  return stage;
}

/**
 * What a page shows first: the state of its link; without one, the first picture with a spot painted.
 * @param {Context} context
 */
async function firstState(context) {
  if (window.location.hash.length > 1) return stateOfLink(context, codec, window.location.hash);
  const { pictures } = context.host.catalogue;
  const state = { ...context.store.get() };
  const picture = pictures.find(({ id }) => id === state.image) ?? pictures[0];
  const paint = picture?.start?.length ? spots(picture.start, picture) : null;
  return { state: { ...state, image: picture?.id ?? state.image, paint }, notice: null };
}

/**
 * Builds the Explore page in `element`.
 * @param {HTMLElement} element @param {Host} given
 * @returns {Promise<{store: Context["store"], live: Context["live"], stage: any, dispose: () => void}>}
 */
export async function mount(element, given) {
  const { schema, host } = await prepare(given);
  startTheme();
  const context = /** @type {Context} */ ({ schema, host, root: element,
    store: createStore(defaults(schema), { untracked: untracked(schema) }),
    live: createStore({ ...emptyLive(), fixed: fixedMap(host.catalogue.fixed) }) });
  const first = await firstState(context);
  context.store = createStore(first.state, { untracked: untracked(schema) });
  context.live.set({ notice: first.notice });

  const parts = /** @type {import("./shell/actions.js").Parts} */ ({});
  context.actions = createActions(context, parts);
  const room = layOut(context);
  parts.stage = createStage(room, context);
  parts.images = createImages(context);
  parts.python = createPython(context, codec, parts.images.giveAgain);
  const cad = createCad(context, room, parts.stage, parts.python.question);
  const learned = createLearned(context, room, parts.stage, parts.python.question);
  const page = pageCommands(context);
  parts.rooms = { warp: parts.stage, cad, pipeline: learned, models: parts.stage };
  parts.commands = () => {
    const name = roomOf(context.store.get());
    return [...page.filter(({ id }) => name === "warp" || id !== "tool-box"), ...parts.rooms[name].commands];
  };
  const address = followAddress(context, codec, (state, notice) => {
    context.store.set(state, { history: true });
    context.live.set({ notice, error: null });
  });
  parts.address = address;
  const ends = [address.stop, createTip(element), listenForKeys(element, parts.commands),
    listenForFiles(context, parts.images),
    context.store.subscribe((_, changed) => changed.has("image") && void parts.images.follow())];
  ends.push(shareRoom(context, room, parts.stage.slot));
  createHint(context, room);
  await parts.images.follow();
  address.later();
  Object.assign(/** @type {any} */ (element).lzviz, { cad, learned });
  element.dataset.ready = "1";
  return { store: context.store, live: context.live, stage: parts.stage,
    dispose: () => [...ends, cad.dispose, learned.dispose, () => parts.stage.dispose?.()].forEach((end) => end()) };
}
