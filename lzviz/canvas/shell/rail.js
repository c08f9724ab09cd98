// @ts-check
/** The rail: image, sampler, where the saliency comes from, three sliders, More. */
import { choiceLabel, outputHeight } from "../core/schema.js";
import { keys, listMenu, segmented, slider } from "../kit/controls.js";
import { h, setText } from "../kit/dom.js";
import { icon } from "../kit/icons.js";
import { createMore } from "../rooms/warp/more.js";
import { reasonAgainst, shownSampler } from "../core/context.js";
import { createModelMenu } from "../rooms/pipeline/menu.js";

/** @typedef {import("../core/context.js").Context} Context */

/** @param {Context} context */
function imageSection({ host, store, live, actions }) {
  const title = h("span", { class: "lz-now" });
  const thumbs = host.catalogue.pictures.map((picture) => h("button", {
    type: "button", class: "lz-thumb", "aria-label": picture.title, "data-tip": picture.title, "data-id": picture.id,
    style: `background-image:url("${thumbUrl(host, picture.id)}")`, onclick: () => actions.choosePicture(picture.id),
  }));
  const upload = h("button", { type: "button", class: "lz-thumb lz-thumb-add", "aria-label": "Open a picture",
    "data-tip": "Open a picture (or drop or paste one)", "data-key": "O", onclick: actions.openFile }, icon("upload"));
  const camera = h("button", { type: "button", class: "lz-thumb lz-thumb-add", "aria-label": "Take a picture",
    "data-tip": "Take a picture with the camera", onclick: actions.openCamera }, icon("camera"));
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
    setText(title, picture?.title ?? own?.title ?? "Own picture");
    const text = sizeNote(shown, image === "own" ? own?.notes ?? [] : []);
    setText(note, text);
    note.hidden = !text;
  };
  store.subscribe((_, changed) => changed.has("image") && refresh());
  live.subscribe((_, changed) => (changed.has("own") || changed.has("loading") || changed.has("image")) && refresh());
  refresh();
  return h("section", { class: "lz-section lz-images", "aria-label": "Image" },
    h("div", { class: "lz-head" }, h("span", {}, "Image"), title),
    h("div", { class: "lz-thumbs" }, ...thumbs, upload, camera), note);
}

/** @param {import("../core/context.js").Host} host @param {string} id */
export const thumbUrl = (host, id) => new URL(`lzviz/picture/${encodeURIComponent(id)}?thumb=1`, host.base).href;

/**
 * What differs between the picture that is shown and the one that is computed on.
 * @param {import("../core/context.js").SourceImage | null} image @param {readonly string[]} notes
 */
export function sizeNote(image, notes) {
  const parts = [...notes];
  if (image && image.scale < 1) {
    const share = 1 / image.scale;
    const size = Number.isInteger(share) ? `1/${share}` : `${Math.round(100 * image.scale)} %`;
    parts.unshift(`Shown at ${size} of its size; Python computes on all ${image.width} × ${image.height} pixels.`);
  }
  return parts.join(" ");
}

/** @param {Context} context */
function samplerSection(context) {
  const { host, store, schema, actions } = context;
  const items = host.catalogue.samplers.map(({ name, title, summary, paper }) =>
    ({ value: name, title, note: summary, detail: paper }));
  const menu = listMenu("Sampler", items, actions.chooseSampler);
  const field = schema.field("mode");
  const mode = segmented("Reading", choices(field), (value) => store.set({ mode: value }, { history: true }));
  const refresh = () => {
    menu.show(shownSampler(store.get()));
    mode.show(store.get().mode);
    mode.setReason(reasonAgainst(context, "mode"));
    mode.element.setAttribute("data-tip", field.help);
  };
  store.subscribe((_, changed) => ["room", "sampler", "mode"].some((key) => changed.has(key)) && refresh());
  refresh();
  return h("section", { class: "lz-section lz-sampler", "aria-label": "Sampler" },
    h("div", { class: "lz-head" }, "Sampler"), menu.element, mode.element);
}

/** @param {import("../core/schema.js").Field} field */
export const choices = (field) =>
  (field.choices ?? []).map((value) => ({ value, label: choiceLabel(field, value) }));

/** @param {Context} context */
function saliencySection(context) {
  const { store, live, schema, actions, host } = context;
  const from = segmented("Saliency from", choices(schema.field("saliency")), actions.chooseSaliency);
  from.element.classList.add("lz-thirds");
  const pick = h("button", { type: "button", class: "lz-link", onclick: actions.openMap }, "Open another map");
  const note = h("p", { class: "lz-note" });
  const refresh = () => {
    const { saliency } = store.get();
    from.show(saliency);
    const offline = host.static ? "A page without Python cannot compute this." : null;
    from.setReason(offline, "edges");
    from.setReason(offline, "file");
    from.setReason(host.catalogue.fixed || live.get().fixed ? null : "This page carries no fixed map.", "fixed");
    const against = reasonAgainst(context, "saliency");
    if (against) from.setReason(against);
    else if (!offline) for (const kind of ["paint", "boxes", "centre"]) from.setReason(null, kind);
    setText(note, against ?? SALIENCY_NOTES[saliency]);
    pick.hidden = saliency !== "file" || against !== null;
  };
  store.subscribe((_, changed) => (changed.has("saliency") || changed.has("sampler")) && refresh());
  live.subscribe((_, changed) => (changed.has("fixed") || changed.has("file")) && refresh());
  refresh();
  return h("section", { class: "lz-section", "aria-label": "Saliency" },
    h("div", { class: "lz-head" }, "Saliency from"), from.element, note, pick);
}

const SALIENCY_NOTES = /** @type {Record<string, string>} */ ({
  paint: "Paint on the source what should be seen better.",
  edges: "Where the picture changes. Paint adds edges, erase removes them.",
  boxes: "Drag boxes on the source with the box tool.",
  centre: "A fovea: the middle of the picture.",
  fixed: "Where cars were in nuScenes, on average.",
  file: "A map of your own: bright where samples should go.",
});

/** @param {Context} context */
function sliderSection(context) {
  const { store, live, schema } = context;
  const sliders = /** @type {const} */ (["strength", "fwhm", "width"]).map((key) => {
    const field = schema.field(key);
    const control = slider(field, {
      unit: key === "strength" ? "×" : key === "fwhm" ? "cells" : "",
      onInput: (value) => store.set({ [key]: value }),
      onDone: (value) => store.set({ [key]: value }, { history: true }),
      format: key === "width" ? (value) => sizeText(value, live.get().image) : undefined,
    });
    control.element.setAttribute("data-tip", field.help);
    return { key, control };
  });
  const refresh = () => {
    for (const { key, control } of sliders) {
      control.show(store.get()[key]);
      control.setReason(reasonAgainst(context, key));
    }
  };
  store.subscribe(refresh);
  live.subscribe((_, changed) => changed.has("image") && refresh());
  refresh();
  return h("section", { class: "lz-section lz-sliders", "aria-label": "Options" },
    ...sliders.map(({ control }) => control.element));
}

/** @param {number} width @param {import("../core/context.js").SourceImage | null} image */
const sizeText = (width, image) =>
  image ? `${width} × ${outputHeight(width, image.width, image.height)}` : String(width);

/** @param {Context} context @returns {HTMLElement} */
export function createRail(context) {
  const help = h("p", { class: "lz-keys-line" },
    h("span", {}, ...keys("Space"), " flip to uniform"),
    h("span", {}, ...keys("[", "]"), " brush"), h("span", {}, ...keys("Z"), " undo"),
    h("button", { type: "button", class: "lz-link", onclick: context.actions.keys }, ...keys("?"), " all keys"));
  const handle = h("button", { type: "button", class: "lz-sheet-handle", "aria-label": "Show or hide the options",
    "aria-expanded": "false", onclick: () => {
      const open = rail.toggleAttribute("data-open");
      handle.setAttribute("aria-expanded", String(open));
    } });
  const rail = h("aside", { class: "lz-rail", "aria-label": "Options" }, handle,
    imageSection(context), createModelMenu(context) ?? "", samplerSection(context), saliencySection(context),
    sliderSection(context), createMore(context), h("span", { class: "lz-grow" }), help);
  return rail;
}

