// @ts-check
/**
 * Feature maps as pictures: adaptive above, strided or dilated below, in the same colours, every cell a flat square.
 *
 * @typedef {import("../../viewer/views.js").View} View
 * @typedef {import("./scene.js").CadScene} CadScene
 * @typedef {import("../../schema/contract.js").Features} Features
 */

import { h } from "../../kit/dom.js";
import { fromBase64 } from "../../core/wire.js";
import { caption } from "../../viewer/views.js";
import { guarantee, weightsLabel } from "./words.js";
import { t } from "../../core/text.js";

/** The networks that may stand below. */
const BESIDE = /** @type {const} */ (["strided", "dilated"]);

/**
 * Opaque pixels of a map. @param {string} text base64 of (h, w, 3) bytes @param {number} width @param {number} height
 * @returns {import("../../viewer/pixels.js").Raster}
 */
export function rasterOf(text, width, height) {
  const rgb = fromBase64(text);
  const data = new Uint8ClampedArray(4 * width * height);
  for (let k = 0; k < width * height; k++) data.set([rgb[3 * k], rgb[3 * k + 1], rgb[3 * k + 2], 255], 4 * k);
  return { width, height, data };
}

/**
 * @param {Record<"source" | "adaptive" | "beside", View>} views
 * @param {import("../../core/context.js").StateStore} store
 */
export function createFeatureViews(views, store) {
  const labels = [views.adaptive, views.beside].map((view) => {
    const label = h("span", { class: "lz-cad-weights", hidden: true });
    view.frame.append(label);
    return label;
  });
  const buttons = BESIDE.map((value) => h("button", { type: "button", class: "lz-layer",
    title: t(`cad.${value}.help`), onclick: () => store.set({ cadBeside: value }) }, t(`cad.${value}`)));
  const choice = h("div", { class: "lz-cad-choice", role: "group", "aria-label": t("cad.below") }, ...buttons);
  views.beside.heading.after(choice);
  /** @type {{answer: Features | null, rasters: Record<string, import("../../viewer/pixels.js").Raster>}} */
  let kept = { answer: null, rasters: {} };

  /** @param {Features} answer @param {keyof Features["maps"]} name */
  function raster(answer, name) {
    if (kept.answer !== answer) kept = { answer, rasters: {} };
    kept.rasters[name] ??= rasterOf(answer.maps[name], answer.grid.w, answer.grid.h);
    return kept.rasters[name];
  }

  return {
    /**
     * Which network stands below, whose weights both have, and what each calls the picture where it knows classes.
     * @param {{weights: import("../../core/text.js").Text, fits?: boolean,
     *   likely?: Record<string, readonly {name: string, share: number}[]> | null} | null | undefined} answer
     */
    heads(answer) {
      const { cadBeside } = store.get();
      const { overlay } = views.adaptive;
      if (overlay.width > 1) overlay.width = overlay.height = 1;
      buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(BESIDE[at] === cadBeside)));
      for (const [at, form] of ["adaptive", cadBeside].entries()) {
        labels[at].hidden = !answer;
        const likely = answer?.likely?.[form][0];
        const facts = [...(likely ? [t("cad.likely", likely)] : []), weightsLabel(answer?.weights),
          ...(answer?.fits === false ? [t("cad.foreign")] : [])];
        labels[at].textContent = t("facts", { facts });
      }
    },
    /** @param {Features | null} answer @param {CadScene} scene */
    draw(answer, scene) {
      const { cadBeside } = store.get();
      const names = /** @type {const} */ ([["adaptive", "adaptive"], ["beside", cadBeside]]);
      for (const [name, map] of names) drawMap(scene, views[name], answer && raster(answer, map), answer);
      writeTitles(views, answer, cadBeside, answer && guarantee(answer.badge, store.get().mode));
    },
  };
}

/**
 * @param {CadScene} scene @param {View} view @param {import("../../viewer/pixels.js").Raster | null} raster
 * @param {Features | null} answer
 */
function drawMap(scene, view, raster, answer) {
  view.image.toggleAttribute("hidden", !raster);
  if (!raster || !answer) return;
  const { x, y, cell, width, height } = scene.plane(view, answer);
  const place = { x, y, width: raster.width * cell, height: raster.height * cell };
  scene.renderer.part(view, raster, place);
  const [right, below] = [place.width - width, place.height - height].map((beyond) => Math.max(0, beyond));
  view.image.style.clipPath = `inset(0 ${right}px ${below}px 0)`; // border cells reach beyond the picture
}

/**
 * @param {Record<"source" | "adaptive" | "beside", View>} views @param {Features | null} answer
 * @param {"strided" | "dilated"} below @param {ReturnType<typeof guarantee> | null} proof
 */
function writeTitles({ adaptive, beside }, answer, below, proof) {
  const size = answer ? `${answer.grid.w} × ${answer.grid.h}` : "";
  const colour = !answer ? "" : answer.channel === null ? t("channel.asThree", { count: answer.channels })
    : t("channel.of", { channel: answer.channel, count: answer.channels });
  caption(adaptive, { title: t("cad.adaptive"), size, number: proof?.short ?? "",
    label: t("cad.adaptive.label", { colour, proof: proof?.words ?? "" }) });
  adaptive.number.toggleAttribute("data-exact", Boolean(proof?.holds));
  caption(beside, { title: t(`cad.${below}`), size: "", number: colour,
    label: t(`cad.${below}.label`, { colour }) });
}
