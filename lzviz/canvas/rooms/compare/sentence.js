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
  const scored = [...fresh?.rows ?? []].sort((a, b) => (b.score ?? -1) - (a.score ?? -1));
  if (scored.length > 1 && scored[1].score !== null) {
    const [first, second] = scored;
    return t("compare.sentence.score", { method: titleOf(context, first.name),
      score: FORMATS.percent1(first.score ?? 0), lead: FORMATS.one(100 * ((first.score ?? 0) - (second.score ?? 0))) });
  }
  const shares = drawn.map((each) => each?.region ?? -1);
  const most = Math.max(...shares);
  if (most < 0) return t("compare.sentence.plain", { count: compared.length });
  const best = titleOf(context, compared[shares.indexOf(most)]);
  return t("compare.sentence", { method: best, share: FORMATS.percent(most) });
}
