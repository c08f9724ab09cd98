// @ts-check
/** The room of the lessons: a rail of them, the text of one, and the page's own rooms as its picture. */
import { debounce, h, setText } from "../../kit/dom.js";
import { same } from "../../core/store.js";
import { say, t } from "../../core/text.js";
import { createAhead } from "./ahead.js";
import { openAlong } from "./along.js";
import { judged, valueOf } from "./expression.js";
import { FIGURES } from "./figures/list.js";
import { createControls } from "./controls.js";
import { createInner, stateOf } from "./inner.js";
import { createProgress, fetchLessons } from "./lessons.js";
import { warpNumbers } from "./numbers.js";
import { createPage } from "./page.js";
import { writeNumbers } from "./prose.js";
import { createLessonRail } from "./rail.js";
import { followSymbols } from "./symbols.js";

/**
 * @typedef {import("./lessons.js").Lesson} Lesson
 * @typedef {import("../../core/store.js").State} State
 *
 * @typedef {object} Figure  what a lesson draws beside the page's own views
 * @property {HTMLElement} [element]
 * @property {HTMLElement} [control]  of the number that it has of its own
 * @property {(value: number) => void} [tune]  sets that number
 * @property {() => number} [tuned]  what it is
 * @property {boolean} [sole]   the source alone stands below it
 * @property {boolean} [alone]  nothing stands below it
 * @property {() => string} label  which prediction this is
 * @property {() => void} again
 * @property {(seen: {revealed: boolean, guess: number}) => void} show
 * @property {() => import("./expression.js").Numbers} numbers
 * @property {() => boolean} [settled]
 * @property {() => void} dispose
 */

/** @typedef {{name: string, state: State, tune: number}} Target  a state that the text of a lesson leads to */

/** What a state looks like, beside what it is: the reader comes to it with another view as well. */
const LOOKS = new Set(["camera", "layers", "tool"]);

/** After so long, what does not settle is shown as it is, milliseconds. */
const PATIENCE = 60_000;

/** So often are the numbers of a lesson asked for before its sheet goes to paper without some. */
const TRIES = 4;

/** Whether a room shows all of what its state means. @param {any} mounted */
const atRest = (mounted) => {
  const { scene } = mounted ?? {};
  return !scene || (scene.dirty.size === 0 && (scene.motion === undefined || scene.motion === "done" || scene.held));
};

/** Waits for so many frames of the screen. @param {number} count */
async function frames(count) {
  for (let k = 0; k < count; k++) await new Promise((done) => requestAnimationFrame(done));
}

/** One lesson after the other; the state says which, and how far it is. */
class Lessons {
  /** @type {ReturnType<typeof createPage> | null} */
  page = null;
  /** @type {Figure | null} */
  figure = null;
  /** @type {ReturnType<typeof createControls> | null} */
  controls = null;
  /** The state of the lesson that is shown, by name. */
  shown = "start";
  /** What was computed of the states that were shown. @type {Map<string, import("./expression.js").Numbers>} */
  kept = new Map();
  /**
   * The same of every lesson that was come to, by its number.
   * @type {Map<number, Map<string, import("./expression.js").Numbers>>}
   */
  computed = new Map();
  /** The state that is computed just now. @type {string | null} */
  coming = null;
  /** The state that is shown was not all there when it was kept. */
  early = false;
  /** A prediction waits for what is computed. */
  judging = false;
  turn = 0;
  /** What is computed for a sheet. */
  printing = "";
  /** The states of the lesson, once they are read. @type {readonly Target[]} */
  targets = [];
  opened = false;

  /**
   * @param {HTMLElement} element @param {import("../../core/context.js").Context} context @param {() => boolean} on
   * @param {readonly Lesson[]} lessons
   */
  constructor(element, context, on, lessons) {
    this.element = element;
    this.context = context;
    this.on = on;
    this.lessons = lessons;
    this.lesson = lessons[0];
    this.step = context.store.get().lessonStep;
    this.progress = createProgress();
    this.stage = h("div", { class: "lz-stage lz-learn-stage", role: "region", "aria-label": t("learn.stage") });
    this.inner = createInner(context, this.stage);
    this.top = h("div", { class: "lz-learn-top" });
    this.told = h("p", { class: "lz-learn-told", lang: lessons[0].language });
    this.askAgain = h("button", { type: "button", class: "lz-link", hidden: true,
      onclick: () => this.inner.live.get().error?.run?.() }, t("error.tryAgain"));
    this.spoken = h("p", { class: "lz-hidden", role: "status" });
    this.text = h("div", { class: "lz-learn-text", lang: lessons[0].language });
    this.rail = createLessonRail(lessons, this.progress, (number) => this.go(number), () => this.book());
    element.classList.add("lz-learn");
    element.replaceChildren(this.rail.element, this.text,
      h("section", { class: "lz-learn-picture" }, this.top, this.stage),
      h("footer", { class: "lz-learn-status" }, this.told, this.askAgain, this.spoken));
    this.ahead = createAhead(context, lessons);
    this.soon = debounce(() => this.refresh(), 30);
    this.inner.follow(this.soon);
    this.symbols = followSymbols(element, this.inner);
    this.ends = [this.symbols.stop, this.ahead.stop, this.soon.cancel, () => this.inner.dispose(),
      context.store.subscribe((_, changed) => {
        if (on() && (changed.has("lesson") || changed.has("lessonStep"))) this.follow(changed.has("lesson"));
      })];
    Object.assign(element, { lzvizLearn: this });
  }

  get revealed() {
    return this.step !== "start";
  }

  /** @returns {import("./expression.js").Numbers} */
  numbers() {
    const { frame = null } = this.inner.now()?.scene ?? {};
    const own = frame?.grid && frame.warp ? warpNumbers(frame, this.inner.store.get(), this.lesson.region) : {};
    const all = { ...own, ...this.figure?.numbers() };
    const guess = this.page?.predict.guess() ?? NaN;
    return { ...all, guess, off: Math.abs(guess - valueOf(this.lesson.predict.truth, all)) };
  }

  settled() {
    return (this.figure?.alone === true || atRest(this.inner.now())) && (this.figure?.settled?.() ?? true);
  }

  /** What is known now goes into the text; once it is all there, the prediction is judged. */
  refresh() {
    const { page, lesson } = this;
    if (!this.on() || !page) return;
    const now = this.numbers();
    // What was shown before it was all there is taken once it is.
    if (this.early && this.settled()) this.keep();
    this.meet(now);
    const { measured, error } = this.inner.live.get();
    writeNumbers(this.text, now, this.kept, error ? null : this.early ? this.shown : this.coming);
    this.figure?.show({ revealed: this.revealed, guess: page.predict.guess() });
    this.symbols.relight();
    const told = this.revealed && !this.figure?.alone ? measured?.sentence : null;
    setText(this.told, this.printing || error?.text || (told ? say(told) : lesson.goal));
    this.askAgain.hidden = !error?.run;
    const truth = valueOf(lesson.predict.truth, now);
    if (!this.judging || this.shown !== "reveal" || !this.settled() || !Number.isFinite(truth)) {
      return page.predict.wait(this.judging);
    }
    this.judging = false;
    page.predict.wait(false);
    setText(this.spoken, page.predict.judge(truth, this.figure?.label() ?? ""));
  }

  /** Reads the states of the lesson. */
  async read() {
    const { states } = this.lesson;
    const links = Object.entries(states).map(([name, link]) =>
      /** @type {const} */ ([name, name === "start" ? link : `${states.start}&${link}`]));
    const told = await Promise.all(links.map(async ([name, link]) => ({ name, ...await stateOf(this.context, link) })));
    if (states === this.lesson.states) this.targets = told;
  }

  /**
   * Whoever comes to a state by hand has it computed as if the text had led there.
   * @param {import("./expression.js").Numbers} now
   */
  meet(now) {
    if (!this.revealed || this.coming || this.early || !this.settled()) return;
    const state = this.inner.store.get();
    const keys = /** @type {(keyof State)[]} */ (Object.keys(state)).filter((key) => !LOOKS.has(key)
      && this.targets.some((target) => !same(target.state[key], this.targets[0].state[key])));
    const tuned = this.figure?.tuned?.() ?? NaN;
    for (const target of this.targets) {
      if (this.kept.has(target.name) || (Number.isFinite(target.tune) && target.tune !== tuned)) continue;
      if (keys.every((key) => same(state[key], target.state[key]))) this.kept.set(target.name, now);
    }
  }

  /** Shows a state of the lesson. @param {string} name */
  async show(name) {
    const mine = ++this.turn;
    const { states, predict } = this.lesson;
    const link = name === "start" ? states.start : `${states.start}&${states[name]}`;
    const { state, drawn, tune } = await stateOf(this.context, link);
    if (mine !== this.turn) return;
    this.shown = name;
    this.coming = name;
    this.early = false;
    if (Number.isFinite(tune)) this.figure?.tune?.(tune);
    this.stage.hidden = this.figure?.alone === true;
    this.top.toggleAttribute("data-alone", this.stage.hidden);
    this.figure?.element?.toggleAttribute("hidden", this.context.rooms.of(state).whole === true);
    await this.inner.show(state, { drawn, held: predict.hold && name === "start",
      sole: this.figure?.sole });
    if (mine === this.turn) await this.rest();
    if (mine !== this.turn) return;
    this.coming = null;
    this.keep();
    this.refresh();
    this.ahead.after(this.lesson, name);
  }

  keep() {
    this.early = !this.settled();
    this.kept.set(this.shown, this.numbers());
    if (!this.early) this.numbersOf(this.lesson).set(this.shown, this.numbers());
  }

  /** What was computed of a lesson, for its sheet. @param {Lesson} lesson */
  numbersOf({ number }) {
    const known = this.computed.get(number) ?? new Map();
    this.computed.set(number, known);
    return known;
  }

  /**
   * Prints a sheet of lessons; those that nobody came to are computed before, one after the other.
   * @param {readonly Lesson[]} lessons
   */
  print = async (lessons) => {
    const { lesson, lessonStep } = this.context.store.get();
    const { isWhole, printSheet } = await import("./sheet.js");
    for (const each of lessons) {
      const numbers = this.numbersOf(each);
      // What another request pushed aside, or a busy server did not answer in time, is asked for again.
      for (let tries = 0; tries < TRIES && !isWhole(each, numbers); tries++) {
        this.printing = t("learn.sheet.computing", { number: each.number, count: this.lessons.length });
        this.context.store.set({ lesson: each.number, lessonStep: "start" });
        await this.show("start");
        await this.show("reveal");
        if (this.lesson === each) continue;
        this.printing = ""; // somebody went on meanwhile
        return;
      }
    }
    this.printing = "";
    this.context.store.set({ lesson, lessonStep });
    printSheet(this.context.root, lessons, lessons.map((each) => this.numbersOf(each)));
  };

  /** A state that the text leads to, said once it is there. @param {string} name */
  async set(name) {
    await this.show(name);
    if (this.shown === name && !this.coming) setText(this.spoken, this.told.textContent ?? "");
  }

  /** Waits until nothing moves. */
  async rest() {
    await frames(2);
    const { turn } = this;
    const until = performance.now() + PATIENCE;
    // What failed is not waited for: whoever asks again has it filled in.
    const waits = () => performance.now() < until && !this.settled() && !this.inner.live.get().error;
    while (turn === this.turn && waits()) await frames(1);
    await frames(2);
  }

  reveal() {
    if (this.revealed) return;
    this.judging = true;
    this.context.store.set({ lessonStep: "reveal" });
  }

  /** @param {number} number */
  go(number) {
    if (!this.lessons.some((each) => each.number === number)) return;
    this.context.store.set({ lesson: number, lessonStep: "start" });
    this.page?.focus();
  }

  again() {
    this.figure?.again();
    this.context.store.set({ lessonStep: "start" });
  }

  /** @param {boolean} right @param {string} why */
  answered(right, why) {
    setText(this.spoken, why);
    if (right) this.progress.add(this.lesson);
    this.context.store.set({ lessonStep: "check" });
    this.rail.show(this.lesson);
  }

  /** Builds the page of the lesson that the state means. */
  build() {
    const { lesson: number } = this.context.store.get();
    const { inner } = this;
    this.lesson = this.lessons.find((each) => each.number === number) ?? this.lessons[0];
    this.figure?.dispose();
    this.controls?.stop();
    this.figure = FIGURES[this.lesson.figure]?.(inner, (guess) => this.page?.predict.choose(guess)) ?? null;
    this.controls = createControls(inner.context, this.lesson.controls);
    this.page = createPage(this);
    const reset = h("button", { type: "button", class: "lz-link",
      onclick: () => void this.show(this.revealed ? "reveal" : "start") },
      t("learn.reset"));
    const explore = h("button", { type: "button", class: "lz-link", onclick: () => this.leave() }, t("learn.explore"));
    if (this.figure?.control) this.controls.element.append(this.figure.control);
    this.top.replaceChildren(h("div", { class: "lz-learn-bar" }, this.controls.element,
      h("div", { class: "lz-learn-ways" }, reset, explore)), this.figure?.element ?? "");
    this.text.replaceChildren(this.page.element);
    this.text.scrollTop = 0;
    this.rail.show(this.lesson);
    this.judging = false;
    this.early = false;
    this.kept.clear();
    this.targets = [];
    void this.read();
  }

  /** The picture of the lesson in its own room, to go on with. */
  leave() {
    const { lesson, lessonStep } = this.context.store.get();
    const tool = this.context.schema.field("tool").default;
    this.context.store.set({ ...this.inner.store.get(), tool, lesson, lessonStep }, { history: true });
  }

  /** Shows what the state means. @param {boolean} anew  another lesson */
  follow(anew) {
    const before = this.revealed;
    if (anew) this.build();
    this.step = this.context.store.get().lessonStep;
    this.page?.show(this.step);
    if (!anew && this.revealed === before) return;
    void (anew && this.revealed ? this.both() : this.show(this.revealed ? "reveal" : "start"));
  }

  /** Whoever comes by a link to the answer has not seen the beginning. */
  async both() {
    const turn = this.turn + 1;
    await this.show("start");
    if (turn === this.turn) await this.show("reveal");
  }

  /** The place of what is read along. */
  book() {
    void openAlong(this.context);
  }

  /** Every claim that the lesson makes of a state, judged. @param {string} name */
  async claims(name) {
    await this.show(name);
    const now = this.numbers();
    return this.lesson.claims.filter(({ state }) => state === name).map((claim) => judged(claim, now));
  }

  open() {
    if (this.opened) return this.refresh();
    this.opened = true;
    this.follow(true);
  }

  dispose() {
    this.ends.forEach((end) => end());
    this.figure?.dispose();
    this.controls?.stop();
    this.element.replaceChildren();
  }
}

/** @typedef {InstanceType<typeof Lessons>} Room */

/** @param {HTMLElement} element @param {import("../../core/rooms.js").RoomHost} host @param {() => boolean} on */
export async function createLearn(element, { context }, on) {
  const room = new Lessons(element, context, on, await fetchLessons(context.host, context.root.lang));
  const group = t("learn.keys");
  const turn = (/** @type {number} */ by) => () => room.go(room.lesson.number + by);
  return {
    commands: [{ id: "lesson-next", keys: ["ArrowRight"], label: t("learn.keys.next"), group, run: turn(1) },
      { id: "lesson-before", keys: ["ArrowLeft"], label: t("learn.keys.before"), group, run: turn(-1) }],
    open: () => room.open(),
    dispose: () => room.dispose(),
  };
}
