// @ts-check
/** What buttons and keys do, put together from the parts that can do it. */
import { missingFromLink } from "../core/address.js";
import { openCamera } from "./webcam.js";
import { saveFile, showExport, showKeys, showLink } from "../kit/dialogs.js";
import { FILM_KINDS } from "../core/pictures.js";
import { PICTURES } from "../core/rooms.js";
import { ARRAYS, chooseFile } from "./intake.js";
import { putBack } from "../core/prescribed.js";
import { handOf } from "../engine/saliency.js";
import { t } from "../core/text.js";
import { trouble } from "../core/errors.js";
import { ROUTES } from "../schema/routes.js";

/**
 * @typedef {import("../core/context.js").Context} Context
 * @typedef {import("../core/context.js").Actions} Actions
 * @typedef {import("../core/store.js").State} State
 *
 * @typedef {object} Parts  made after the actions, so they are looked up when needed
 * @property {ReturnType<typeof import("../core/images.js").createImages>} images
 * @property {(files: File[]) => void} bring  pictures and films of the visitor
 * @property {ReturnType<typeof import("../core/client.js").createPython>} python
 * @property {{link: () => Promise<string>}} address
 * @property {() => readonly import("./keys.js").Command[]} commands
 * @property {() => import("../core/rooms.js").Mounted} room  the one that is shown
 * @property {Readonly<Record<string, import("../core/rooms.js").Mounted>>} rooms  all, by id
 */

/** Clears what was made by hand for the saliency of now. @param {Context} context */
function clear({ store, rooms }) {
  const state = store.get();
  const room = rooms.of(state);
  const key = room.paintKey(state);
  if (key) store.set({ [key]: null }, { history: true });
  else if (room.takesBoxes(state)) store.set({ boxes: [] }, { history: true });
}

/**
 * A sampler with the settings of now: methods are compared at equal settings. Those that the sampler of now prescribes
 * and that took the place of the visitor's go with it.
 * @param {Context} context @param {string} name @returns {Partial<State>}
 */
export function samplerPatch(context, name) {
  const led = context.rooms.ofSampler(name);
  if (led) return { room: led.id };
  return { ...putBack(context), room: context.schema.field("room").default, sampler: name };
}

/**
 * The saliency of a kind, with the tool that makes it by hand.
 * @param {State} state @param {State["saliency"]} saliency @returns {Partial<State>}
 */
export function saliencyPatch(state, saliency) {
  const hand = handOf(saliency);
  const wanted = hand === "boxes" ? "box" : hand ? "paint" : "pick";
  const fits = wanted === "paint" ? state.tool === "paint" || state.tool === "erase" : state.tool === wanted;
  return { saliency, tool: fits || state.tool === "pan" ? state.tool : /** @type {State["tool"]} */ (wanted) };
}

/** Says something for a while. @param {Context["live"]} live @param {string} notice @param {number} [ms] */
function notify(live, notice, ms = 8000) {
  live.set({ error: null, notice });
  setTimeout(() => live.get().notice === notice && live.set({ notice: null }), ms);
}

/** Copies the link, or shows it where copying is refused. @param {Context} context @param {Parts} parts */
async function share({ store, live, root }, parts) {
  const link = await parts.address.link();
  const notes = missingFromLink(store.get());
  try {
    await navigator.clipboard.writeText(link);
    notify(live, t("share.copied", { notes: [t("share.done"), ...notes] }), notes.length ? 8000 : 2500);
  } catch {
    showLink(root, link, notes);
  }
}

/** Formats of pictures, which are drawn here; Python writes the others. */
const DRAWN = new Set(["png", "svg"]);

/** @param {Context} context @param {Parts} parts @param {string} what @param {string} format */
async function save(context, parts, what, format) {
  const { live, store } = context;
  const room = parts.room();
  const name = `lzviz-${store.get().image}-${what}.${format}`;
  try {
    if (draws(room, what, [format])) {
      saveFile(await room.exportView(what, format), name);
      return;
    }
    const file = await parts.python.download(what, format, parts.room().truth?.() ?? null);
    saveFile(file.blob, file.name ?? name);
  } catch (error) {
    live.set({ error: trouble(t("export.failed", { what: t("export.as", { what, format }) }), error, {
      press: t("error.tryAgain"), run: () => void save(context, parts, what, format) }) });
  }
}

/**
 * Whether a file is drawn here.
 * @param {import("../core/rooms.js").Mounted} room @param {string} what @param {readonly string[]} formats
 * @returns {room is import("../core/rooms.js").Mounted & {exportView: (what: string, format: string) => Promise<Blob>}}
 */
const draws = (room, what, formats) => room.exportView !== undefined && formats.every((format) => DRAWN.has(format))
  && (room.exportsView?.(what) ?? true);

/** @param {Context["host"]} host */
const exports = ({ transport }) => transport.answers(ROUTES.export.path);

/** @param {Context} context @param {Parts} parts @returns {(what: string) => string | null} */
function exportReason({ host, rooms, store }, parts) {
  return (what) => {
    if (exports(host)) return parts.room().exportReason?.(what) ?? null;
    const offered = rooms.of(store.get()).files.find((line) => line?.[0] === what);
    const drawn = offered && draws(parts.room(), what, offered[1]);
    return drawn ? parts.room().exportReason?.(what) ?? null : t("export.needsPython");
  };
}

/** @param {Context} context @param {Parts} parts @returns {Actions} */
export function createActions(context, parts) {
  const { store, live, rooms } = context;
  const complain = (/** @type {string} */ text) => live.set({ error: { text } });
  return {
    undo: () => live.get().painting || store.undo(),
    redo: () => live.get().painting || store.redo(),
    clear: () => clear(context),
    theme: () => context.host.theme.set(!context.host.theme.dark()),
    keys: () => showKeys(context.root, parts.commands()),
    share: () => void share(context, parts),
    showExport: () => showExport(context.root, rooms.of(store.get()).files,
      (what, format) => save(context, parts, what, format), exportReason(context, parts)),
    openFile: () => chooseFile((_, files) => parts.bring(files), `${PICTURES},${FILM_KINDS}`, true),
    openMap: (patch) => chooseFile((file) => void parts.images.openMap(file, file.name, patch), ARRAYS),
    takeMap: (file, patch) => void parts.images.openMap(file, file.name, patch),
    openCamera: () => void openCamera(context.root, (blob, title) => void parts.images.open(blob, title), complain),
    examine() {
      const room = rooms.examining();
      if (!room || rooms.of(store.get()) === room) return;
      const shown = parts.room();
      const given = shown.warp?.();
      // Where there is no warp yet the room stays: the doctor's specimen would pass for what is shown here.
      if (given) parts.rooms[room.id].examine?.(given);
      else if (shown.warp) notify(live, t("doctor.noWarp"));
      else if (!rooms.of(store.get()).whole) notify(live, t("doctor.neverWarps"));
      else store.set({ room: room.id }, { history: true });
    },
    choosePicture: (id) => parts.images.choose(id),
    chooseSampler(name) {
      store.set(samplerPatch(context, name), { history: true });
      live.set({ yours: null });
    },
    chooseSaliency(kind) {
      if (kind === "file" && !live.get().file) chooseFile((file) => void parts.images.openMap(file, file.name), ARRAYS);
      else store.set(saliencyPatch(store.get(), kind), { history: true });
    },
  };
}
