// @ts-check
/** The keys of the doctor's room. */
import { t } from "../../core/text.js";
import { cameraCommands } from "../../viewer/keyboard.js";
import { told } from "./words.js";

/**
 * @typedef {object} Parts
 * @property {import("../../core/store.js").Store<import("./asking.js").Chart>} chart
 * @property {ReturnType<typeof import("./asking.js").createAsking>} asking
 * @property {ReturnType<typeof import("./findings.js").createFindings>} findings
 * @property {import("./scene.js").DoctorScene} scene
 * @property {() => void} [toExplore]  with Python alone
 * @property {() => void} [choose]
 *
 * @param {Parts} parts
 * @returns {import("../../shell/keys.js").Command[]}
 */
export function commandsOf({ chart, asking, findings, scene, toExplore, choose }) {
  /** @param {number} by */
  function step(by) {
    const { now, chosen } = chart.get();
    const all = now ? told(now).map(({ check }) => check) : [];
    if (!all.length) return;
    const next = all[(all.indexOf(chosen) + by + all.length) % all.length];
    asking.choose(next);
    findings.reveal(next);
  }
  const mends = () => chart.get().now?.findings.some(({ check, mends: can }) => can && check === chart.get().chosen);
  const copier = () => /** @type {HTMLElement | null} */ (
    findings.element.querySelector("[data-chosen] .lz-doctor-code button"));
  const group = t("tab.doctor");
  return [
    { id: "doctor-next", keys: ["j"], label: t("doctor.key.next"), group, run: () => step(1) },
    { id: "doctor-back", keys: ["k"], label: t("doctor.key.back"), group, run: () => step(-1) },
    { id: "doctor-apply", keys: ["a"], label: t("doctor.key.apply"), group,
      run: () => void (mends() && asking.apply(chart.get().chosen)) },
    { id: "doctor-copy", keys: ["c"], label: t("doctor.key.copy"), group,
      run: () => copier()?.click() },
    ...[{ id: "doctor-explore", keys: ["e"], label: t("doctor.key.explore"), group, run: toExplore },
      { id: "doctor-open", keys: ["o"], label: t("doctor.key.open"), group, run: choose }].filter(({ run }) => run),
    { id: "doctor-flip", keys: [" "], label: t("doctor.key.flip"), group },
    { id: "doctor-undo", keys: ["z", "Mod+z"], label: t("keys.undo"), group, run: () => asking.undo() },
    { id: "doctor-redo", keys: ["Shift+z", "Mod+Shift+z", "Mod+y"], label: t("keys.redo"), group,
      run: () => chart.redo() },
    ...cameraCommands(() => scene, group),
    { id: "doctor-place", keys: ["f"], label: t("doctor.key.fly"), group, run: () => scene.fly(true) },
  ];
}
