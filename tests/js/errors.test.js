// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOf } from "./words.mjs";

import { refusalOf, Said, trouble } from "../../lzviz/canvas/core/errors.js";
import { englishIn, PSEUDO, pseudo, speak } from "../../lzviz/canvas/core/text.js";

const DAMAGED = { error: "The image file is damaged or ends too early; save it again and retry.",
  says: { key: "refused.image.damaged", values: {} } };

test("what Python refused is told in the language of the page where its words came along", () => {
  speak("zh", wordsOf("zh"));
  const error = refusalOf(DAMAGED, { status: 422 });
  assert.deepEqual([error.status, error.own], [422, true]);
  assert.deepEqual(trouble("无法加载图片", error), { text: "无法加载图片。图片文件已损坏或不完整；请重新保存后再试。" });
  speak("en", wordsOf("en"));
  assert.deepEqual(trouble("No picture", refusalOf(DAMAGED, { status: 422 })),
    { text: `No picture. ${DAMAGED.error}` });
});

test("a refusal without words, or with words that this page has not, is told in English and marked as such", () => {
  for (const said of [{ error: "Not base64." }, { error: "Not base64.", says: { key: "refused.later", values: {} } }]) {
    assert.deepEqual(trouble("No picture", refusalOf(said, { status: 400, after: 2 })),
      { text: "No picture.", detail: "Not base64." });
  }
  assert.equal(refusalOf(null, { status: 502 }).message, "the server answered 502");
  assert.deepEqual(trouble("No picture", new Said("no canvas")), { text: "No picture: no canvas." });
});

test("what a program said within a refusal is found as English, and a field names itself before its own line", () => {
  speak(PSEUDO, pseudo(wordsOf("en")));
  /** @param {string} key @param {import("../../lzviz/canvas/core/text.js").Values} values */
  const told = (key, values) => refusalOf({ error: "", says: { key, values } }, { status: 400 }).message;
  const wrong = told("refused.field.wrong", { field: "page", told: "expected a valid string", given: "3" });
  const [before, english, after] = englishIn(wrong);
  assert.equal(english, "expected a valid string");
  assert.match(before, /^⟦page: $/);
  assert.match(after, /^, got 3; reload the page\.~+⟧$/);
  const within = { key: "refused.map.data", values: { count: 4 } };
  assert.match(told("refused.field", { field: "map", said: within }), /^⟦map: ⟦the data does not fill its 4 /);
  speak("en", wordsOf("en"));
});
