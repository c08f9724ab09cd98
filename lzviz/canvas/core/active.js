// @ts-check
/**
 * Which of several mounts on a page an event of the window is meant for: the one that has the focus; where nothing has
 * it, the one that was used last. A page with a single mount gives it everything.
 */

const MARK = "data-active";
const USES = /** @type {const} */ (["pointerdown", "pointerenter", "focusin"]);

/** Marks the mount that is used. @param {HTMLElement} root @returns {() => void} stops */
export function followUse(root) {
  const use = () => {
    for (const other of document.querySelectorAll(`[${MARK}]`)) if (other !== root) other.removeAttribute(MARK);
    root.setAttribute(MARK, "");
  };
  for (const name of USES) root.addEventListener(name, use);
  return () => {
    for (const name of USES) root.removeEventListener(name, use);
    root.removeAttribute(MARK);
  };
}

/** Whether an event of the window is meant for a mount. @param {HTMLElement} root @param {Event} event */
export function belongs(root, { target }) {
  if (!root.isConnected || root.offsetParent === null) return false;
  if (target instanceof Node && root.contains(target)) return true;
  const nobodys = target === document.body || target === document.documentElement || !(target instanceof Element);
  return nobodys && (root.hasAttribute(MARK) || document.querySelectorAll(".lz-page").length === 1);
}
