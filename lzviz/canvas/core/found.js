// @ts-check
/** What the saliency source of now finds in the picture, which the browser does not compute itself. The newest wins. */
import { isFound } from "../engine/saliency.js";
import { FROM, optionsOf } from "./options.js";
import { fromBase64 } from "./wire.js";
import { ROUTES } from "../schema/routes.js";
import { t } from "./text.js";
import { trouble } from "./errors.js";

/**
 * @typedef {import("../schema/contract.js").AskSaliency} AskSaliency
 * @typedef {import("../schema/contract.js").MapAnswer} MapAnswer
 */

/**
 * @param {import("./context.js").Context} context
 * @param {(body: () => AskSaliency) => Promise<MapAnswer>} ask
 */
export function createFinder({ store, live, host, again }, ask) {
  /** What is wanted now, or null. */
  function wanted() {
    const { saliency } = store.get();
    const { image, film } = live.get();
    if (!isFound(saliency) || !image || film?.passing || !host.transport.answers(ROUTES.saliency.path)) return null;
    return { image, kind: saliency, options: optionsOf(store.get(), FROM + saliency) };
  }

  /** @param {{kind: string, options: object} | null} one */
  const keyOf = (one) => one && JSON.stringify([one.kind, one.options]);

  async function fetchFound() {
    const now = wanted();
    const { found } = live.get();
    if (!now || (found && keyOf(now) === found.key)) return;
    const stands = () => live.get().image?.data === now.image.data && keyOf(wanted()) === keyOf(now);
    try {
      const answer = await ask(() => ({ image: live.get().image?.id ?? null, kind: now.kind, options: now.options }));
      again.answered("found");
      if (!stands()) return;
      const data = fromBase64(answer.data);
      live.set({ found: { of: now.kind, key: keyOf(now) ?? "", h: answer.h, w: answer.w, data } });
    } catch (error) {
      if (stands()) again.failed("found", error, () => void fetchFound());
      const remedy = { press: t("error.tryAgain"), run: () => void fetchFound() };
      if (stands()) live.set({ error: trouble(t("found.failed"), error, remedy) });
    }
  }

  store.subscribe((_, changed) => (changed.has("saliency") || changed.has("options")) && void fetchFound());
  live.subscribe((_, changed) => changed.has("image") && void fetchFound());
}
