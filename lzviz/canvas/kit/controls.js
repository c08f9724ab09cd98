// @ts-check
/** Controls: labelled, reachable by keyboard, with tabular numbers. None of them knows the state. */
import { h, setText, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { fromPosition, settleNumber, toPosition } from "../core/schema.js";
import { t, typable } from "../core/text.js";

/** @typedef {import("../core/schema.js").Field} Field */

const STEPS = 1000;

/**
 * Marks a control as available or not. It stays focusable, so that its reason can be read.
 * @param {Element} element @param {string | null} reason why it is not available, null when it is
 */
export function setReason(element, reason) {
  element.toggleAttribute("data-off", reason !== null);
  if (reason === null) {
    element.removeAttribute("aria-disabled");
    if (element.hasAttribute("data-reason")) element.removeAttribute("data-reason");
  } else {
    element.setAttribute("aria-disabled", "true");
    element.setAttribute("data-reason", reason);
  }
}

/** @param {Element} element */
export const isOff = (element) => element.hasAttribute("data-off");

/**
 * A button that shows an icon, with a label for everybody (and the key that does the same, for the tip).
 * @param {string | Node} picture @param {string} label @param {() => void} run
 * @param {{key?: string, class?: string, text?: string}} [options]
 */
export function iconButton(picture, label, run, { key, class: extra = "", text } = {}) {
  const button = h("button", {
    type: "button", class: `lz-button lz-icon-button ${extra}`, "aria-label": text ? null : label, "data-tip": label,
    "data-key": key, "aria-keyshortcuts": key,
    onclick: () => isOff(button) || run(),
  }, typeof picture === "string" ? icon(picture) : picture, text);
  return button;
}

/**
 * A slider with its name on the left and its value, which can be typed, on the right.
 * @param {Field} field
 * @param {{label?: string, format?: (value: number) => string, unit?: string, onInput: (value: number) => void,
 *   onDone: (value: number) => void}} options  onInput while it moves, onDone when it is let go
 * @returns {{element: HTMLElement, show: (value: number) => void, setReason: (reason: string | null) => void}}
 */
export function slider(field, { label = field.label, format, unit = "", onInput, onDone }) {
  const id = uniqueId(field.key);
  const print = format ?? ((/** @type {number} */ value) => typable(value, field.decimals ?? 0));
  const range = h("input", { type: "range", id, min: 0, max: STEPS, step: 1, class: "lz-range" });
  const value = h("input", { type: "text", class: "lz-value", inputmode: "decimal", autocomplete: "off",
    spellcheck: "false", "aria-label": t("control.value", { label }) });
  const units = h("span", { class: "lz-unit" }, unit);
  const element = h("div", { class: "lz-slider" },
    h("div", { class: "lz-slider-head" }, h("label", { for: id }, label),
      h("span", { class: "lz-amount" }, value, units)),
    range);
  let current = field.default ?? field.min ?? 0;

  /** @param {number} next */
  function show(next) {
    current = next;
    const position = toPosition(next, field);
    range.value = String(Math.round(position * STEPS));
    range.style.setProperty("--fill", `${(100 * position).toFixed(1)}%`);
    range.setAttribute("aria-valuetext", unit ? t("control.amount", { value: print(next), unit }) : print(next));
    if (document.activeElement !== value) value.value = print(next);
    value.style.width = `${Math.max(2, value.value.length) + 0.5}ch`;
  }

  /** @param {number} next @param {boolean} done */
  function choose(next, done) {
    show(next);
    (done ? onDone : onInput)(next);
  }

  range.addEventListener("input", () => choose(fromPosition(Number(range.value) / STEPS, field), false));
  range.addEventListener("change", () => choose(current, true));
  range.addEventListener("keydown", (event) => {
    const next = stepped(event, current, field);
    if (next === null) return;
    event.preventDefault();
    choose(next, true);
  });
  value.addEventListener("focus", () => value.select());
  value.addEventListener("change", () => {
    const typed = parseFloat(value.value.replace(",", "."));
    if (Number.isFinite(typed)) choose(settleNumber(typed, field), true);
    value.blur();
    show(current);
  });
  return { element, show, setReason: (reason) => blockInputs(element, [range, value], reason) };
}

/**
 * The value after a key press on a slider, or null when the key is none of a slider's. Shift makes the step larger.
 * @param {KeyboardEvent} event @param {number} value @param {Field} field
 */
function stepped(event, value, field) {
  const steps = /** @type {Record<string, number>} */ ({
    ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -1e6, End: 1e6,
  })[event.key];
  if (steps === undefined || event.ctrlKey || event.metaKey || event.altKey) return null;
  const count = Math.abs(steps) === 1 && event.shiftKey ? 10 * steps : steps;
  const position = Math.min(1, Math.max(0, toPosition(value, field) + count / 100));
  const moved = fromPosition(position, field);
  const least = field.type === "integer" ? 1 : 10 ** -(field.decimals ?? 2);
  return moved === value ? settleNumber(value + Math.sign(steps) * least, field) : moved;
}

/** @param {Element} element @param {HTMLInputElement[]} inputs @param {string | null} reason */
function blockInputs(element, inputs, reason) {
  setReason(element, reason);
  for (const input of inputs) input.disabled = reason !== null;
}

/**
 * One of a few: radio buttons drawn as one bar.
 * @param {string} label
 * @param {readonly {value: any, label: string}[]} choices
 * @param {(value: any) => void} onChoose
 * @returns {{element: HTMLElement, show: (value: any) => void,
 *   setReason: (reason: string | null, value?: any) => void}}
 */
export function segmented(label, choices, onChoose) {
  const name = uniqueId("choice");
  const inputs = choices.map(({ value }, at) => h("input", {
    type: "radio", name, value: String(at), class: "lz-hidden", onchange: () => {
      onChoose(value);
      show(shown);
    },
  }));
  /** @type {any} What is chosen in truth: a choice that was refused or put off is taken back. */
  let shown = null;
  const show = (/** @type {any} */ value) => {
    shown = value;
    choices.forEach((choice, at) => { inputs[at].checked = choice.value === value; });
  };
  const items = choices.map(({ label: text }, at) =>
    h("label", { class: "lz-segment" }, inputs[at], h("span", {}, text)));
  const element = h("div", { class: "lz-segments", role: "radiogroup", "aria-label": label }, ...items);
  return {
    element,
    show,
    setReason(reason, value) {
      choices.forEach((choice, at) => {
        if (value === undefined || choice.value === value) blockInputs(items[at], [inputs[at]], reason);
      });
    },
  };
}

/**
 * On or off.
 * @param {string} label @param {(on: boolean) => void} onChange
 * @returns {{element: HTMLElement, show: (on: boolean) => void, setReason: (reason: string | null) => void}}
 */
export function toggle(label, onChange) {
  const input = h("input", { type: "checkbox", role: "switch", class: "lz-hidden",
    onchange: () => onChange(input.checked) });
  const element = h("label", { class: "lz-toggle" }, h("span", {}, label), input,
    h("span", { class: "lz-switch", "aria-hidden": "true" }));
  return {
    element,
    show: (on) => { input.checked = on; },
    setReason: (reason) => blockInputs(element, [input], reason),
  };
}

/**
 * A whole number that is typed or stepped.
 * @param {string} label @param {Field} field @param {(value: number) => void} onChange
 */
export function numberBox(label, field, onChange) {
  const settled = () => settleNumber(Number(input.value) || 0, { ...field, type: "integer" });
  const input = h("input", { type: "number", class: "lz-number", min: field.min, max: field.max, step: 1,
    "aria-label": label, onchange: () => onChange(settled()) });
  return {
    element: input,
    show: (/** @type {number} */ value) => { input.value = String(value); },
    setReason: (/** @type {string | null} */ reason) => blockInputs(input, [input], reason),
  };
}

/**
 * A part that opens: its head tells, in grey, what is inside while it is closed.
 * @param {string} label @param {readonly Node[]} children
 */
export function disclosure(label, children) {
  const id = uniqueId("part");
  const summary = h("span", { class: "lz-more-values" });
  const body = h("div", { class: "lz-more-body", id, hidden: true }, ...children);
  const button = h("button", { type: "button", class: "lz-more", "aria-expanded": "false", "aria-controls": id,
    onclick: () => {
      body.hidden = !body.hidden;
      button.setAttribute("aria-expanded", String(!body.hidden));
      if (!body.hidden) body.scrollIntoView({ block: "nearest" });
    } },
  h("span", { class: "lz-more-head" }, label, icon("right")), summary);
  return {
    element: h("div", { class: "lz-section" }, button, body),
    summarise: (/** @type {string} */ text) => setText(summary, text),
  };
}

/** A line of keys for hints: `keys("[", "]")`. @param {...string} names */
export const keys = (...names) => names.map((name) => h("kbd", { translate: "no" }, name));
