// @ts-check
/** The only module that knows everyone: puts store, stage and chrome together in one element. */
import { createActions } from "./shell/actions.js";
import { followUse } from "./core/active.js";
import { followAddress, stateOfLink } from "./core/address.js";
import { ownAddress, ownTheme } from "./core/browser.js";
import * as codec from "./engine/codec.js";
import { listenForKeys, pageCommands } from "./shell/keys.js";
import { emptyLive } from "./core/context.js";
import { h } from "./kit/dom.js";
import { offerBack } from "./shell/back.js";
import { createAgain } from "./core/again.js";
import { createBrought } from "./core/brought.js";
import { withOwnCheckpoints } from "./core/own.js";
import { createImages } from "./core/images.js";
import { listenForFiles } from "./shell/intake.js";
import { spots } from "./core/maps.js";
import { createPatience, pageName } from "./core/patience.js";
import { createPython } from "./core/client.js";
import { createRail } from "./shell/rail.js";
import { shareRoom } from "./shell/space.js";
import { isFilm } from "./core/pictures.js";
import { createSchema, defaults, untracked } from "./core/schema.js";
import { createStatus } from "./shell/status.js";
import { createFilms } from "./shell/films.js";
import { createStrip } from "./shell/strip.js";
import { learn } from "./core/language.js";
import { loadStyles } from "./core/styles.js";
import { createTip } from "./kit/tip.js";
import { explainTerms } from "./shell/terms.js";
import { watchWork } from "./core/work.js";
import { createTools } from "./shell/tools.js";
import { createTopbar } from "./shell/topbar.js";
import { teach } from "./shell/teaching.js";
import { floatsFromBase64 } from "./core/wire.js";
import { ROOMS } from "./rooms/list.js";
import { createStore } from "./core/store.js";
import { ROUTES } from "./schema/routes.js";
import { FROM } from "./core/options.js";
import { registered, t } from "./core/text.js";

export { browserPage } from "./core/browser.js";
export { overHttp, overWidget } from "./core/transport.js";

/**
 * @typedef {import("./core/context.js").Given} Given
 * @typedef {import("./core/context.js").Context} Context
 * @typedef {{name: string, options: readonly import("./core/schema.js").Option[]}} Line
 */

const STYLES = ["style/tokens.css", "style/page.css", "style/stage.css", ...ROOMS.all.flatMap(({ styles }) => styles)];

/** What a mount writes on its element. */
const OURS = new Set(["framed", "room", "dock", "view", "paints", "whole", "theme", "ready", "lzviz-ready", "class",
  "explained"].map((name) => `data-${name}`));

/** @param {string} address @returns {Promise<any>} */
async function fetchJson(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer.json();
}

/**
 * What the page is made of: styles, schema, catalogue and language.
 * @param {Given} host
 */
async function prepare(host) {
  const catalogue = host.catalogue ?? await (await host.transport.ask(ROUTES.catalogue.path)).json();
  const [json, language] = await Promise.all([
    host.schema ?? fetchJson(new URL("schema.json", import.meta.url).href),
    learn(host, catalogue.languages ?? []),
    host.styled ? null : loadStyles(STYLES),
  ]);
  const names = (/** @type {readonly {name: string}[]} */ lines) => lines.map(({ name }) => name);
  catalogue.samplers = catalogue.samplers.map(named);
  if (catalogue.checkpoints) catalogue.checkpoints = withOwnCheckpoints(catalogue.checkpoints);
  const registries = { samplers: names(catalogue.samplers), sources: names(catalogue.sources) };
  const own = { address: host.address ?? ownAddress(), theme: host.theme ?? ownTheme() };
  const owners = [...catalogue.samplers.map((/** @type {Line} */ line) => [line.name, line]),
    ...catalogue.sources.map((/** @type {Line} */ line) => [FROM + line.name, line])];
  const options = Object.fromEntries(owners.map(([owner, line]) =>
    [owner, line.options.filter((/** @type {import("./core/schema.js").Option} */ { own: alone }) => alone)]));
  return { language, schema: createSchema(json, registries, options), host: { ...host, ...own, catalogue } };
}

/**
 * A sampler by the words of the page's language, where it ships with lzviz.
 * @param {import("./core/context.js").Sampler} line @returns {import("./core/context.js").Sampler}
 */
const named = (line) => ({ ...line, ...Object.fromEntries(/** @type {const} */ (["title", "summary",
  "paper"]).map((key) =>
  [key, registered(`sampler.${line.name}.${key}`, line[key])])) });

/** @param {import("./core/context.js").Catalogue["fixed"]} fixed */
const fixedMap = (fixed) => (fixed ? { h: fixed.h, w: fixed.w, data: floatsFromBase64(fixed.data) } : null);

/** A place for what one room puts between the parts of all. */
const part = () => h("div", { class: "lz-part", hidden: true });

/**
 * The regions of the page, in the order of the keyboard; a document has one `main`, perhaps around the mount.
 * @param {Context} context @param {ReturnType<typeof createStrip>} strip
 */
function layOut(context, strip) {
  /** @param {string} name @param {object} props */
  const region = (name, props) => (context.root.closest("main") ? h("div", { ...props, role: "region", class: name })
    : h("main", { ...props, class: name }));
  const stage = region("lz-stage", { "aria-label": t("main.views") });
  const places = Object.fromEntries(context.rooms.all.map(({ id, whole, tab }) => [id, { rail: part(), dock: part(),
    element: whole ? region("lz-whole", { "aria-label": registered(`tab.${tab}`, tab), hidden: true }) : stage }]));
  const parts = Object.values(places);
  context.root.replaceChildren(createTopbar(context, strip.button), strip.element, createTools(context), stage,
    h("div", { class: "lz-dock" }, ...parts.map(({ dock }) => dock)),
    createRail(context, parts.map(({ rail }) => rail)),
    ...parts.map(({ element }) => element).filter((element) => element !== stage), createStatus(context));
  context.root.classList.add("lz-page");
  context.root.toggleAttribute("data-framed", window.parent !== window);
  return { stage, places };
}

/**
 * Builds the rooms, and shows the one that the state means.
 * @param {Context} context @param {ReturnType<typeof layOut>} regions
 * @param {import("./core/rooms.js").Question} question
 */
function openRooms(context, { stage, places }, question) {
  const { root, store, rooms } = context;
  const slot = h("div", { class: "lz-stage-slot" });
  const mounted = Object.fromEntries(rooms.all.map((room) =>
    [room.id, room.mount(places[room.id].element, { context, question, ...places[room.id] })]));
  const now = () => mounted[rooms.of(store.get()).id];
  function mark() {
    const state = store.get();
    const room = rooms.of(state);
    root.dataset.room = room.id;
    root.dataset.view = room.view?.(state) ?? "";
    root.toggleAttribute("data-paints", room.paintKey(state) !== null);
    root.toggleAttribute("data-whole", room.whole === true);
  }
  function show() {
    mark();
    for (const [id, { rail, dock, element }] of Object.entries(places)) {
      rail.hidden = dock.hidden = mounted[id] !== now();
      if (element !== stage) element.hidden = rail.hidden;
    }
    for (const each of Object.values(mounted)) if (each !== now()) each.show(false);
    now().show(true);
    const { scene } = now();
    if (scene?.results) scene.root.insertBefore(slot, scene.results);
  }
  const stop = store.subscribe((_, changed) => (changed.has("room") ? show() : mark()));
  show();
  return { mounted, now, slot, dispose: () => [stop, ...Object.values(mounted).map((each) => each.dispose)]
    .forEach((end) => end()) };
}

/**
 * What a page shows first: the state of its link; without one, the first picture with a spot painted.
 * @param {Context} context @param {string} hash
 */
async function firstState(context, hash) {
  if (hash.length > 1) return stateOfLink(context, codec, hash);
  const { pictures } = context.host.catalogue;
  const state = { ...context.store.get() };
  const picture = pictures.find(({ id }) => id === state.image) ?? pictures[0];
  const paint = picture?.start?.length ? spots(picture.start, picture) : null;
  return { state: { ...state, image: picture?.id ?? state.image, paint }, notice: null, aside: null };
}

/**
 * Builds the page in `element`; any number of them may stand in one document.
 * @param {HTMLElement} element @param {Given} given
 * @returns {Promise<{store: Context["store"], live: Context["live"], dispose: () => void}>}
 */
export async function mount(element, given) {
  const { schema, host: found, language } = await prepare(given);
  /** @type {(working: import("./core/work.js").Working | null) => void} */
  let tell = () => {};
  const host = { ...found, transport: watchWork(found.transport, (working) => tell(working)) };
  element.lang = language;
  const dress = () => {
    element.dataset.theme = host.theme.dark() ? "dark" : "light";
  };
  dress();
  const undress = host.theme.follow(dress);
  const context = /** @type {Context} */ ({ schema, host, root: element, rooms: ROOMS, page: pageName(),
    brought: createBrought(), again: createAgain(),
    store: createStore(defaults(schema), { untracked: untracked(schema) }),
    live: createStore({ ...emptyLive(), fixed: fixedMap(host.catalogue.fixed), file: host.file ?? null }) });
  const hash = host.address.read();
  const first = await firstState(context, hash);
  context.store = createStore(first.state, { untracked: untracked(schema) });
  context.live.set({ notice: first.notice, aside: first.aside });
  tell = (working) => context.live.set({ working });
  context.patiently = createPatience(context.live);

  const parts = /** @type {import("./shell/actions.js").Parts} */ ({});
  context.actions = createActions(context, parts);
  const strip = createStrip(context, codec);
  const regions = layOut(context, strip);
  parts.images = createImages(context);
  parts.python = createPython(context, codec);
  const house = openRooms(context, regions, parts.python.question);
  const page = pageCommands(context);
  parts.room = house.now;
  const film = createFilms(context, parts, regions.stage);
  parts.bring = async (files) => {
    if ((files.length > 1 || isFilm(files[0])) && await film.open(files)) return;
    film.close();
    void parts.images.open(files[0], files[0].name || t("intake.pasted"));
  };
  parts.rooms = house.mounted;
  parts.commands = () => {
    const { tools, whole } = context.rooms.of(context.store.get());
    const has = (/** @type {string} */ id) => !id.startsWith("tool-") || tools.some((tool) => id === `tool-${tool}`);
    return [...page.filter(({ id, everywhere }) => (whole ? everywhere : has(id))), ...house.now().commands];
  };
  const address = followAddress(context, codec, ({ state, notice, aside }) => {
    context.live.set({ notice, error: null, ...(aside && { aside }) });
    context.store.set(state, { history: true });
  }, hash);
  parts.address = address;
  const ends = [address.stop, undress, ...(host.teaching ? [teach(element, host.teaching)] : []),
    context.again.stop, followUse(element), createTip(element),
    explainTerms(context, given.address !== undefined),
    listenForKeys(element, parts.commands),
    listenForFiles(context, { open: parts.bring, openMap: parts.images.openMap },
      (id, file) => house.mounted[id].examine?.(file), strip.openFile),
    strip.stop, film.stop,
    context.store.subscribe((_, changed) => ["image", "frame"].some((key) => changed.has(key))
      && void parts.images.follow())];
  ends.push(shareRoom(context, regions.stage, house.slot), house.dispose);
  await parts.images.follow();
  address.later();
  if (host.bookmarks) strip.adopt(host.bookmarks, hash.length <= 1);
  const { store, live } = context;
  if (given.address) void offerBack(context, parts.images).then((end) => ends.push(end));
  ends.push(() => bare(element));
  Object.assign(element, { lzviz: { store, live, rooms: house.mounted } });
  element.dataset.ready = "1";
  return { store, live, dispose: () => ends.forEach((end) => end()) };
}

/** Takes away what a mount has left. @param {HTMLElement} element */
function bare(element) {
  element.replaceChildren();
  element.classList.remove("lz-page");
  element.removeAttribute("style");
  element.removeAttribute("lang");
  for (const { name } of [...element.attributes]) if (OURS.has(name)) element.removeAttribute(name);
  delete /** @type {any} */ (element).lzviz;
}
