// @ts-check
/**
 * What the room knows: the array that is looked at, the fixes that were applied, what Python says of it now and with
 * one fix more. Undo steps through what was opened and applied.
 *
 * @typedef {import("../../core/context.js").Context} Context
 * @typedef {import("../../core/rooms.js").Handed} Handed
 * @typedef {import("./words.js").Diagnosed} Diagnosed
 * @typedef {import("../../schema/contract.js").Elements} Elements
 *
 * @typedef {object} Subject  what is looked at; exactly one of file, specimen, warp and id is there
 * @property {string} name
 * @property {File} [file]
 * @property {string} [specimen]
 * @property {Handed} [warp]
 * @property {string} [id]  of an array that the server holds already
 *
 * A file, or an array that the server holds already.
 * @typedef {File | {id: string, name: string}} Beside
 *
 * @typedef {object} Chart
 * @property {Subject | null} subject
 * @property {readonly string[]} applied  fixes, in order
 * @property {string} use                 "": the doctor decides
 * @property {readonly [number, number] | null} source  (h, w); null: the picture's
 * @property {Diagnosed | null} now
 * @property {Diagnosed | null} next      with the fix of the chosen finding
 * @property {string} chosen              name of a check
 * @property {"given" | "mended"} side    of the large view
 * @property {Readonly<Record<string, boolean>>} layers
 * @property {boolean} asking
 * @property {Readonly<Partial<Record<import("./beside.js").Part, Beside>>>} beside  what lies beside it, of other files
 * @property {number | null} stride  of the features that it reads
 * @property {number | null} element  of a batch, which is looked at by itself; null: all of them
 * @property {Elements | null} elements  what is worst in each
 */

import { t } from "../../core/text.js";
import { createCalls } from "../../core/calls.js";
import { askServer } from "../../core/client.js";
import { createStore } from "../../core/store.js";
import { ROUTES } from "../../schema/routes.js";
import { createSubjects } from "./subjects.js";
import { told } from "./words.js";

const PASSING = ["now", "next", "chosen", "side", "layers", "asking", "elements"];

/** @returns {import("../../core/store.js").Store<Chart>} */
export const createChart = () => createStore(/** @type {Chart} */ ({ subject: null, applied: [], use: "", source: null,
  now: null, next: null, chosen: "", side: "given", layers: { mesh: true, folds: true, gradient: true }, asking: false,
  beside: {}, stride: null, element: null, elements: null }),
{ untracked: PASSING });

/**
 * Answers about what the chart says, each asked once.
 * @param {Context} context @param {import("../../core/store.js").Store<Chart>} chart
 * @param {ReturnType<typeof createSubjects>} subjects
 */
function createAnswers({ live, host, page, patiently, brought }, chart, subjects) {
  /** @type {Map<string, Promise<any>>} by what is asked */
  const known = new Map();

  /** (h, w) of the source. */
  function sourceSize() {
    const { image } = live.get();
    return chart.get().source ?? (image ? [image.height, image.width] : [1024, 2048]);
  }

  /** @param {string} path @param {object} more  that is asked @returns {Promise<any>} */
  function answer(path, more) {
    const { subject, use, beside, stride } = chart.get();
    if (!subject) throw new Error("no subject");
    const asked = { source: sourceSize(), use: use || null, page, stride, ...more };
    const key = JSON.stringify([path, subjects.key(subject), asked, subjects.keys(beside)]);
    const before = known.get(key);
    if (before) return before;
    const again = { warp: () => subjects.giveAgain(subject, beside) };
    const made = patiently(() => brought.answered(async () =>
      askServer(host, path, { ...await subjects.body(subject),
        ...await subjects.beside(beside), ...asked }), again));
    known.set(key, made);
    made.catch(() => known.delete(key));
    if (known.size > 64) known.delete([...known.keys()][0]);
    return made;
  }
  return { sourceSize, answer };
}

/**
 * @param {Context} context @param {import("../../core/store.js").Store<Chart>} chart @param {() => boolean} on
 */
export function createAsking(context, chart, on) {
  const { live, host } = context;
  const subjects = createSubjects(context);
  const call = createCalls(context, on);
  const { sourceSize, answer } = createAnswers(context, chart, subjects);
  let turn = 0;

  /** @param {readonly string[]} applied @param {boolean} [mend] @returns {Promise<Diagnosed>} */
  const diagnosis = (applied, mend = false) =>
    answer(ROUTES.diagnose.path, { applied, mend, element: chart.get().element });

  /** Asks about the chart of now. */
  function ask() {
    const { subject, applied } = chart.get();
    if (!subject || !host.transport.answers(ROUTES.diagnose.path) || !live.get().image) return;
    const mine = ++turn;
    chart.set({ asking: true });
    void call(t("doctor.noLook"), () => diagnosis(applied), (now) => {
      if (mine !== turn) return;
      const worst = told(now)[0]?.check ?? "";
      const { chosen } = chart.get();
      const kept = told(now).some(({ check }) => check === chosen) ? chosen : worst;
      chart.set({ now, next: null, chosen: kept, side: "given" });
      live.set({ measured: { sentence: now.sentence } });
      void preview();
      void each(now, mine);
    }, ask).then(() => mine === turn && chart.set({ asking: false }));
  }

  /** What is worst in each element of a batch, by itself. @param {Diagnosed} now @param {number} mine */
  async function each(now, mine) {
    if (now.elements < 2 || !host.transport.answers(ROUTES.diagnoseElements.path)) return chart.set({ elements: null });
    try {
      const elements = await answer(ROUTES.diagnoseElements.path, {});
      if (mine === turn) chart.set({ elements });
    } catch {
      if (mine === turn) chart.set({ elements: null });
    }
  }

  /** What the fix of the chosen finding would leave. */
  async function preview() {
    const { now, chosen, applied } = chart.get();
    const finding = now?.findings.find(({ check }) => check === chosen);
    if (!now || !finding?.mends) return chart.set({ next: null });
    try {
      const next = await diagnosis([...applied, chosen]);
      if (chart.get().now === now && chart.get().chosen === chosen) chart.set({ next });
    } catch {
      if (chart.get().now === now) chart.set({ next: null });
    }
  }

  const anew = /** @type {Partial<Chart>} */ ({ now: null, next: null, chosen: "", applied: [] });
  const whole = /** @type {Partial<Chart>} */ ({ element: null, elements: null });
  return {
    ask,
    sourceSize,
    diagnosis,
    idOf: subjects.idOf,
    /**
     * @param {Subject} subject @param {string} [chosen]  the finding that is shown first; the worst
     * @param {Partial<Chart>} [said]  of it; each fix that was applied can be undone
     */
    look(subject, chosen = "", { applied = [], ...said } = {}) {
      chart.set({ ...anew, ...whole, subject, chosen, use: "", ...said }, { history: true });
      applied.forEach((_, k) => chart.set({ applied: applied.slice(0, k + 1) }, { history: true }));
    },
    undo: () => back(chart),
    /** @param {string} chosen */
    choose(chosen) {
      chart.set({ chosen, next: null });
      void preview();
    },
    /** @param {string} check */
    apply(check) {
      chart.set({ applied: [...chart.get().applied, check] }, { history: true });
    },
    /** Every fix there is, worst first. */
    async mend() {
      await call(t("doctor.noMend"), () => diagnosis(chart.get().applied, true), ({ applied }) =>
        chart.set({ applied }, { history: true }), () => undefined);
    },
    /** @param {string} use */
    take: (use) => chart.set({ ...anew, ...whole, use }, { history: true }),
    /** One element of a batch by itself; null: all of them. @param {number | null} element */
    single: (element) => chart.set({ ...anew, element }, { history: true }),
    /** What is said beside the subject. @param {Partial<Pick<Chart, "beside" | "stride">>} said */
    add: (said) => chart.set({ ...anew, ...said }, { history: true }),
    /** @param {readonly [number, number] | null} source */
    resize: (source) => chart.set({ source }, { history: true }),
  };
}

/** To what was looked at before, never to nothing. @param {import("../../core/store.js").Store<Chart>} chart */
function back(chart) {
  chart.undo();
  if (!chart.get().subject) chart.redo();
}
