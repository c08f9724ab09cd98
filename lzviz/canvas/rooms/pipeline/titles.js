// @ts-check
/** Title rows and text alternatives: what a view shows, its size, one number. The sentences are Python's. */
import { percent } from "../../kit/format.js";
import { caption } from "../../viewer/views.js";
import { points } from "./words.js";
import { say, t } from "../../core/text.js";

/** Names of Python's sentences by what a view shows. */
const LEFT = /** @type {Record<string, string>} */ ({ photo: "source", saliency: "saliency", labels: "labels",
  error: "error", truth: "labels", features: "features" });
const RIGHT = /** @type {Record<string, string>} */ ({ image: "zoomed", labels: "prediction", truth: "prediction",
  error: "error", space: "space", own: "saliency",
  weights: "weights", correction: "correction", target: "target", features: "features", training: "training" });

/** @param {import("./scene.js").LearnedScene} scene */
export function writeTitles({ views, room, shown, narrow, answers }) {
  const { features, training } = answers.get();
  if (!room) return writeNothing(views);
  const { picture, working, zoomed, answer } = room;
  /** @type {Record<string, import("../../core/text.js").Text | undefined>} */
  const sentences = { ...answer.sentences, features: features?.sentence, training: training?.sentence };
  const label = (/** @type {string} */ title, /** @type {string} */ name) =>
    t("view.label", { title, sentence: sentences[name] ?? answer.sentence });
  const map = room.saliency ? say(room.saliency.title) : t("pipeline.levels");
  const leftTitle = shown.left === "saliency" ? map : t(`pipeline.left.${shown.left}`);
  const facts = [t("size", { width: picture.width, height: picture.height })];
  if (working.w !== picture.width && !narrow) facts.push(t("view.readAt", { width: working.w, height: working.h }));
  const { late } = room;
  if (late && late.of !== null) facts.push(t("film.boxesOf", { frame: late.of + 1 }));
  caption(views.source, { title: leftTitle, size: t("view.facts", { facts }),
    label: label(leftTitle, LEFT[shown.left]) });
  const share = zoomed && (zoomed[0] * zoomed[1]) / (picture.width * picture.height);
  const small = zoomed ? t("size", { width: zoomed[1], height: zoomed[0] }) : "";
  const size = !late ? small : late.of === null ? t("film.noneYet")
    : t("facts", { facts: [t("film.frameOf", { frame: late.of + 1 }), small] });
  caption(views.zoomed, { ...right(), label: label(right().title, RIGHT[shown.right]) });

  /** @returns {{title: string, size: string, number: string}} */
  function right() {
    const number = share ? t("view.share", { share: percent(share) }) : "";
    const title = t(`pipeline.right.${shown.right}`);
    switch (shown.right) {
      case "labels": return { title, size, number: room?.truth ? "" : number };
      case "truth": return room?.found ? { title, size, number }
        : { title, size, number: t("pipeline.atMost", { value: points(room?.truth?.intrinsic) }) };
      case "features": return { title, size: features ? t("facts", { facts: [features.stage] }) : "",
        number: features ? channelName(features) : "" };
      case "weights": case "target": case "own": return { title, size: t(`pipeline.right.${shown.right}.note`),
        number: "" };
      case "correction": return { title, size: t("pipeline.right.correction.note"),
        number: t("pipeline.rms", { rms: answer.correction.rms }) };
      case "training": return { title, size: "", number: "" };
      case "space": return { title, size: t(`boxes.camera.${room?.found?.answer.camera}`), number: "" };
      default: return { title, size, number };
    }
  }
}

/** No answer yet, and none of another model. @param {import("./scene.js").LearnedScene["views"]} views */
function writeNothing({ source, zoomed }) {
  const [left, right] = [t("pipeline.left.photo"), t("pipeline.right.image")];
  caption(source, { title: left, size: "", label: t("view.label", { title: left, sentence: t("pipeline.loading") }) });
  caption(zoomed, { title: right, size: t("pipeline.loading"), number: "",
    label: t("view.label", { title: right, sentence: t("pipeline.loading") }) });
}

/** @param {{channel: number | null, channels: number}} features */
const channelName = ({ channel, channels }) =>
  (channel === null ? t("channel.allOf", { count: channels }) : t("channel.of", { channel, count: channels }));
