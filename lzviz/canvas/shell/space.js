// @ts-check
/** How the page shares its room: what a wide picture leaves goes to the dock; on a phone the tools sit in the stage. */

const LEAST = 260;
const MOST = 320;
const PHONE = "(max-width: 727px)";
const SCROLLING = "(max-width: 900px)";

/** @typedef {import("../core/rooms.js").Need} Need */

/**
 * Height of the dock: its least, and what the views do not need.
 * @param {{width: number, height: number}} room  of views and dock together, without padding @param {Need} need
 */
export function dockHeight(room, need) {
  const needed = need({ width: room.width, height: room.height - LEAST });
  return Math.round(Math.min(MOST, Math.max(LEAST, room.height - needed)));
}

/**
 * Height of the views on a page that scrolls: what they need at full width, at most 70 % of the window.
 * @param {number} width @param {Need} need
 */
const viewsHeight = (width, need) =>
  Math.round(Math.min(0.7 * window.innerHeight, need({ width, height: Infinity })));

/**
 * Keeps the shares right as window, picture and comparison change.
 * @param {import("../core/context.js").Context} context @param {HTMLElement} stage @param {HTMLElement} slot
 * @returns {() => void} stops
 */
export function shareRoom(context, stage, slot) {
  const { root, store, live, rooms } = context;
  const tools = /** @type {HTMLElement} */ (root.querySelector(".lz-tools"));
  const phone = window.matchMedia(PHONE);

  function placeTools() {
    if (phone.matches) slot.append(tools);
    else root.insertBefore(tools, stage);
    tools.setAttribute("aria-orientation", phone.matches ? "horizontal" : "vertical");
  }
  function share() {
    const { image } = live.get();
    if (!image || phone.matches) return;
    const style = getComputedStyle(stage);
    const padding = [style.paddingTop, style.paddingBottom].map(parseFloat).reduce((a, b) => a + b, 0);
    const gutters = [style.paddingLeft, style.paddingRight].map(parseFloat).reduce((a, b) => a + b, 0);
    const dock = /** @type {HTMLElement} */ (root.querySelector(".lz-dock"));
    const need = rooms.of(store.get()).need?.(context, image.width / image.height);
    if (!need) return;
    const width = stage.clientWidth - gutters;
    if (window.matchMedia(SCROLLING).matches) {
      root.style.setProperty("--lz-views", `${viewsHeight(width, need) + padding}px`);
      root.style.removeProperty("--lz-dock");
      return;
    }
    const room = { width, height: stage.clientHeight + dock.offsetHeight - padding };
    root.style.setProperty("--lz-dock", `${dockHeight(room, need)}px`);
  }
  const observer = new ResizeObserver(share);
  observer.observe(root);
  phone.addEventListener("change", placeTools);
  const ends = [
    live.subscribe((_, changed) => changed.has("image") && share()),
    store.subscribe((_, changed) => ["compare", "room", "checkpoint"].some((key) => changed.has(key)) && share()),
    () => observer.disconnect(),
    () => phone.removeEventListener("change", placeTools),
  ];
  placeTools();
  share();
  return () => ends.forEach((end) => end());
}
