// @ts-check
/** The doctor's room: views in the middle, findings at the side, the shelf below. */
import { say, t } from "../../core/text.js";
import { h, setText } from "../../kit/dom.js";
import { withOption } from "../../core/options.js";
import { clamp } from "../../core/schema.js";
import { listenForFlip } from "../../viewer/keyboard.js";
import { listen } from "../../viewer/pointer.js";
import { createAsking, createChart } from "./asking.js";
import { createBeside } from "./beside.js";
import { commandsOf } from "./commands.js";
import { createElements } from "./elements.js";
import { createFindings } from "./findings.js";
import { createHeader } from "./header.js";
import { followLink } from "./linked.js";
import { DoctorScene } from "./scene.js";
import { chooseArray, createShelf } from "./shelf.js";
import { ROUTES } from "../../schema/routes.js";

/** @typedef {import("../../core/rooms.js").Handed} Handed */

/** What of the chart is asked about. */
const ASKED = ["subject", "applied", "use", "source", "beside", "stride", "element"];

/** @param {HTMLElement} element @param {import("../../core/rooms.js").RoomHost} host @param {() => boolean} on */
export function createDoctor(element, { context }, on) {
  const { store, host, root } = context;
  const chart = createChart();
  const asking = createAsking(context, chart, on);
  const choose = () => chooseArray((file) => open(file));
  const findings = createFindings(chart, asking, copy);
  const shelf = createShelf(context, chart, asking, choose);
  const header = createHeader(context, chart, asking, toExplore);
  const beside = createBeside(chart, asking);
  const elements = createElements(chart, asking);
  findings.head.after(elements.line);
  // Where Python is not there, nothing is brought: what is looked at was diagnosed beforehand.
  const brings = host.transport.answers(ROUTES.addWarp.path);
  if (brings) header.element.append(beside.element);
  header.size.before(elements.choice);
  shelf.element.hidden = !brings && host.transport.answers(ROUTES.diagnose.path);
  const link = followLink(store, chart, asking, on);
  const stage = h("div", { role: "region", class: "lz-doctor-stage lz-stage", "aria-label": t("main.views") });
  const sides = sidesOf(chart);
  const foot = h("p", { class: "lz-doctor-foot", role: "status" });
  element.classList.add("lz-doctor");
  element.replaceChildren(header.element, stage, findings.element, shelf.element, foot);
  const scene = new DoctorScene(stage, context, chart);
  scene.views.source.size.after(sides.element);

  /** @param {Handed | File | null} given */
  function open(given) {
    void shelf.fill();
    if (given instanceof File) asking.look({ name: given.name, file: given });
    else if (given) asking.look({ name: given.name, warp: given });
    else link.catchUp();
    scene.request("layout");
  }

  /** The warp as it is now, as a sampler of Explore. */
  function toExplore() {
    const { now } = chart.get();
    const option = context.schema.options.given?.find(({ name }) => name === "grid");
    if (!now?.keep || !option) return;
    const width = now.zoomed ? { width: clamp(now.zoomed[1], context.schema.field("width")) } : {};
    store.set({ room: context.schema.field("room").default, sampler: "given", tool: "pick", ...width,
      options: withOption(store.get().options, "given", option, now.keep) }, { history: true });
  }

  const commands = commandsOf({ chart, asking, findings, scene, ...(brings ? { toExplore, choose } : {}) });
  const ends = [link.stop, beside.stop, elements.stop, findings.stop, header.stop, shelf.stop,
    ...watch(scene, asking, on), steer(scene),
    chart.subscribe(() => refresh()), listenForFlip(root, (held) => {
      scene.flip = held && on();
      scene.request("draw");
    })];
  function refresh() {
    const { now, side, next } = chart.get();
    sides.show(side, next !== null);
    setText(foot, !host.transport.answers(ROUTES.diagnose.path) ? t("doctor.noPython")
      : now ? say(now.sentence) : t("doctor.looking"));
  }
  refresh();
  Object.assign(element, { lzvizDoctor: { chart, scene } });
  return { commands, open, dispose() {
    ends.forEach((end) => end());
    scene.dispose();
    element.replaceChildren();
  } };
}

/** Copies a fix, or selects it where copying is refused. @param {string} text @param {HTMLElement} button */
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    setText(button, t("doctor.copied"));
  } catch {
    const code = button.parentElement?.querySelector("pre");
    if (code) getSelection()?.selectAllChildren(code);
    setText(button, t("doctor.selected"));
  }
  setTimeout(() => setText(button, t("doctor.copy")), 1500);
}

/**
 * Given or mended in the large view.
 * @param {import("../../core/store.js").Store<import("./asking.js").Chart>} chart
 */
function sidesOf(chart) {
  const buttons = /** @type {const} */ (["given", "mended"]).map((side) =>
    h("button", { type: "button", class: "lz-layer", "data-side": side, "aria-pressed": "false",
      onclick: () => chart.set({ side }) }, t(`doctor.side.${side}`)));
  const element = h("span", { class: "lz-doctor-sides", role: "group", "aria-label": t("doctor.sides") },
    ...buttons);
  return { element, show: (/** @type {string} */ side, /** @type {boolean} */ there) => {
    element.hidden = !there;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.side === side));
  } };
}

/**
 * What makes it ask and draw.
 * @param {DoctorScene} scene @param {ReturnType<typeof createAsking>} asking @param {() => boolean} on
 */
function watch(scene, asking, on) {
  const { chart, live, container } = scene;
  const resized = new ResizeObserver(() => scene.request("layout"));
  resized.observe(container);
  return [
    chart.subscribe((_, changed) => {
      if (ASKED.some((key) => changed.has(key))) asking.ask();
      scene.request(changed.has("now") ? "layout" : "draw");
    }),
    live.subscribe((_, changed) => {
      if (!changed.has("image")) return;
      scene.flown = "";
      scene.renew();
      if (on()) asking.ask();
    }),
    () => resized.disconnect(),
    scene.theme.follow(() => scene.retheme()),
  ];
}

/** Drag and wheel move the source. @param {DoctorScene} scene */
function steer(scene) {
  const view = scene.views.source;
  return listen(view.overlay, {
    action: () => "pan", hover: () => {}, begin: () => {}, extend: () => {}, end: () => {}, click: () => {},
    pan: (dx, dy) => void scene.panBy(view, dx, dy),
    zoom: (factor, at) => scene.zoomBy(view, factor, at),
  });
}
