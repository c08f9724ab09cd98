// @ts-check
/** The options of a warp: where the saliency comes from, three sliders, More. */
import { reasonAgainst, samplerOf } from "../../core/context.js";
import { choices, outputHeight } from "../../core/schema.js";
import { segmented, slider } from "../../kit/controls.js";
import { h, setText } from "../../kit/dom.js";
import { createMore } from "./more.js";
import { ownSection, prescribedSection } from "./settings.js";
import { hasTwin } from "../../engine/samplers.js";

/** @typedef {import("../../core/context.js").Context} Context */

/** @param {Context} context */
function saliencySection(context) {
  const { store, live, schema, actions, host } = context;
  const field = schema.field("saliency");
  const from = segmented("Saliency from", choices(field), actions.chooseSaliency);
  from.element.classList.add("lz-thirds");
  const pick = h("button", { type: "button", class: "lz-link", onclick: actions.openMap }, "Open another map");
  const note = h("p", { class: "lz-note" });
  /** @param {string} kind @param {string | null} offline */
  function unfit(kind, offline) {
    const line = samplerOf(context, store.get().sampler);
    const fixed = host.catalogue.fixed || live.get().fixed ? null : "This page carries no fixed map.";
    const missing = kind === "fixed" ? fixed : kind === "edges" || kind === "file" ? offline : null;
    const unfits = line && !line.saliency.includes(kind) ? `${line.title} does not take its saliency from here.` : null;
    from.setReason(unfits ?? missing, kind);
  }
  const refresh = () => {
    const { saliency } = store.get();
    from.show(saliency);
    const offline = host.static ? "A page without Python cannot compute this." : null;
    const against = reasonAgainst(context, "saliency");
    if (against) from.setReason(against);
    else for (const kind of field.choices ?? []) unfit(kind, offline);
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

/** @param {number} width @param {import("../../core/context.js").SourceImage | null} image */
const sizeText = (width, image) =>
  image ? `${width} × ${outputHeight(width, image.width, image.height)}` : String(width);

/** Who computes, where it is not the browser. @param {Context} context */
function pythonNote({ store, host }) {
  const note = h("p", { class: "lz-note" }, host.static ? "Computed by Python, which this page does not have."
    : "Computed by Python: the views follow its answer.");
  const section = h("section", { class: "lz-section", "aria-label": "Who computes" }, note);
  const refresh = () => { section.hidden = hasTwin(store.get().sampler); };
  store.subscribe((_, changed) => changed.has("sampler") && refresh());
  refresh();
  return section;
}

/** @param {Context} context @returns {HTMLElement[]} */
export const createWarpRail = (context) => [pythonNote(context), prescribedSection(context), saliencySection(context),
  sliderSection(context), ownSection(context), createMore(context)];
