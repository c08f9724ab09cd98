// @ts-check
/** Which language a page is in: that of its address (`?lang=zh`), else the first of the browser's that there is. */
import { speak } from "./text.js";

const ENGLISH = "en";

/**
 * @param {string} search the query of the address @param {readonly string[]} preferred by the browser
 * @param {readonly string[]} known
 */
export function languageOf(search, preferred, known) {
  const asked = new URLSearchParams(search).get("lang");
  if (asked !== null && /^[a-z]{2,8}(-[a-z0-9]{2,8})*$/i.test(asked)) return asked;
  for (const tag of preferred) {
    const found = known.find((each) => each === tag || each === tag.split("-")[0]);
    if (found) return found;
  }
  return ENGLISH;
}

/**
 * Takes up the language of the page; English where the file of another one is missing.
 * @param {import("./context.js").Given} host @param {readonly string[]} known
 * @returns {Promise<string>} the language
 */
export async function learn(host, known) {
  const wanted = host.words?.language ?? languageOf(window.location.search, navigator.languages, known);
  const own = host.words?.lines ?? await fetchWords(wanted);
  const language = own ? wanted : ENGLISH;
  speak(language, own ?? await fetchWords(ENGLISH) ?? {});
  return language;
}

/** @param {string} language @returns {Promise<import("./text.js").Words | null>} */
async function fetchWords(language) {
  const answer = await fetch(new URL(`../text/${language}.json`, import.meta.url));
  return answer.ok ? answer.json() : null;
}
