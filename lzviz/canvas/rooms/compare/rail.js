// @ts-check
/**
 * The rail: the footprints of all panes at one place, their zoomed images, score against cost, samples by class and by
 * area; and where the saliency of those that look comes from.
 */
import { sourceOf } from "../../core/context.js";
import { numberOf, choiceOf } from "../../core/bound.js";
import { registered, t } from "../../core/text.js";
import { segmented } from "../../kit/controls.js";
import { h, setText } from "../../kit/dom.js";
import { section } from "../../kit/lines.js";
import { ROUTES } from "../../schema/routes.js";
import { createCrops } from "./crops.js";
import { figuresOf } from "./figures.js";
import { detects, looks } from "./methods.js";
import { createThumbs } from "./thumbs.js";

/** The routes by which a map comes from elsewhere, by what a source takes. @type {Record<string, string>} */
const SENT = { picture: ROUTES.saliency.path, file: ROUTES.addMap.path };

/** @param {import("../../viewer/room.js").Place<import("./asking.js").Answers>} place */
export function createCompareRail(place) {
  const { context } = place;
  const figures = figuresOf(place);
  const { store, live, schema, actions, host } = context;
  const { sources } = host.catalogue;
  const crops = createCrops(place);
  const thumbs = createThumbs(place);
  const from = segmented(schema.field("saliency").label,
    sources.map(({ name, title }) => ({ value: name, label: registered(`source.${name}`, title) })),
    actions.chooseSaliency);
  from.element.classList.add("lz-thirds");
  const note = h("p", { class: "lz-note" });
  const strength = numberOf(context, "strength");
  const mode = choiceOf(context, "mode");
  /** @param {import("../../schema/contract.js").SourceLine} source */
  function unfit({ name, takes }) {
    if (takes in SENT && !host.transport.answers(SENT[takes])) return t("saliency.offline");
    return name !== "fixed" || host.catalogue.fixed || live.get().fixed ? null : t("saliency.noFixed");
  }
  const hand = section(t("saliency"), from.element, note, strength.element);
  const least = numberOf(context, "foundScore");
  const boxes = section(t("compare.detectors"), least.element);
  const reading = section(t("sampler.reading"), mode.element, h("p", { class: "lz-note" }, t("compare.settings")));
  const refresh = () => {
    hand.hidden = reading.hidden = !store.get().compared.some((name) => looks(context, name));
    boxes.hidden = !store.get().compared.some((name) => detects(context, name));
    least.refresh();
    const source = sourceOf(context, store.get().saliency);
    from.show(source?.name);
    for (const each of sources) from.setReason(unfit(each), each.name);
    setText(note, source ? registered(`source.${source.name}.help`, source.help) : "");
    strength.refresh();
    strength.setReason(source?.weighs ? null : t("strength.byHand"));
    mode.refresh();
  };
  refresh();
  return { elements: [boxes, hand, section(t("compare.footprints"), crops.element),
    section(t("state.show.deformed"), thumbs.element), figures.home, reading],
  refresh() {
    refresh();
    crops.show();
    thumbs.show();
    figures.show();
  } };
}
