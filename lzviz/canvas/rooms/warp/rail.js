// @ts-check
/** The options of a warp: where the saliency comes from, three sliders, More. */
import { reasonAgainst, samplerOf, sourceOf } from "../../core/context.js";
import { outputHeight } from "../../core/schema.js";
import { segmented, slider } from "../../kit/controls.js";
import { h, setText } from "../../kit/dom.js";
import { createMore } from "./more.js";
import { ownSection, prescribedSection, sourceOptions } from "./settings.js";
import { hasTwin } from "../../engine/samplers.js";

/** @typedef {import("../../core/context.js").Context} Context */

/** @param {Context} context */
function saliencySection(context) {
  const { store, live, schema, actions, host } = context;
  const { sources } = host.catalogue;
  const offered = sources.map(({ name, title }) => ({ value: name, label: title }));
  const from = segmented(schema.field("saliency").label, offered, actions.chooseSaliency);
  from.element.classList.add("lz-thirds");
  const pick = h("button", { type: "button", class: "lz-link", onclick: () => actions.openMap() }, "Open another map");
  const note = h("p", { class: "lz-note" });
  /** @param {import("../../schema/contract.js").SourceLine} source */
  function unfit({ name, takes }) {
    const line = samplerOf(context, store.get().sampler);
    if (line && !line.saliency.includes(name)) return `${line.title} does not take its saliency from here.`;
    if (host.static && (takes === "picture" || takes === "file")) return "A page without Python cannot compute this.";
    return name !== "fixed" || host.catalogue.fixed || live.get().fixed ? null : "This page carries no fixed map.";
  }
  const refresh = () => {
    const source = sourceOf(context, store.get().saliency);
    from.show(source?.name);
    const against = reasonAgainst(context, "saliency");
    if (against) from.setReason(against);
    else for (const each of sources) from.setReason(unfit(each), each.name);
    setText(note, against ?? source?.help ?? "");
    pick.hidden = source?.takes !== "file" || against !== null;
  };
  store.subscribe((_, changed) => (changed.has("saliency") || changed.has("sampler")) && refresh());
  live.subscribe((_, changed) => (changed.has("fixed") || changed.has("file")) && refresh());
  refresh();
  return h("section", { class: "lz-section", "aria-label": "Saliency" },
    h("div", { class: "lz-head" }, schema.field("saliency").label), from.element, note, pick, sourceOptions(context));
}

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
