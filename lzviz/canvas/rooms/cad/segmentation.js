// @ts-check
/**
 * Labels of the trained network on the cells of now: adaptive above, strided or dilated below, or their wrong pixels.
 *
 * @typedef {import("../../schema/contract.js").Segmented} Answer
 * @typedef {import("../pipeline/answer.js").Plane} Plane
 * @typedef {import("../../viewer/pixels.js").Raster} Raster
 * @typedef {"strided" | "adaptive" | "dilated"} Form
 * @typedef {"source" | "adaptive" | "beside"} Name
 *
 * @typedef {object} Segmentation  an answer, decoded
 * @property {Answer} answer
 * @property {Readonly<Record<Form, Plane>>} labels
 * @property {Readonly<Record<Form, Plane>> | null} errors
 */

import { say, t } from "../../core/text.js";
import { fromBase64 } from "../../core/wire.js";
import { decode } from "../../core/images.js";
import { percent } from "../../kit/format.js";
import { classTable, coloured, errorTable } from "../../viewer/layers/own/labels.js";
import { caption } from "../../viewer/views.js";
import { at, planeOf } from "../pipeline/answer.js";

const FORMS = /** @type {const} */ (["strided", "adaptive", "dilated"]);

/** @param {string} png base64 */
const plane = async (png) => planeOf(await decode(new Blob([fromBase64(png)], { type: "image/png" }), Infinity));

/** @param {Record<string, string>} pngs @returns {Promise<Readonly<Record<Form, Plane>>>} */
async function planes(pngs) {
  const found = await Promise.all(FORMS.map((form) => plane(pngs[form])));
  return /** @type {Record<Form, Plane>} */ (Object.fromEntries(FORMS.map((form, k) => [form, found[k]])));
}

/** @param {Answer} answer @returns {Promise<Segmentation>} */
export const decodeSegmentation = async (answer) =>
  ({ answer, labels: await planes(answer.labels), errors: answer.errors && await planes(answer.errors) });

/**
 * The class of each form at an edge of the picture as the network reads it, and its colour; null: none.
 * @param {Segmentation} segmentation @param {Form} form @param {readonly [number, number]} edge
 */
export function classAt({ answer, labels }, form, [x, y]) {
  const { width, height } = labels[form];
  return answer.classes[at(labels[form], x - 0.5, y - 0.5, { width, height })] ?? null;
}

/**
 * The one number of a form: its mIoU, or how much of it the dilated network says too.
 * @param {Answer} answer @param {Form} form
 */
export function scoreOf({ miou, agree }, form) {
  const score = miou?.[form];
  if (miou) return score === null || score === undefined ? "–" : t("cad.miouIs", { score });
  return form === "dilated" ? "" : t("cad.agreesIs", { share: agree[form] });
}

/**
 * @param {Record<Name, import("../../viewer/views.js").View>} views
 * @param {import("../../core/context.js").StateStore} store
 */
export function createSegmentationViews(views, store) {
  /** @type {{of: Segmentation | null, rasters: Record<string, Raster>}} */
  let kept = { of: null, rasters: {} };

  /**
   * @param {Segmentation} segmentation @param {Form} form @param {boolean} errors
   * @param {{wrong: string, well: string}} tokens
   */
  function raster(segmentation, form, errors, { wrong, well }) {
    if (kept.of !== segmentation) kept = { of: segmentation, rasters: {} };
    const { classes } = segmentation.answer;
    const wanted = errors ? segmentation.errors : null;
    kept.rasters[`${form} ${wanted !== null} ${wrong}`] ??= wanted ? coloured(wanted[form], errorTable(wrong, well))
      : coloured(segmentation.labels[form], classTable(classes.map((each) => ({ ...each, share: 0 })), null));
    return kept.rasters[`${form} ${wanted !== null} ${wrong}`];
  }

  return {
    /** @param {Segmentation | null} segmentation @param {import("./scene.js").CadScene} scene */
    draw(segmentation, scene) {
      const { cadBeside, cadErrors } = store.get();
      const pairs = /** @type {const} */ ([["adaptive", "adaptive"], ["beside", cadBeside]]);
      for (const [name, form] of pairs) {
        const view = views[name];
        view.image.toggleAttribute("hidden", !segmentation);
        if (segmentation) {
          const { x, y, cell } = scene.plane(view, segmentation.answer);
          const pixel = cell / segmentation.answer.grid.stride;
          const map = raster(segmentation, form, cadErrors, scene.colours);
          view.image.style.clipPath = "";
          scene.renderer.part(view, map, { x, y, width: map.width * pixel, height: map.height * pixel });
        }
        const words = segmentation ? say(segmentation.answer.sentence) : "";
        caption(view, { title: t(`cad.${form}`), size: segmentation && cadErrors && segmentation.errors
          ? t("cad.wrongPixels") : "", number: segmentation ? scoreOf(segmentation.answer, form) : "",
        label: t("cad.labels.label", { form: t(`cad.${form}`), words }) });
        view.number.toggleAttribute("data-exact", false);
      }
    },
  };
}

/** Shares as they are written. @param {number} share */
export const shareText = (share) => percent(share, 1);
