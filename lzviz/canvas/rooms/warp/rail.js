// @ts-check
/** The options of a warp: where the saliency comes from, three sliders, More. */
import { reasonAgainst, samplerOf, sourceOf } from "../../core/context.js";
import { numberOf } from "../../core/bound.js";
import { segmented } from "../../kit/controls.js";
import { h, setText } from "../../kit/dom.js";
import { createMore } from "./more.js";
import { ownSection, prescribedSection, sourceOptions } from "./settings.js";
import { hasTwin, zoomedSize } from "../../engine/samplers.js";
import { registered, t } from "../../core/text.js";
import { takeDrops } from "../../shell/intake.js";
import { ROUTES } from "../../schema/routes.js";

/** @typedef {import("../../core/context.js").Context} Context */

/** The routes by which a map comes from elsewhere, by what a source takes. @type {Record<string, string>} */
const SENT = { picture: ROUTES.saliency.path, file: ROUTES.addMap.path };

/** @param {Context} context */
function saliencySection(context) {
  const { store, live, schema, actions, host } = context;
  const { sources } = host.catalogue;
  const offered = sources.map(({ name, title }) => ({ value: name, label: registered(`source.${name}`, title) }));
  const from = segmented(schema.field("saliency").label, offered, actions.chooseSaliency);
  from.element.classList.add("lz-thirds");
  from.element.dataset.control = "saliency";
  const pick = h("button", { type: "button", class: "lz-link", onclick: () => actions.openMap() },
    t("saliency.another"));
  const note = h("p", { class: "lz-note" });
  /** @param {import("../../schema/contract.js").SourceLine} source */
  function unfit({ name, takes }) {
    const line = samplerOf(context, store.get().sampler);
    if (line && !line.saliency.includes(name)) return t("saliency.unfit", { sampler: line.title });
    if (takes in SENT && !host.transport.answers(SENT[takes])) return t("saliency.offline");
    return name !== "fixed" || host.catalogue.fixed || live.get().fixed ? null : t("saliency.noFixed");
  }
  const refresh = () => {
    const source = sourceOf(context, store.get().saliency);
    from.show(source?.name);
    const against = reasonAgainst(context, "saliency");
    if (against) from.setReason(against);
    else for (const each of sources) from.setReason(unfit(each), each.name);
    setText(note, against ?? (source ? registered(`source.${source.name}.help`, source.help) : ""));
    pick.hidden = source?.takes !== "file" || against !== null;
  };
  store.subscribe((_, changed) => (changed.has("saliency") || changed.has("sampler")) && refresh());
  live.subscribe((_, changed) => (changed.has("fixed") || changed.has("file")) && refresh());
  refresh();
  const element = h("section", { class: "lz-section", "aria-label": t("saliency") },
    h("div", { class: "lz-head" }, schema.field("saliency").label), from.element, note, pick, sourceOptions(context));
  return takeDrops(element, (file) => actions.takeMap(file));
}

/** @param {Context} context */
function sliderSection(context) {
  const { store, live } = context;
  const sliders = [numberOf(context, "strength", { reasons: true }), numberOf(context, "fwhm", { reasons: true }),
    numberOf(context, "width", { reasons: true, unit: "", format: (value) => sizeText(value, live.get().image) })];
  const refresh = () => sliders.forEach((slider) => slider.refresh());
  store.subscribe(refresh);
  live.subscribe((_, changed) => changed.has("image") && refresh());
  refresh();
  return h("section", { class: "lz-section lz-sliders", "aria-label": t("rail") },
    ...sliders.map(({ element }) => element));
}

/** The size that a width makes; the most that a picture may make is told. @param {number} width
 * @param {import("../../core/context.js").SourceImage | null} image */
function sizeText(width, image) {
  if (!image) return String(width);
  const [rows, columns] = zoomedSize(width, [image.height, image.width]);
  return t(columns < width ? "size.most" : "size", { width: columns, height: rows });
}

/** Who computes, where it is not the browser. @param {Context} context */
function pythonNote({ store, host }) {
  const note = h("p", { class: "lz-note" },
    t(host.transport.answers(ROUTES.compute.path) ? "python.follows" : "python.missing"));
  const section = h("section", { class: "lz-section", "aria-label": t("python.who") }, note);
  const refresh = () => { section.hidden = hasTwin(store.get().sampler); };
  store.subscribe((_, changed) => changed.has("sampler") && refresh());
  refresh();
  return section;
}

/** @param {Context} context @returns {HTMLElement[]} */
export const createWarpRail = (context) => [pythonNote(context), prescribedSection(context), saliencySection(context),
  sliderSection(context), ownSection(context), createMore(context)];
