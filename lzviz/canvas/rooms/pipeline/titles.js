// @ts-check
/** Title rows and text alternatives: what a view shows, its size, one number. The sentences are Python's. */
import { percent, whole } from "../../kit/format.js";
import { caption } from "../../viewer/views.js";
import { points } from "./words.js";

/** Names of Python's sentences by what a view shows. */
const LEFT = /** @type {Record<string, string>} */ ({ photo: "source", saliency: "saliency", labels: "labels",
  error: "error", truth: "labels", features: "features" });
const RIGHT = /** @type {Record<string, string>} */ ({ image: "zoomed", labels: "prediction", truth: "prediction",
  own: "saliency", weights: "weights", correction: "correction", target: "target", features: "features",
  training: "training" });

/** @param {import("./scene.js").LearnedScene} scene */
export function writeTitles({ views, room, shown, narrow, answers }) {
  const { features, training } = answers.get();
  if (!room) return;
  const { picture, working, zoomed, answer } = room;
  const sentences = { ...answer.sentences, features: features?.sentence, training: training?.sentence };
  const read = working.w === picture.width || narrow ? "" : ` · read at ${working.w} × ${working.h}`;
  const leftTitle = shown.left === "saliency" ? room.saliency?.title ?? "Levels" : TITLES[shown.left];
  caption(views.source, { title: leftTitle, size: `${picture.width} × ${picture.height}${read}`,
    label: `${leftTitle}. ${sentences[LEFT[shown.left]] ?? answer.sentence}` });
  const share = zoomed && (zoomed[0] * zoomed[1]) / (picture.width * picture.height);
  const size = zoomed ? `${whole(zoomed[1])} × ${whole(zoomed[0])}` : "";
  caption(views.zoomed, { ...right(), label: `${right().title}. ${sentences[RIGHT[shown.right]] ?? answer.sentence}` });

  /** @returns {{title: string, size: string, number: string}} */
  function right() {
    const number = share ? `${percent(share)} of the pixels` : "";
    switch (shown.right) {
      case "labels": return { title: "Zoomed labels", size, number: room?.truth ? "" : number };
      case "truth": return { title: "Zoomed truth", size, number: `at most ${points(room?.truth?.intrinsic)}` };
      case "features": return { title: "Features", size: features?.stage ?? "", number: features
        ? `${features.colour === "pca" ? "all" : features.colour} of ${features.channels}` : "" };
      case "weights": return { title: "Weights", size: "of the four neighbours, mean", number: "" };
      case "correction": return { title: "Correction", size: "to bilinear, grey = none",
        number: `rms ${answer.correction.rms.toFixed(3)}` };
      case "target": return { title: "Edge target", size: "what the map should be", number: "" };
      case "own": return { title: "Learned", size: "what the network would do by itself", number: "" };
      case "training": return { title: "Training", size: "", number: "" };
      default: return { title: "Zoomed", size, number };
    }
  }
}

const TITLES = { photo: "Source", labels: "Labels", error: "Errors", truth: "Truth", features: "Features" };
