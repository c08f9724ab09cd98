// @ts-check
/** A picture from the camera. */
import { h } from "../kit/dom.js";
import { openPanel } from "../kit/dialogs.js";
import { t } from "../core/text.js";

/** Why there is no camera, as a sentence. @param {unknown} error */
export function cameraTrouble(error) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError") {
    return t("camera.refused");
  }
  if (name === "NotFoundError") return t("camera.none");
  if (name === "NotReadableError") return t("camera.used");
  return t("camera.failed");
}

/**
 * Shows what the camera sees and hands over one picture of it.
 * @param {HTMLElement} root @param {(picture: Blob, title: string) => void} take
 * @param {(text: string) => void} complain
 */
export async function openCamera(root, take, complain) {
  if (!navigator.mediaDevices?.getUserMedia) {
    complain(t("camera.insecure"));
    return;
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 } } });
  } catch (error) {
    complain(cameraTrouble(error));
    return;
  }
  const video = h("video", { class: "lz-camera", autoplay: true, playsinline: true, muted: true,
    "aria-label": t("camera") });
  video.srcObject = stream;
  const shoot = h("button", { type: "button", class: "lz-button lz-share", onclick: async () => {
    const blob = await still(video);
    panel.close();
    if (blob) take(blob, t("camera"));
  } }, t("camera.take"));
  const panel = openPanel(root, t("camera"), [video, shoot],
    { onClose: () => stream.getTracks().forEach((track) => track.stop()) });
}

/** @param {HTMLVideoElement} video @returns {Promise<Blob | null>} */
function still(video) {
  const canvas = h("canvas", { width: video.videoWidth || 1, height: video.videoHeight || 1 });
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
