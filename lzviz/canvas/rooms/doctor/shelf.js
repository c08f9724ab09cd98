// @ts-check
/** Below the views: a place to drop or choose a file, and the shelf of specimens with their meshes. */
import { t } from "../../core/text.js";
import { getFrom } from "../../core/client.js";
import { floatsFromBase64 } from "../../core/wire.js";
import { h, svg } from "../../kit/dom.js";
import { ROUTES } from "../../schema/routes.js";
import { ARRAYS } from "./words.js";

const WIDTH = 62;
const HEIGHT = 32;

/** @typedef {import("../../schema/contract.js").SpecimenLine} Specimen */

/** The mesh of a specimen, drawn as it stands; what lies far outside is cut off. @param {Specimen} line */
function mesh({ mesh: text, meshSize: [rows, columns] }) {
  const values = floatsFromBase64(text);
  const place = (/** @type {number} */ k) => `${((values[2 * k] + 1.15) / 2.3 * WIDTH).toFixed(1)} ${
    ((values[2 * k + 1] + 1.15) / 2.3 * HEIGHT).toFixed(1)}`;
  const line = (/** @type {number[]} */ at) => `M${at.map(place).join("L")}`;
  const range = (/** @type {number} */ n, /** @type {(k: number) => any} */ of) =>
    Array.from({ length: n }, (_, k) => of(k));
  const across = range(rows, (i) => line(range(columns, (j) => i * columns + j)));
  const down = range(columns, (j) => line(range(rows, (i) => i * columns + j)));
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "lz-doctor-mesh", "aria-hidden": "true" },
    svg("path", { d: [...across, ...down].join("") }));
}

/** Opens the dialog for arrays. @param {(file: File) => void} take @param {readonly string[]} [suffixes] */
export function chooseArray(take, suffixes = ARRAYS) {
  const input = h("input", { type: "file", accept: suffixes.join(","), class: "lz-hidden", tabindex: -1 });
  input.addEventListener("change", () => {
    if (input.files?.[0]) take(input.files[0]);
    input.remove();
  });
  input.addEventListener("cancel", () => input.remove());
  document.body.append(input);
  input.click();
}

/**
 * @param {import("../../core/context.js").Context} context
 * @param {import("../../core/store.js").Store<import("./asking.js").Chart>} chart
 * @param {{look: (subject: import("./asking.js").Subject) => void}} asking @param {() => void} choose
 */
export function createShelf({ host, patiently }, chart, asking, choose) {
  const drop = h("button", { type: "button", class: "lz-doctor-drop", onclick: choose },
    h("span", {}, h("b", {}, t("doctor.drop")), " ", t("doctor.drop.what")),
    h("small", { translate: "no" }, ARRAYS.join("  ")));
  const row = h("div", { class: "lz-doctor-row", role: "group", "aria-label": t("doctor.specimens") });
  const element = h("div", { class: "lz-doctor-shelf" }, drop,
    h("div", { class: "lz-doctor-zoo" }, h("span", {}, t("doctor.specimens")), row));

  async function fill() {
    if (!host.transport.answers(ROUTES.specimens.path) || row.childElementCount) return;
    const answer = await patiently(() => getFrom(host, ROUTES.specimens.path));
    const { specimens } = await answer.json();
    row.replaceChildren(...specimens.map((/** @type {Specimen} */ line) => h("button", { type: "button",
      class: "lz-doctor-specimen", "data-name": line.name,
      title: t("doctor.seen", { sentence: line.sentence, seen: line.seen }),
      "aria-label": t("doctor.specimen", { name: line.name, sentence: line.sentence }), onclick: () =>
        asking.look({ name: line.name, specimen: line.name }) }, mesh(line),
      h("span", { translate: "no" }, line.name))));
    refresh();
  }
  function refresh() {
    const now = chart.get().subject?.specimen;
    for (const button of /** @type {Iterable<HTMLElement>} */ (row.children)) {
      button.setAttribute("aria-pressed", String(button.dataset.name === now));
    }
  }
  return { element, fill, stop: chart.subscribe((_, changed) => changed.has("subject") && refresh()) };
}
