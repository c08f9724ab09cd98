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
 * @property {(points: readonly Point[], event: PointerEvent) => void} extend
 * @property {(keep: boolean) => void} end
 * @property {(dx: number, dy: number) => void} pan
 * @property {(factor: number, at: Point) => boolean} zoom  whether the camera moved
 * @property {(at: Point) => void} click
 */

/** A second finger within this time and travel means a pinch and not the end of a stroke. */
const PINCH_TIME = 300;
const PINCH_TRAVEL = 24;
const CLICK_TRAVEL = 4;

/**
 * @param {HTMLElement} element receives the events; its box is the frame
 * @param {Intents} intents
 * @returns {() => void} stop listening; a stroke on its way is kept
 */
export function listen(element, intents) {
  /** @type {Map<number, Point>} */
  const fingers = new Map();
  /** @type {{id: number, kind: "stroke" | "pan" | "hover", from: Point, last: Point, travel: number, time: number} | null} */
  let drag = null;
  /** @type {{distance: number, middle: Point} | null} */
  let pinch = null;

  /** @param {{clientX: number, clientY: number}} event @returns {Point} */
  function place(event) {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** @param {boolean} keep */
  function finish(keep) {
    if (!drag) return;
    const { kind, travel, last } = drag;
    drag = null;
    if (kind === "stroke") intents.end(keep);
    else if (keep && travel < CLICK_TRAVEL) intents.click(last);
  }

  /** @param {PointerEvent} event */
  function down(event) {
    if (event.button > 2) return;
    const at = place(event);
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, at);
      if (fingers.size === 2) return startPinch();
      if (fingers.size > 2) return;
    }
    finish(true);
    const kind = event.button === 1 ? "pan" : intents.action();
    drag = { id: event.pointerId, kind, from: at, last: at, travel: 0, time: event.timeStamp };
    if (kind === "stroke") intents.begin(at, event.button === 2 || event.altKey || event.buttons === 32);
    else intents.hover(at, event.pointerType === "touch");
  }

  function startPinch() {
    if (drag) finish(!(drag.travel < PINCH_TRAVEL && performance.now() - drag.time < PINCH_TIME));
    pinch = measure();
    intents.hover(null, true);
  }

  function measure() {
    const [a, b] = [...fingers.values()];
    const middle = /** @type {Point} */ ([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    return { distance: Math.max(8, Math.hypot(a[0] - b[0], a[1] - b[1])), middle };
  }

  /** @param {PointerEvent} event */
  function move(event) {
    const at = place(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, at);
    if (pinch && fingers.size >= 2) return movePinch(pinch);
    if (drag?.id === event.pointerId) return moveDrag(drag, at, event);
    if (event.pointerType !== "touch") intents.hover(at, false);
  }

  /** @param {NonNullable<typeof pinch>} before */
  function movePinch(before) {
    const now = measure();
    pinch = now;
    intents.pan(now.middle[0] - before.middle[0], now.middle[1] - before.middle[1]);
    intents.zoom(now.distance / before.distance, now.middle);
  }

  /** @param {NonNullable<typeof drag>} current @param {Point} at @param {PointerEvent} event */
  function moveDrag(current, at, event) {
    const [dx, dy] = [at[0] - current.last[0], at[1] - current.last[1]];
    current.travel += Math.hypot(dx, dy);
    current.last = at;
    if (current.kind === "pan") intents.pan(dx, dy);
    else if (current.kind === "hover") intents.hover(at, event.pointerType === "touch");
    else {
      const parts = event.getCoalescedEvents?.() ?? [];
      intents.extend(parts.length ? parts.map(place) : [at], event);
    }
  }

  /** @param {PointerEvent} event */
  function up(event) {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pinch = null;
    if (drag?.id === event.pointerId) finish(true);
  }

  /** @param {PointerEvent} event */
  function leave(event) {
    if (!drag && event.pointerType !== "touch") intents.hover(null, false);
  }

  /** @param {WheelEvent} event */
  function wheel(event) {
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 160 : 1;
    if (event.shiftKey) {
      event.preventDefault();
      return intents.pan(-unit * (event.deltaX || event.deltaY), 0);
    }
    const factor = Math.exp(-unit * event.deltaY * (event.ctrlKey ? 0.01 : 0.0022));
    if (intents.zoom(factor, place(event))) event.preventDefault();
  }

  /** @param {Event} event */
  const quiet = (event) => event.preventDefault();

  const listeners = /** @type {[string, (event: any) => void][]} */ ([
    ["pointerdown", down], ["pointermove", move], ["pointerup", up], ["pointercancel", up],
    ["lostpointercapture", up], ["pointerleave", leave], ["wheel", wheel], ["contextmenu", quiet],
  ]);
  for (const [type, fn] of listeners) element.addEventListener(type, fn, { passive: false });
  return () => {
    finish(true);
    for (const [type, fn] of listeners) element.removeEventListener(type, fn);
  };
}
