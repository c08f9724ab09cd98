// @ts-check
/**
 * The doctor's report as one file: the canvas of the doctor's room, with diagnoses that were made beforehand, and which
 * fixes lead from one to the next. Nothing is asked of anybody.
 *
 * @typedef {import("./schema/contract.js").Diagnosed} Diagnosed
 *
 * @typedef {object} Looked  a file, and what was made of it
 * @property {string} id
 * @property {string} name
 * @property {readonly [number, number]} source  (h, w)
 * @property {string} picture  by which it is found among the pictures
 * @property {Readonly<Record<string, Diagnosed>>} looks  by the fixes that were applied, with commas between
 *
 * @typedef {object} Report
 * @property {any} schema
 * @property {string} language
 * @property {import("./core/text.js").Words} lines
 * @property {readonly Looked[]} files
 * @property {Readonly<Record<string, string>>} pictures  base64 of what a browser decodes
 */
import { createAgain } from "./core/again.js";
import { followUse } from "./core/active.js";
import { ownAddress, ownTheme } from "./core/browser.js";
import { createBrought } from "./core/brought.js";
import { emptyLive } from "./core/context.js";
import { overFiles } from "./core/files.js";
import { decode, sourceImage } from "./core/images.js";
import { createPatience, pageName } from "./core/patience.js";
import { createRooms } from "./core/rooms.js";
import { createSchema, defaults } from "./core/schema.js";
import { createStore } from "./core/store.js";
import { speak, t } from "./core/text.js";
import { fromBase64 } from "./core/wire.js";
import { iconButton } from "./kit/controls.js";
import { h } from "./kit/dom.js";
import { mark, themeIcon } from "./kit/icons.js";
import { createDoctor } from "./rooms/doctor/doctor.js";
import { verdictIcon } from "./rooms/doctor/lights.js";
import { doctor } from "./rooms/doctor/room.js";
import { VERDICTS } from "./rooms/doctor/words.js";
import { ROUTES } from "./schema/routes.js";
import { listenForKeys } from "./shell/keys.js";

/** What stands packed in the document. @param {string} packed @returns {Promise<Report>} */
async function unpacked(packed) {
  const stream = new Blob([fromBase64(packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

/** @param {readonly string[]} applied */
const keyOf = (applied) => applied.join(",");

/**
 * The answer to a question about a file.
 * @param {Looked} file @param {readonly string[]} applied @param {boolean} mend
 */
export function lookOf({ looks }, applied, mend) {
  let done = [...applied];
  for (;;) {
    const now = looks[keyOf(done)];
    const worst = mend && now?.findings.find(({ check, verdict, mends }) => mends && !done.includes(check)
      && (verdict === "fault" || verdict === "warning"));
    if (!worst) return now;
    done = [...done, worst.check];
  }
}

/** Answers about the files. @param {readonly Looked[]} files @returns {import("./core/transport.js").Transport} */
const overLooks = (files) => overFiles({ routes: [], kept: {} }, fetch, {
  [ROUTES.diagnose.path]: async ({ given, applied, mend }) => {
    const file = files.find(({ id }) => id === given);
    const look = file && lookOf(file, applied, mend);
    if (!look) throw new Error(t("files.needsPython"));
    return look;
  },
});

/** The worst verdict of a look. @param {Diagnosed} look */
const worst = ({ findings }) => VERDICTS.find((verdict) => findings.some((each) => each.verdict === verdict)) ?? "ok";

/**
 * The files, each with its worst verdict; one of them is shown.
 * @param {readonly Looked[]} files @param {import("./core/context.js").StateStore} store
 */
function filesOf(files, store) {
  const rows = files.map(({ id, name, looks: { "": first } }) => {
    const verdict = worst(first);
    const checks = first.findings.filter((each) => each.verdict === verdict).map(({ check }) => check);
    return h("button", { type: "button", class: "lz-report-file", "data-id": id, "data-verdict": verdict, title: name,
      onclick: () => store.set({ examined: id, finding: "auto", mended: [] }) },
    verdictIcon(verdict), h("span", { class: "lz-report-name", translate: "no" }, name),
    h("span", { class: "lz-report-checks", translate: "no" }, verdict === "ok" ? "" : checks.join(", ")));
  });
  const mark = () => rows.forEach((row) => row.setAttribute("aria-current",
    String(row.dataset.id === store.get().examined)));
  store.subscribe(mark);
  mark();
  return h("nav", { class: "lz-report-files", "aria-label": t("doctor.files"), hidden: files.length < 2 }, ...rows);
}

/** @param {HTMLElement} root @param {Report} report @returns {Promise<import("./core/context.js").Context>} */
async function contextOf(root, { schema: json, files }) {
  const schema = createSchema(json);
  const host = { transport: overLooks(files), styled: true, address: ownAddress(), theme: ownTheme(),
    catalogue: { pictures: [], samplers: [], sources: [] } };
  const live = createStore(emptyLive());
  const store = createStore({ ...defaults(schema), room: "doctor", examined: files[0].id });
  return /** @type {any} */ ({ schema, host, root, store, live, rooms: createRooms([doctor]), page: pageName(),
    brought: createBrought(), again: createAgain(), patiently: createPatience(live) });
}

/**
 * The place in the address: a file by its number, the finding by its name; Back and a copied address lead there.
 * @param {readonly Looked[]} files @param {import("./core/context.js").StateStore} store
 */
function followPlace(files, store) {
  const read = () => {
    const [number, finding = "auto"] = decodeURIComponent(location.hash.slice(1)).split("/");
    const file = files[Number(number) - 1];
    if (file) store.set({ examined: file.id, finding, mended: [] });
  };
  read();
  window.addEventListener("hashchange", read);
  store.subscribe(({ examined, finding }) => {
    const number = files.findIndex(({ id }) => id === examined) + 1;
    const place = finding === "auto" ? `#${number}` : `#${number}/${finding}`;
    if (location.hash !== place) history.replaceState(null, "", place);
  });
}

/** @param {HTMLElement} element @param {{packed: string}} data */
export async function open(element, { packed }) {
  const report = await unpacked(packed);
  const { files, pictures, language, lines } = report;
  speak(language, lines);
  const context = await contextOf(element, report);
  const { store, live, host: { theme } } = context;
  const dress = () => {
    element.dataset.theme = theme.dark() ? "dark" : "light";
  };
  dress();
  theme.follow(dress);
  const well = files.filter(({ looks }) => looks[""].well).length;
  const flip = () => theme.set(!theme.dark());
  const room = h("main", { class: "lz-whole", "aria-label": t("tab.doctor") });
  element.classList.add("lz-page", "lz-report");
  Object.assign(element.dataset, { whole: "", room: "doctor" });
  element.lang = language;
  element.replaceChildren(h("header", { class: "lz-top" },
    h("span", { class: "lz-name" }, mark(), h("h1", { translate: "no" }, "lzviz")),
    h("span", { class: "lz-report-sum" }, t("doctor.report", { well, count: files.length })),
    h("span", { class: "lz-grow" }),
    iconButton(themeIcon(), t("keys.theme"), flip, { key: "D" })), filesOf(files, store), room);
  followUse(element);

  const decoded = Object.fromEntries(await Promise.all(Object.entries(pictures).map(async ([name, text]) =>
    [name, await decode(new Blob([fromBase64(text)]))])));
  const show = () => {
    const { id, picture, source: [height, width] } = files.find(({ id: each }) => each === store.get().examined)
      ?? files[0];
    if (live.get().image?.id !== id) live.set({ image: sourceImage(id, decoded[picture], { width, height }) });
  };
  followPlace(files, store);
  show();
  // Before the room asks about the file: what it asks says the size of the source.
  store.subscribe((_, changed) => changed.has("examined") && show());
  const built = createDoctor(room, { context, rail: room, dock: room, question: /** @type {any} */ (null) },
    () => true);
  const themed = { id: "theme", keys: ["d"], label: t("keys.theme"), group: t("keys.page"), run: flip };
  listenForKeys(element, () => [...built.commands, themed]);
  built.open(null);
  Object.assign(element, { lzviz: { store, live, rooms: { doctor: built } } });
  Object.assign(element.dataset, { ready: "1", lzvizReady: "" });
}
