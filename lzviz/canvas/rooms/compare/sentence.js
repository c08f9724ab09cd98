// @ts-check
/** The sentence below: which method is best at what was asked for, or why a budget gives what it gives. */
import { FORMATS, t } from "../../core/text.js";
import { isFresh } from "./asking.js";
import { titleOf } from "./methods.js";

/** From here on the milliseconds that go whatever the size are most of a budget. */
const MOSTLY = 0.5;

/**
 * @param {import("../../core/context.js").Context} context @param {import("./asking.js").Answers} answers
 * @param {import("./asking.js").Answers["drawn"]} drawn
 */
export function sentenceOf(context, answers, drawn) {
  const state = context.store.get();
  const { compared, comparedEqual, comparedMs } = state;
  const fresh = isFresh(answers, state) ? answers.table : null;
  const floors = (fresh?.rows ?? []).flatMap(({ floor }) => floor ?? []);
  if (comparedEqual === "ms" && floors.length) {
    const most = Math.max(...floors);
    const key = most > MOSTLY * comparedMs ? "compare.sentence.floor" : "compare.sentence.ms";
    return t(key, { floor: most, budget: comparedMs });
  }
  for (const judge of /** @type {const} */ (["score", "ap"])) {
    const scored = [...fresh?.rows ?? []].sort((a, b) => (b[judge] ?? -1) - (a[judge] ?? -1));
    const [best, next] = scored.map((row) => row[judge]);
    if (best === undefined || best === null || next === undefined || next === null) continue;
    return t("compare.sentence.score", { method: titleOf(context, scored[0].name), score: FORMATS.percent1(best),
      lead: FORMATS.one(100 * (best - next)) });
  }
  const shares = drawn.map((each) => each?.region ?? -1);
  const most = Math.max(...shares);
  if (most < 0) return t("compare.sentence.plain", { count: compared.length });
  const best = titleOf(context, compared[shares.indexOf(most)]);
  return t("compare.sentence", { method: best, share: FORMATS.percent(most) });
}
