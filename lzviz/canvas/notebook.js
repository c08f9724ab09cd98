// @ts-check
/**
 * The canvas in a cell of a notebook. It stands in a frame of its own, so that the notebook's styles, keys and width
 * are not its own; the kernel answers, and holds the state as the same link that an address would show.
 *
 * What the model of the widget keeps: `link` (the state), `map` (the visitor's map, as text), `shown` (the id of the
 * picture that is shown), `_given` (schema, words, catalogue).
 */
import { overWidget } from "./core/transport.js";
import { pageName } from "./core/patience.js";
import { readMap, writeMap } from "./core/link.js";
import * as codec from "./engine/codec.js";
import { mount } from "./main.js";

/**
 * @typedef {import("./core/transport.js").Model & {get: (name: string) => any, set: (name: string, value: unknown) =>
 *   void, save_changes: () => void}} Model
 * @typedef {import("./core/store.js").PaintMap} PaintMap
 */

/** The link is the model's. @param {Model} model @returns {import("./core/browser.js").Address} */
const addressOf = (model) => ({
  read: () => model.get("link"),
  write(hash) {
    model.set("link", hash);
    model.save_changes();
  },
  link: (hash) => hash,
  follow(changed) {
    model.on("change:link", changed);
    return () => model.off("change:link", changed);
  },
});

/** The theme begins as the notebook has it and follows it. @param {Document} around */
function themeAround(around) {
  const { body } = around;
  const now = () => {
    if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
    const said = `${body.className} ${around.documentElement.className}`;
    return /(?:^|[\s-])dark(?:$|\s)/.test(said) || matchMedia("(prefers-color-scheme: dark)").matches;
  };
  let dark = now();
  /** @type {Set<() => void>} */
  const followers = new Set();
  /** @param {boolean} next */
  function set(next) {
    dark = next;
    followers.forEach((changed) => changed());
  }
  const watch = new MutationObserver(() => set(now()));
  watch.observe(body, { attributes: true, attributeFilter: ["class", "data-jp-theme-light"] });
  return {
    stop: () => watch.disconnect(),
    theme: { dark: () => dark, set, follow: (/** @type {() => void} */ changed) => {
      followers.add(changed);
      return () => followers.delete(changed);
    } },
  };
}

/**
 * Map and picture of the visitor go to the kernel, and a map of the kernel's comes here.
 * @param {Model} model @param {import("./core/context.js").LiveStore} live @param {number} largest cells of a side
 */
function followMap(model, live, largest) {
  let known = model.get("map");
  async function take() {
    const text = model.get("map");
    if (text === known) return;
    known = text;
    live.set({ file: text ? await readMap(text, codec, largest) : null });
  }
  const stop = live.subscribe(async ({ file, image }, changed) => {
    if (changed.has("image")) model.set("shown", image?.id ?? "");
    if (changed.has("file")) model.set("map", known = file ? await writeMap(file, codec) : "");
    if (changed.has("image") || changed.has("file")) model.save_changes();
  });
  const taken = () => void take();
  model.on("change:map", taken);
  return () => {
    stop();
    model.off("change:map", taken);
  };
}

/**
 * Opens the canvas in the element of this frame.
 * @param {HTMLElement} element @param {Model} model @param {Document} around  the notebook's
 */
export async function open(element, model, around) {
  const transport = overWidget(model, pageName());
  const { theme, stop } = themeAround(around);
  const given = model.get("_given");
  const largest = given.schema.limits.lattice;
  const map = model.get("map");
  const file = map ? await readMap(map, codec, largest) : null;
  const { live, dispose } = await mount(element, { ...given, transport, file, address: addressOf(model), theme,
    styled: true });
  const unfollow = followMap(model, live, largest);
  return () => [unfollow, dispose, stop, transport.stop].forEach((end) => end());
}
