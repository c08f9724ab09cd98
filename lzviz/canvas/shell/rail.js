// @ts-check
/** The rail: image, sampler, where the saliency comes from, three sliders, More. */
import { choices } from "../core/schema.js";
import { keys, segmented } from "../kit/controls.js";
import { listMenu } from "../kit/menu.js";
import { h, setText } from "../kit/dom.js";
import { icon } from "../kit/icons.js";
import { reasonAgainst } from "../core/context.js";
import { picturePath } from "../core/wire.js";
import { t } from "../core/text.js";
import { keyName } from "../kit/dialogs.js";
import { percent } from "../kit/format.js";

/** @typedef {import("../core/context.js").Context} Context */

/** @param {Context} context */
function imageSection({ host, store, live, actions }) {
  const title = h("span", { class: "lz-now", translate: "no" });
  const thumbs = host.catalogue.pictures.map((picture) => h("button", {
    type: "button", class: "lz-thumb", "aria-label": picture.title, "data-tip": picture.title, "data-id": picture.id,
      translate: "no",
    "data-film": picture.frames ? "" : null, onclick: () => actions.choosePicture(picture.id),
  }, picture.frames ? icon("play") : null));
  for (const thumb of thumbs) void showThumb(host, thumb);
  const upload = h("button", { type: "button", class: "lz-thumb lz-thumb-add", "aria-label": t("keys.open"),
    "data-tip": t("image.open"), "data-key": "O", onclick: actions.openFile }, icon("upload"));
  const camera = h("button", { type: "button", class: "lz-thumb lz-thumb-add", "aria-label": t("image.take"),
    "data-tip": t("image.camera"), onclick: actions.openCamera }, icon("camera"));
  const note = h("p", { class: "lz-note", hidden: true });
  const refresh = () => {
    const { image } = store.get();
    const { own, loading, image: shown } = live.get();
    for (const thumb of thumbs) {
      thumb.setAttribute("aria-pressed", String(thumb.dataset.id === image));
      thumb.toggleAttribute("data-loading", loading && thumb.dataset.id === image);
    }
    upload.setAttribute("aria-pressed", String(image === "own"));
    const picture = host.catalogue.pictures.find(({ id }) => id === image);
    setText(title, picture?.title ?? own?.title ?? t("image.own"));
    const text = sizeNote(shown, image === "own" ? own?.notes ?? [] : []);
    setText(note, text);
    note.hidden = !text;
  };
  store.subscribe((_, changed) => changed.has("image") && refresh());
  live.subscribe((_, changed) => (changed.has("own") || changed.has("loading") || changed.has("image")) && refresh());
  refresh();
  return h("section", { class: "lz-section lz-images", "aria-label": t("image") },
    h("div", { class: "lz-head" }, h("span", {}, t("image")), title),
    h("div", { class: "lz-thumbs" }, ...thumbs, upload, camera), note);
}

/** @param {import("../core/context.js").Host} host @param {HTMLElement} thumb */
async function showThumb({ transport }, thumb) {
  const address = await transport.address(`${picturePath(thumb.dataset.id ?? "")}?thumb=1`);
  thumb.style.backgroundImage = `url("${address}")`;
}

/**
 * What differs between the picture that is shown and the one that is computed on.
 * @param {import("../core/context.js").SourceImage | null} image @param {readonly import("../core/text.js").Text[]}
 * notes
 */
export function sizeNote(image, notes) {
  /** @type {(string | import("../core/text.js").Text)[]} */
  const parts = [...notes];
  if (image && image.scale < 1) {
    const share = 1 / image.scale;
    const size = Number.isInteger(share) ? `1/${share}` : percent(image.scale, 0);
    parts.unshift(t("image.shownAt", { size, width: String(image.width), height: String(image.height) }));
  }
  return t("image.notes", { notes: parts });
}

/** @param {Context} context */
function samplerSection(context) {
  const { host, store, schema, actions, rooms } = context;
  const items = host.catalogue.samplers.map(({ name, title, summary, paper }) =>
    ({ value: name, title, note: summary, detail: paper, data: true }));
  const menu = listMenu(t("sampler"), items, actions.chooseSampler);
  const field = schema.field("mode");
  const mode = segmented(t("sampler.reading"), choices(field), (value) => store.set({ mode: value },
    { history: true }));
  const refresh = () => {
    menu.show(rooms.samplerOf(store.get()));
    section.hidden = rooms.of(store.get()).hidesSamplers === true;
    mode.show(store.get().mode);
    mode.setReason(reasonAgainst(context, "mode"));
    mode.element.setAttribute("data-tip", field.help);
  };
  mode.element.dataset.control = "mode";
  const section = h("section", { class: "lz-section lz-sampler", "aria-label": t("sampler") },
    h("div", { class: "lz-head" }, t("sampler")), menu.element, mode.element);
  store.subscribe((_, changed) => ["room", "sampler", "mode"].some((key) => changed.has(key)) && refresh());
  refresh();
  return section;
}

/** @param {Context} context @param {readonly HTMLElement[]} parts  of the rooms @returns {HTMLElement} */
export function createRail(context, parts) {
  const { store, rooms } = context;
  const flip = h("span");
  const tell = () => setText(flip, t(rooms.of(store.get()).flip));
  store.subscribe((_, changed) => changed.has("room") && tell());
  tell();
  const help = h("p", { class: "lz-keys-line" },
    h("span", {}, ...keys(keyName(" ")), " ", flip),
    h("span", {}, ...keys("[", "]"), " ", t("rail.brush")), h("span", {}, ...keys("Z"), " ", t("rail.undo")),
    h("button", { type: "button", class: "lz-link", onclick: context.actions.keys }, ...keys("?"), " ",
      t("rail.keys")));
  const handle = h("button", { type: "button", class: "lz-sheet-handle", "aria-label": t("rail.handle"),
    "aria-expanded": "false", onclick: () => {
      const open = rail.toggleAttribute("data-open");
      handle.setAttribute("aria-expanded", String(open));
    } });
  const rail = h("aside", { class: "lz-rail", "aria-label": t("rail") }, handle,
    imageSection(context), ...context.rooms.all.map(({ menu }) => menu?.(context)), samplerSection(context), ...parts,
    h("span", { class: "lz-grow" }), help);
  return rail;
}

