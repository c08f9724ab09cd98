// @ts-check
/** Load your own: two files, a folder of the server's machine, or a repository of the Hub. Python checks everything. */
import { segmented } from "../../kit/controls.js";
import { h } from "../../kit/dom.js";
import { toldError } from "../../kit/told.js";
import { ROUTES } from "../../schema/routes.js";
import { t } from "../../core/text.js";
import { Said } from "../../core/errors.js";

/**
 * @typedef {import("./models.js").Room} Room
 * @typedef {(path: string, request: () => RequestInit) => void} Load
 */

const PICKLES = /\.(pt|pth|bin|ckpt|pkl|pickle)$/i;

/**
 * The two files as one body: length of the card, card, weights. Throws the sentence that says what is missing.
 * @param {readonly File[]} files
 */
export function packed(files) {
  const pickle = files.find(({ name }) => PICKLES.test(name));
  if (pickle) {
    throw new Said(t("own.pickle", { file: pickle.name }));
  }
  const weights = files.find(({ name }) => /\.safetensors$/i.test(name));
  const card = files.find(({ name }) => /\.json$/i.test(name));
  if (!weights || !card || files.length !== 2) {
    throw new Said(t("own.twoFiles"));
  }
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, card.size, true);
  return new Blob([length.buffer, card, weights]);
}

/** @param {string} path @param {(text: string) => unknown} body @param {Load} load */
const sender = (path, body, load) => (/** @type {string} */ text) => load(path, () => ({
  headers: { "content-type": "application/json" }, body: JSON.stringify(body(text)),
}));

/** @param {string} label @param {string} example @param {string} help @param {(text: string) => void} send */
function typed(label, example, help, send) {
  const field = h("input", { type: "text", class: "lz-link-field", "aria-label": label, placeholder: example,
    autocomplete: "off", spellcheck: "false" });
  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (field.value.trim()) send(field.value.trim());
    else field.focus();
  }
  return h("form", { class: "lz-own-form", onsubmit: submit }, field,
    h("button", { type: "submit", class: "lz-button lz-own-load" }, t("own.load")), h("p", { class: "lz-note" }, help));
}

/** @param {Load} load */
function chosen(load) {
  const input = h("input", { type: "file", multiple: true, accept: ".safetensors,.json", class: "lz-hidden",
    tabindex: "-1", "aria-label": t("own.files.label"), onchange: () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      if (files.length) load(ROUTES.addCheckpoint.path, () => ({ body: packed(files) }));
    } });
  return h("div", { class: "lz-own-form" }, h("button", { type: "button", class: "lz-button lz-own-load",
    onclick: () => input.click() }, t("own.choose")), input, h("p", { class: "lz-note" }, t("own.files.help")));
}

/** @param {Room} room @returns {HTMLElement} */
export function createOwn(room) {
  const said = h("p", { class: "lz-own-said", role: "status" });
  const element = h("section", { class: "lz-section lz-own", "aria-label": t("own") });

  /** @param {string} path @param {() => RequestInit} made */
  async function load(path, made) {
    element.setAttribute("data-busy", "");
    said.removeAttribute("data-error");
    said.textContent = t("own.loading");
    try {
      const request = { method: "POST", ...made() };
      const bring = async () => (await room.ask(path, request)).checkpoint;
      const checkpoint = await bring();
      room.add(checkpoint, bring);
      said.replaceChildren(t("own.loaded", { title: checkpoint.title || checkpoint.name }), " ", h("button",
        { type: "button",
        class: "lz-link", onclick: () => room.open(checkpoint.name) }, t("models.open")));
    } catch (error) {
      said.setAttribute("data-error", "");
      said.replaceChildren(...toldError(error));
    }
    element.removeAttribute("data-busy");
  }
  /** @type {Record<string, HTMLElement>} */
  const ways = {
    files: chosen(load),
    folder: typed(t("own.folder"), "checkpoints/my-run", t("own.folder.help"),
      sender(ROUTES.openCheckpoint.path, (folder) => ({ folder }), load)),
    hub: typed(t("own.hub"), "owner/name", t("own.hub.help"), sender(ROUTES.fetchCheckpoint.path, (id) => ({ id }),
      load)),
  };
  /** @param {string} way */
  function choose(way) {
    for (const [name, form] of Object.entries(ways)) form.hidden = name !== way;
    said.textContent = "";
  }
  const bar = segmented(t("own.from"), ["files", "folder", "hub"].map((value) =>
    ({ value, label: t(`own.from.${value}`) })), choose);
  bar.show("files");
  choose("files");
  element.append(h("div", { class: "lz-head" }, t("own")), bar.element, ...Object.values(ways), said);
  return element;
}
