// @ts-check
/**
 * "Paint me": a first visit's only word of advice, beside the place where a stroke pays. Gone after the first
 * stroke.
 */
import { handOf } from "../../engine/saliency.js";
import { h } from "../../kit/dom.js";
import { recall, remember } from "../../kit/memory.js";
import { t } from "../../core/text.js";

const KEY = "lzviz-painted";
const FRAME = '.lz-view[data-view="source"] .lz-view-frame';

/**
 * @param {import("../../core/context.js").Context} context @param {HTMLElement} stage
 * @returns {() => void} takes it away
 */
export function createHint({ store, live, host }, stage) {
  if (recall(KEY)) return () => {};
  const hint = h("div", { class: "lz-hint", "aria-hidden": "true" }, h("span", {}, t("hint.paint")));

  function place() {
    const picture = host.catalogue.pictures.find(({ id }) => id === store.get().image);
    const frame = /** @type {HTMLElement | null} */ (stage.querySelector(FRAME));
    const { highlight } = picture ?? {};
    const { image } = live.get();
    hint.hidden = !frame || !highlight || !image || handOf(store.get().saliency) !== "paint";
    if (!frame || !highlight || !image || hint.hidden) return;
    if (hint.parentElement !== frame) frame.append(hint);
    const scale = Math.min(frame.clientWidth / image.width, frame.clientHeight / image.height);
    const [w, tall] = [image.width * scale, image.height * scale];
    const below = highlight.y * tall + highlight.r * Math.max(w, tall);
    hint.style.left = `${(frame.clientWidth - w) / 2 + highlight.x * w}px`;
    hint.style.top = `${(frame.clientHeight - tall) / 2 + below + 4}px`;
  }
  function end() {
    stopLive();
    stopStore();
    observer.disconnect();
    hint.remove();
  }
  // A moved view would leave it beside the wrong place.
  stage.addEventListener("wheel", () => hint.remove(), { once: true, passive: true });
  const observer = new ResizeObserver(place);
  observer.observe(stage);
  const stopLive = live.subscribe((now, changed) => {
    if (now.painting) {
      remember(KEY, "1");
      end();
    }
    else if (changed.has("image")) requestAnimationFrame(place);
  });
  const stopStore = store.subscribe((_, changed) => (changed.has("saliency") || changed.has("image")) && place());
  place();
  return end;
}
