// @ts-check
/** Speaks English: import it before modules whose words are tested. */
import { readFileSync } from "node:fs";

import { speak } from "../../lzviz/canvas/core/text.js";

/** The lines of a language. @param {string} language @returns {import("../../lzviz/canvas/core/text.js").Words} */
export const wordsOf = (language) =>
  JSON.parse(readFileSync(new URL(`../../lzviz/text/${language}.json`, import.meta.url), "utf8"));

speak("en", wordsOf("en"));
