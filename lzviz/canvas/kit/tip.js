// @ts-check
/**
 * One tip for all controls: name, key, and why a control does nothing. Shown on hover after a moment, on focus
 * at once.
 */
import { keyName } from "./dialogs.js";
import { h } from "./dom.js";

const PATIENCE = 450;

/** @param {HTMLElement} root @returns {() => void} takes it away */
export function createTip(root) {
  const tip = h("div", { class: "lz-tip", role: "tooltip", hidden: true });
  root.append(tip);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {Element} owner */
  function show(owner) {
    const reason = owner.closest("[data-reason]")?.getAttribute("data-reason");
    const text = owner.getAttribute("data-tip") ?? "";
    const key = owner.getAttribute("data-key");
    tip.replaceChildren(reason ?? text, ...(key && !reason ? [h("kbd", { translate: "no" }, keyName(key))] : []));
    tip.hidden = false;
    const [at, box, frame] = [owner.getBoundingClientRect(), tip.getBoundingClientRect(), root.getBoundingClientRect()];
    const beside = owner.closest(".lz-tools") !== null && at.height < 200 && frame.width > 640;
    const left = beside ? at.right + 8 : Math.min(at.left, frame.right - box.width - 8);
    const below = at.bottom + 6 + box.height < window.innerHeight;
    const top = beside ? at.top + (at.height - box.height) / 2 : below ? at.bottom + 6 : at.top - box.height - 6;
    tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  }
  function hide() {
    clearTimeout(timer);
    tip.hidden = true;
  }
  /** @param {Event} event */
  const owner = (event) => (event.target instanceof Element ? event.target.closest("[data-tip], [data-reason]") : null);
  /** @param {PointerEvent} event */
  function over(event) {
    hide();
    const found = owner(event);
    if (found && event.pointerType === "mouse") timer = setTimeout(() => show(found), PATIENCE);
  }
  /** @param {Event} event */
  function focus(event) {
    const found = owner(event);
    if (found && event.target instanceof Element && event.target.matches(":focus-visible")) show(found);
  }
  const listeners = /** @type {[string, (event: any) => void][]} */ ([["pointerover", over], ["pointerdown", hide],
    ["pointerleave", hide], ["focusin", focus], ["focusout", hide], ["keydown", hide]]);
  for (const [name, fn] of listeners) root.addEventListener(name, fn);
  return () => {
    hide();
    tip.remove();
    for (const [name, fn] of listeners) root.removeEventListener(name, fn);
  };
}
