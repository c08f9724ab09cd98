// @ts-check
/** The page of a folder that any web server hosts: Python answered beforehand, and is not there. */
import { browserPage } from "./core/browser.js";
import { overFiles } from "./core/files.js";
import { compute } from "./alone/answers.js";
import { restored } from "./alone/light.js";
import { languageOf } from "./core/language.js";
import { mount } from "./main.js";

/** A packed file of the folder. @param {string} name */
async function read(name) {
  const answer = await fetch(new URL(name, document.baseURI));
  if (!answer.ok || !answer.body) throw new Error(`${name} answered ${answer.status}`);
  if (!name.endsWith(".pack")) return answer;
  return new Response(answer.body.pipeThrough(new DecompressionStream("gzip")));
}

/** An answer of the folder, as the server gave it: a message, or a table as text. @param {string} name */
async function answered(name) {
  if (!name.startsWith("answers/")) return read(name);
  const text = await (await read(name)).text();
  return text.startsWith("{") ? Response.json(await restored(JSON.parse(text), read)) : new Response(text);
}

/**
 * @param {HTMLElement} element
 * @param {{languages: readonly string[]}} data
 */
export async function open(element, { languages }) {
  // As the visitor's system has it, until another theme is chosen.
  document.body.classList.toggle("dark", window.matchMedia("(prefers-color-scheme: dark)").matches);
  const page = browserPage();
  const language = languageOf(page.language.asked(), navigator.languages, languages);
  const [catalogue, schema, index, lines] = await Promise.all(["catalogue", "schema", "index", `text/${language}`]
    .map(async (name) => (await read(`${name}.pack`)).json()));
  const wanted = new URLSearchParams(window.location.search).get("bookmarks");
  const file = wanted && new URL(wanted, document.baseURI);
  const bookmarks = file && file.origin === window.location.origin
    ? await fetch(file).then((answer) => (answer.ok ? answer.text() : ""), () => "") : "";
  return mount(element, { ...page, bookmarks, catalogue, schema, words: { language, lines }, styled: true,
    transport: overFiles(index, answered, compute(catalogue, schema)) });
}
