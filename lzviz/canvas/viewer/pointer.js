// @ts-check
/**
 * Pointer events of one frame as intents: hover, stroke, drag, zoom. It knows no state and draws nothing.
 *
 * One finger, pen or mouse button works the tool; two fingers, the middle button or the wheel move the camera. A stroke
 * ends exactly once, also when the browser takes the pointer away: what was drawn is kept. Only a second finger that
 * follows the first at once takes its dab back, because then the two meant a pinch.
 *
 * @typedef {[number, number]} Point  in the frame, CSS pixels
 *
 * @typedef {object} Intents
 * @property {() => "stroke" | "pan" | "hover"} action  what the main button does now
 * @property {(at: Point | null, touch: boolean) => void} hover  null: the pointer left
 * @property {(at: Point, erase: boolean) => void} begin
 * @property {(points: readonly Point[]) => void} extend
 * @property {(keep: boolean) => void} end
 * @property {(dx: number, dy: number) => void} pan
 * @property {(factor: number, at: Point) => boolean} zoom  whether the camera moved
 * @property {(at: Point) => void} click
 */

/** A second finger within this time and travel means a pinch and not the end of a stroke. */
const PINCH_TIME = 300;
const PINCH_TRAVEL = 24;
const CLICK_TRAVEL = 4;
/** `buttons` of a pen that is turned around. */
const PEN_ERASER = 32;

/**
 * @typedef {object} Drag one button or finger at work
 * @property {number} id
 * @property {"stroke" | "pan" | "hover"} kind
 * @property {Point} last
 * @property {number} travel CSS pixels so far
 * @property {number} time   of its start
 */

/** What moves elements under a hand that drags. */
const MOVING = ["scroll", "resize"];

class Hand {
  /** @param {HTMLElement} element @param {Intents} intents */
  constructor(element, intents) {
    this.element = element;
    this.intents = intents;
    /** @type {Map<number, Point>} */
    this.fingers = new Map();
    /** @type {Drag | null} */
    this.drag = null;
    /** @type {{distance: number, middle: Point} | null} */
    this.pinch = null;
    /** Where the element stands while something is dragged: asking has all laid out. @type {DOMRect | null} */
    this.box = null;
  }

  /** @param {{clientX: number, clientY: number}} event @returns {Point} */
  place(event) {
    const box = this.box ?? this.element.getBoundingClientRect();
    this.box = this.drag ? box : null;
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** The page may have moved. */
  forget() {
    this.box = null;
  }

  /** @param {boolean} keep */
  finish(keep) {
    if (!this.drag) return;
    const { kind, travel, last } = this.drag;
    this.drag = null;
    this.forget();
    if (kind === "stroke") this.intents.end(keep);
    else if (keep && travel < CLICK_TRAVEL) this.intents.click(last);
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button > 2) return;
    const { element, fingers, intents } = this;
    const at = this.place(event);
    const touch = event.pointerType === "touch";
    element.setPointerCapture(event.pointerId);
    if (touch) fingers.set(event.pointerId, at);
    if (fingers.size === 2) return this.startPinch();
    if (fingers.size > 2) return;
    this.finish(true);
    const kind = event.button === 1 ? "pan" : intents.action();
    this.drag = { id: event.pointerId, kind, last: at, travel: 0, time: event.timeStamp };
    if (kind === "stroke") intents.begin(at, event.button === 2 || event.altKey || event.buttons === PEN_ERASER);
    else intents.hover(at, touch);
  }

  startPinch() {
    const { drag } = this;
    if (drag) this.finish(!(drag.travel < PINCH_TRAVEL && performance.now() - drag.time < PINCH_TIME));
    this.pinch = this.spread();
    this.intents.hover(null, true);
  }

  spread() {
    const [a, b] = [...this.fingers.values()];
    const middle = /** @type {Point} */ ([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    return { distance: Math.max(8, Math.hypot(a[0] - b[0], a[1] - b[1])), middle };
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { drag, fingers, pinch } = this;
    const at = this.place(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, at);
    if (pinch && fingers.size >= 2) this.movePinch(pinch);
    else if (drag?.id === event.pointerId) this.moveDrag(drag, at, event);
    else if (event.pointerType !== "touch") this.intents.hover(at, false);
  }

  /** @param {{distance: number, middle: Point}} before */
  movePinch(before) {
    const now = this.spread();
    this.pinch = now;
    this.intents.pan(now.middle[0] - before.middle[0], now.middle[1] - before.middle[1]);
    this.intents.zoom(now.distance / before.distance, now.middle);
  }

  /** @param {Drag} drag @param {Point} at @param {PointerEvent} event */
  moveDrag(drag, at, event) {
    const [dx, dy] = [at[0] - drag.last[0], at[1] - drag.last[1]];
    drag.travel += Math.hypot(dx, dy);
    drag.last = at;
    if (drag.kind === "pan") this.intents.pan(dx, dy);
    else if (drag.kind === "hover") this.intents.hover(at, event.pointerType === "touch");
    else {
      const parts = event.getCoalescedEvents?.() ?? [];
      this.intents.extend(parts.length ? parts.map((part) => this.place(part)) : [at]);
    }
  }

  /** @param {PointerEvent} event */
  up(event) {
    this.fingers.delete(event.pointerId);
    if (this.fingers.size < 2) this.pinch = null;
    if (this.drag?.id === event.pointerId) this.finish(true);
  }

  /** @param {PointerEvent} event */
  leave(event) {
    if (!this.drag && event.pointerType !== "touch") this.intents.hover(null, false);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 160 : 1;
    if (event.shiftKey) {
      event.preventDefault();
      return this.intents.pan(-unit * (event.deltaX || event.deltaY), 0);
    }
    const factor = Math.exp(-unit * event.deltaY * (event.ctrlKey ? 0.01 : 0.0022));
    if (this.intents.zoom(factor, this.place(event))) event.preventDefault();
  }
}

/**
 * @param {HTMLElement} element receives the events; its box is the frame
 * @param {Intents} intents
 * @returns {() => void} stop listening; a stroke on its way is kept
 */
export function listen(element, intents) {
  const hand = new Hand(element, intents);
  const up = (/** @type {any} */ event) => hand.up(event);
  const listeners = /** @type {[string, (event: any) => void][]} */ ([
    ["pointerdown", (event) => hand.down(event)], ["pointermove", (event) => hand.move(event)],
    ["pointerup", up], ["pointercancel", up], ["lostpointercapture", up],
    ["pointerleave", (event) => hand.leave(event)], ["wheel", (event) => hand.wheel(event)],
    ["contextmenu", (event) => event.preventDefault()],
  ]);
  const moved = () => hand.forget();
  for (const [type, fn] of listeners) element.addEventListener(type, fn, { passive: false });
  for (const type of MOVING) window.addEventListener(type, moved, { passive: true, capture: true });
  return () => {
    hand.finish(true);
    for (const type of MOVING) window.removeEventListener(type, moved, { capture: true });
    for (const [type, fn] of listeners) element.removeEventListener(type, fn);
  };
}
