// @ts-check
/**
 * A term opens from every label that shows its words: pointed at for a moment, focused, or pressed long. Labels are
 * found by what they say, so that no room has to know of terms; what is found carries `data-term`.
 */
import { h, uniqueId } from "../kit/dom.js";
import { t } from "../core/text.js";
import { offerHints } from "./hints.js";

/** @typedef {import("./terms.js").Term} Term */

/** Milliseconds that a pointer rests on a label, that a focus stays, that a finger presses, and of a way out. */
const [POINTED, FOCUSED, PRESSED, LEFT] = [550, 300, 500, 160];
/** Milliseconds after which labels that came are looked for. */
const SETTLED = 350;
/** Pixels that a finger may tremble. */
const TREMBLE = 10;
const SILENT = "select, option, textarea, script, style, math, .lz-term, .lz-tip, [data-term-off]";
/** What has a focus of its own. */
const REACHED = "button, a, label, input, summary, [role='tab'], [role='option'], svg, [aria-hidden='true']";
/** A control with its label, and what may stand around them. */
const PART = ".lz-slider, .lz-row, .lz-block, .lz-toggle";
const PARTS = `${PART}, .lz-section`;
/** A part that is higher than this, pixels, is no longer beside its label. */
const TALL = 96;
const MARKED = "[data-term]";

/**
 * Which term each line means.
 * @param {Readonly<Record<string, Term>>} terms @returns {Map<string, string>}
 */
export const linesOf = (terms) => new Map(Object.entries(terms).flatMap(([id, { labels }]) =>
  labels.map((key) => /** @type {[string, string]} */ ([t(key), id]))));

/** @param {Element} element @param {Map<string, string>} lines */
const meaning = (element, lines) => [...element.childNodes].map((node) =>
  (node.nodeType === Node.TEXT_NODE ? lines.get((node.nodeValue ?? "").trim()) : undefined)).find(Boolean);

/** Labels that came are marked, and those that say something else by now are not. @param {HTMLElement} root
 * @param {Map<string, string>} lines */
export function markLabels(root, lines) {
  for (const element of root.querySelectorAll(MARKED)) {
    if (meaning(element, lines) !== element.getAttribute("data-term")) unmark(element);
  }
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const id = lines.get((node.nodeValue ?? "").trim());
    const element = node.parentElement;
    if (!id || !element || element.hasAttribute("data-term") || element.closest(SILENT)) continue;
    element.setAttribute("data-term", id);
  }
  reach(root);
}

/** The keyboard stops at a term once, however often its label stands there. @param {HTMLElement} root */
function reach(root) {
  const reached = new Set();
  for (const element of root.querySelectorAll(MARKED)) {
    const id = element.getAttribute("data-term");
    const stops = element.hasAttribute("data-term-stop");
    if (!stops && element.hasAttribute("tabindex")) continue;
    const wanted = !reached.has(id) && element.checkVisibility() && !element.closest(REACHED);
    if (wanted) reached.add(id);
    if (wanted === stops) continue;
    element.toggleAttribute("data-term-stop", wanted);
    if (wanted) element.setAttribute("tabindex", "0");
    else element.removeAttribute("tabindex");
  }
}

/** @param {Element} element */
function unmark(element) {
  element.removeAttribute("data-term");
  if (element.hasAttribute("data-term-stop")) element.removeAttribute("tabindex");
  element.removeAttribute("data-term-stop");
}

/** The label of what has the focus. @param {Element} target */
function labelOf(target) {
  const own = target.closest(MARKED) ?? target.querySelector(MARKED);
  const labels = [.../** @type {HTMLInputElement} */ (target).labels ?? []];
  const named = labels.map((label) => label.closest(MARKED) ?? label.querySelector(MARKED)).find(Boolean);
  const part = target.matches("input, select") ? target.closest(PARTS) : null;
  return own ?? named ?? part?.querySelector(MARKED) ?? null;
}

/** What a card leaves free: the label, and the control that it names. @param {Element} label */
function surroundings(label) {
  const part = label.closest(PART)?.getBoundingClientRect();
  return part && part.height <= TALL ? part : label.getBoundingClientRect();
}

/** The card of a term, and where it stands: never over its label, nor beyond the window. @param {HTMLElement} root */
function createCard(root) {
  const card = h("div", { class: "lz-term", role: "tooltip", id: uniqueId("term"), hidden: true });
  return {
    element: card,
    /** @param {Term} term @param {Element} label @param {string} before  what else is told of the label */
    show(term, label, before) {
      card.replaceChildren(h("b", {}, term.name), ...(before ? [h("p", { class: "lz-term-own" }, before)] : []),
        h("p", {}, term.what), h("p", {}, term.why), h("code", { translate: "no" }, term.formula),
        h("small", { translate: "no" }, term.paper));
      const place = label.closest("dialog") ?? root;
      if (card.parentElement !== place) place.append(card);
      card.hidden = false;
      root.setAttribute("data-explained", "");
      const [at, box] = [surroundings(label), card.getBoundingClientRect()];
      const below = at.bottom + 6 + box.height < window.innerHeight || at.top < box.height + 12;
      const left = Math.min(at.left, window.innerWidth - box.width - 8);
      card.style.transform = `translate(${Math.max(8, left)}px, ${below ? at.bottom + 6 : at.top - box.height - 6}px)`;
    },
    hide() {
      card.hidden = true;
      root.removeAttribute("data-explained");
    },
  };
}

/** What opens and closes the card. */
class Glossary {
  /** @type {Element | null} */
  label = null;
  /** @type {Element | null} what is described by it */
  described = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  /** @type {{x: number, y: number} | null} where a finger presses */
  finger = null;
  /** The end of a long press is no click. */
  pressed = false;

  /** @param {HTMLElement} root @param {Readonly<Record<string, Term>>} terms */
  constructor(root, terms) {
    this.root = root;
    this.terms = terms;
    this.card = createCard(root);
  }

  /** @param {() => void} run @param {number} wait */
  later(run, wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(run, wait);
  }

  /** @param {Element} label @param {Element | null} [described] */
  show(label, described = null) {
    const term = this.terms[label.getAttribute("data-term") ?? ""];
    if (!term || !label.isConnected) return;
    this.hide();
    this.label = label;
    // A control's own help says what its term says; what a button does, it does not.
    const told = label.closest("[data-reason]")?.getAttribute("data-reason");
    this.card.show(term, label, told ?? label.closest("button[data-tip]")?.getAttribute("data-tip") ?? "");
    this.described = described;
    described?.setAttribute("aria-describedby", [described.getAttribute("aria-describedby"), this.card.element.id]
      .filter(Boolean).join(" "));
  }

  hide() {
    clearTimeout(this.timer);
    if (!this.label) return;
    this.label = null;
    this.card.hide();
    const rest = (this.described?.getAttribute("aria-describedby") ?? "").split(" ")
      .filter((id) => id && id !== this.card.element.id).join(" ");
    if (rest) this.described?.setAttribute("aria-describedby", rest);
    else this.described?.removeAttribute("aria-describedby");
    this.described = null;
  }

  /** @param {PointerEvent} event */
  over(event) {
    const target = /** @type {Element} */ (event.target);
    if (event.pointerType !== "mouse" || this.card.element.contains(target)) return void (this.label &&
      clearTimeout(this.timer));
    const label = event.buttons ? null : target.closest(MARKED);
    if (label && label === this.label) return clearTimeout(this.timer);
    if (label) return this.later(() => this.show(label), POINTED);
    // Over a picture the pointer reads pixels: nothing may stand in its way.
    if (!this.label || target.closest(".lz-view")) return this.hide();
    if (!this.described) this.later(() => this.hide(), LEFT);
  }

  /** @param {PointerEvent} event */
  down(event) {
    const target = /** @type {Element} */ (event.target);
    this.pressed = false;
    if (!this.card.element.contains(target)) this.hide();
    const label = event.pointerType === "mouse" ? null
      : target.closest(MARKED) ?? target.closest("button, label")?.querySelector(MARKED);
    if (!label) return;
    this.finger = { x: event.clientX, y: event.clientY };
    this.later(() => {
      this.pressed = true;
      this.show(label);
    }, PRESSED);
  }

  /** @param {PointerEvent} event */
  move({ clientX, clientY }) {
    if (!this.finger || this.pressed) return;
    if (Math.hypot(clientX - this.finger.x, clientY - this.finger.y) > TREMBLE) this.up();
  }

  up() {
    if (this.finger && !this.pressed) clearTimeout(this.timer);
    this.finger = null;
  }

  /** @param {Event} event */
  swallow(event) {
    if (!this.pressed) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.type === "click") this.pressed = false;
  }

  /** @param {FocusEvent} event */
  focus({ target }) {
    if (!(target instanceof Element) || !target.matches(":focus-visible")) return;
    const label = labelOf(target);
    if (label) this.later(() => document.activeElement === target && this.show(label, target), FOCUSED);
    else this.hide();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.label) return clearTimeout(this.timer);
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
    }
    if (!["Shift", "Control", "Alt", "Meta"].includes(event.key)) this.hide();
  }

  /** @returns {() => void} stops it */
  listen() {
    const { root } = this;
    const listeners = /** @type {[string, (event: any) => void, boolean][]} */ ([
      ["pointerover", (event) => this.over(event), false],
      ["pointerleave", ({ pointerType }) => pointerType === "mouse" && this.hide(), false],
      ["pointerdown", (event) => this.down(event), true], ["pointermove", (event) => this.move(event), true],
      ["pointerup", () => this.up(), true], ["pointercancel", () => this.up(), true],
      ["click", (event) => this.swallow(event), true], ["contextmenu", (event) => this.swallow(event), true],
      ["focusin", (event) => this.focus(event), false], ["focusout", () => this.hide(), false],
      ["wheel", () => this.hide(), false]]);
    // Whoever only points has the focus nowhere, and closes with a key too.
    const key = (/** @type {KeyboardEvent} */ event) => this.key(event);
    document.addEventListener("keydown", key, true);
    for (const [name, run, capture] of listeners) {
      root.addEventListener(name, run, { capture, passive: name === "wheel" });
    }
    return () => {
      document.removeEventListener("keydown", key, true);
      for (const [name, run, first] of listeners) root.removeEventListener(name, run, first);
      this.hide();
      this.card.element.remove();
    };
  }
}

/**
 * @param {import("../core/context.js").Context} context @param {Readonly<Record<string, Term>>} terms
 * @param {boolean} guided  a visitor is shown around
 * @returns {() => void} takes it away
 */
export function createGlossary(context, terms, guided) {
  const { root } = context;
  const lines = linesOf(terms);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = () => {
    timer = undefined;
    markLabels(root, lines);
  };
  // Numbers change at every stroke: one look after the first of a burst is enough, and costs no frame.
  const watch = new MutationObserver(() => {
    timer ??= setTimeout(look, SETTLED);
  });
  const ends = [new Glossary(root, terms).listen(), guided ? offerHints(context) : () => {}];
  look();
  watch.observe(root, { childList: true, subtree: true, characterData: true, attributeFilter: ["hidden"] });
  return () => {
    watch.disconnect();
    clearTimeout(timer);
    ends.forEach((end) => end());
    root.querySelectorAll(MARKED).forEach(unmark);
  };
}
