// @ts-check
/** Which channel of features is shown: its number, or all as colours. */
import { numberBox, segmented } from "./controls.js";
import { h } from "./dom.js";
import { t } from "../core/text.js";

/**
 * @param {import("../core/context.js").Context} context @param {"cadChannel" | "learnedChannel"} key
 * @param {() => number} channels
 */
export function createChannel({ store, schema }, key, channels) {
  const field = schema.field(key);
  const set = (/** @type {number} */ value) => store.set({ [key]: value }, { history: true });
  const kinds = [{ value: true, label: t("channel.all") }, { value: false, label: t("channel.one") }];
  const kind = segmented(t("channel.from"), kinds, (all) => set(all ? -1 : 0));
  const box = numberBox(t("channel.one"), field, (value) => set(Math.min(Math.max(0, value), channels() - 1)));
  const element = h("div", { class: "lz-channel", "data-tip": field.help }, kind.element, box.element);
  return { element, refresh() {
    const value = store.get()[key];
    kind.show(value < 0);
    box.show(Math.max(0, value));
    box.setReason(value < 0 ? t("channel.allShown") : null);
  } };
}
