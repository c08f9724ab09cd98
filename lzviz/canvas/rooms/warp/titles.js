// @ts-check
/** Title rows of the views: sizes, shares and errors of the warp that they show. */
import { FORMATS, t } from "../../core/text.js";
import { tiny } from "../../kit/format.js";
import { caption } from "../../viewer/views.js";

/** What is more than this share of something is told as so many times it. */
const MANY = 10;

/** @param {number} share */
const percent = (share) => FORMATS[share < 0.0005 ? "percent" : share < 0.1 ? "percent1" : "percent0"](share);

/** @param {number} share @param {boolean} python  whose computation it is */
const shareText = (share, python) => (share >= MANY ? t("view.shareMany", { times: share })
  : t(python ? "view.shareByPython" : "view.share", { share: percent(share) }));

/**
 * @param {import("./scene.js").Scene} scene @param {import("../../viewer/frame.js").Frame} frame
 * @param {{sentence: string, folds?: number, coverage?: number, roundTrip?: number}} measured
 */
export function writeTitles(scene, frame, measured) {
  const { image, uniform } = scene.live.get();
  if (!image) return;
  const { views } = scene;
  const [rows, columns] = frame.zoomed;
  const different = scene.store.get().compare === "difference";
  const share = (rows * columns) / (image.width * image.height);
  writeSource(scene, image);
  caption(views.zoomed, { title: t(uniform ? "view.uniform" : "view.zoomed"), size: `${columns} × ${rows}`,
    number: frame.waiting ? t("view.computing") : uniform ? t("view.same")
      : shareText(share, frame.python) });
  caption(views.uniform, { size: `${columns} × ${rows}`, number: t("view.same") });
  scene.scale.hidden = !different;
  caption(views.unzoomed, {
    title: t(different ? "view.difference" : uniform ? "view.uniformUnzoomed" : "view.unzoomed"),
    size: t(different ? "view.toSource" : frame.faulty ? "view.published" : measured.folds ? "view.chosen"
      : "view.exact") });
  if (!different) caption(views.unzoomed, { number: tripText(measured) });
  const values = { sentence: measured.sentence, width: image.width, height: image.height };
  for (const view of Object.values(views)) caption(view, { label: t(`view.${view.name}.label`, values) });
}

/** @param {import("./scene.js").Scene} scene @param {{width: number, height: number}} image */
function writeSource({ views, extent, ratio, narrow }, image) {
  const { width, height } = extent;
  const scale = percent(views.source.projection.scale * ratio);
  const facts = [t("size", { width: image.width, height: image.height })];
  if (width !== image.width) facts.push(t("view.readAt", { width, height }));
  caption(views.source, { size: narrow ? facts[0] : t("view.facts", { facts: [...facts, scale] }) });
  views.source.size.title = t("view.shownAt", { scale });
}

/** @param {{coverage?: number, roundTrip?: number}} measured */
function tripText({ coverage, roundTrip }) {
  if (coverage === undefined || roundTrip === undefined) return "";
  if (coverage < 0.9995) return t("view.covers", { coverage });
  return t("view.roundTrip", { error: tiny(roundTrip) });
}
