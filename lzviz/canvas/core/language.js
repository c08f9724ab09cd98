// @ts-check
/** Which language a page is in: that of its address (`?lang=zh`), else the first of the browser's that there is. */
import { PSEUDO, pseudo, speak } from "./text.js";

const ENGLISH = "en";

/**
 * @param {string | null} asked by the address @param {readonly string[]} preferred by the browser
 * @param {readonly string[]} known
 */
export function languageOf(asked, preferred, known) {
  if (asked !== null && (asked === PSEUDO || known.includes(asked))) return asked;
  for (const tag of preferred) {
    const found = known.find((each) => each === tag || each === tag.split("-")[0]);
    if (found) return found;
  }
  return ENGLISH;
}

/** What a language calls itself. @param {string} tag */
export function nameOfLanguage(tag) {
  const name = tag === PSEUDO ? tag : new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
  return name[0].toLocaleUpperCase(tag === PSEUDO ? ENGLISH : tag) + name.slice(1);
}

/**
 * Takes up the language of the page; English where the file of another one is missing.
 * @param {import("./context.js").Given} host @param {readonly string[]} known
 * @returns {Promise<string>} the language
 */
export async function learn(host, known) {
  const asked = host.language?.asked() ?? null;
  const wanted = host.words?.language ?? languageOf(asked, navigator.languages, known);
  const own = host.words?.lines ?? (wanted === PSEUDO ? null : await fetchWords(wanted));
  const english = host.words || wanted === ENGLISH ? {} : await fetchWords(ENGLISH) ?? {};
  // A line that a language has not got yet stands in English.
  speak(wanted, wanted === PSEUDO ? pseudo(english) : { ...english, ...own });
  return own || wanted === PSEUDO ? wanted : ENGLISH;
}

/** @param {string} language @returns {Promise<import("./text.js").Words | null>} */
async function fetchWords(language) {
  const answer = await fetch(new URL(`../text/${language}.json`, import.meta.url));
  return answer.ok ? answer.json() : null;
}
