// @ts-check
/**
 * How the page shares its room between the views and the numbers (the dock): as the picture's shape asks, or as a hand
 * has drawn the border. On a phone the tools sit in the stage.
 */

import { NARROW } from "../viewer/arrange.js";
import { h } from "../kit/dom.js";
import { recall, remember } from "../kit/memory.js";
import { t } from "../core/text.js";

/** What the numbers need: rows below the views, or a column beside them. */
const LEAST = 190;
const COLUMN = 320;
/** The rows of a column are those of a dock of this height. */
const ROWS = 270;
/** What is left of a dock that is closed. */
const CLOSED = 14;
/** A hand leaves the views this much. */
const VIEWS = 220;
const STEP = 24;
/** More of the room than this is not to stay empty. */
const EMPTY = 0.08;
const PHONE = "(max-width: 727px)";
const SCROLLING = "(max-width: 900px)";
const KEY = "lzviz-dock";
/** What the need of a room follows from: a picture brings its checkpoint, whatever comes first. */
const SHAPING = ["compare", "compared", "room", "checkpoint", "image"];

/**
 * @typedef {import("../core/rooms.js").Need} Need
 * @typedef {{width: number, height: number}} Box CSS pixels
 * @typedef {{side: boolean, dock: number, empty: number, area: number}} Share  `empty`: of the views' part
 */

/**
 * Where the dock goes and how large it is: below the views or beside them, whichever lets the pictures be larger and
 * leaves little of the room empty. It takes all that the views do not need.
 * @param {Box} room  of views and dock together, without padding @param {Need} need @returns {Share}
 */
export function divide(room, need) {
  const { width, height } = room;
  const shares = need({ width, height: height - LEAST }).map(({ extent, area }) => ({ side: false, area,
    dock: Math.max(LEAST, height - extent.height), empty: 1 - extent.width / width }));
  const wide = width - COLUMN;
  for (const { extent, area } of wide < NARROW ? [] : need({ width: wide, height })) {
    const views = Math.max(NARROW, extent.width);
    shares.push({ side: true, area, dock: width - views,
      empty: 1 - (extent.width * extent.height) / (views * height) });
  }
  const full = shares.filter(({ empty }) => empty <= EMPTY);
  return full.length ? full.reduce((best, each) => (each.area > best.area ? each : best))
    : shares.reduce((best, each) => (each.empty < best.empty ? each : best));
}

/**
 * The border that is drawn by hand, and the tab on it that closes the dock.
 * @param {{size: () => number, side: () => boolean, resize: (size: number | null) => void, toggle: () => void}} dock
 */
function createBorder({ size, side, resize, toggle }) {
  const tab = h("button", { type: "button", class: "lz-dock-tab", "aria-label": t("dock.toggle"),
    "data-tip": t("dock.toggle"), onclick: toggle });
  const line = h("div", { class: "lz-dock-line", role: "separator", tabindex: "0", "aria-label": t("dock.room"),
    "aria-valuemin": 0, "aria-valuenow": 0, "data-tip": t("dock.drag"),
    ondblclick: () => resize(null) });
  /** @param {PointerEvent} down */
  line.onpointerdown = (down) => {
    const start = size();
    line.setPointerCapture(down.pointerId);
    line.onpointermove = (event) =>
      resize(start + (side() ? down.clientX - event.clientX : down.clientY - event.clientY));
    line.onlostpointercapture = () => {
      line.onpointermove = null;
    };
  };
  line.onkeydown = (event) => {
    const by = { ArrowUp: STEP, ArrowLeft: STEP, ArrowDown: -STEP, ArrowRight: -STEP }[event.key];
    if (!by && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (by) resize(size() + by);
    else toggle();
  };
  return { element: h("div", { class: "lz-dock-border" }, line, tab),
    show(/** @type {number} */ value, /** @type {number} */ most, /** @type {boolean} */ closed) {
      line.setAttribute("aria-orientation", side() ? "vertical" : "horizontal");
      line.setAttribute("aria-valuemax", String(most));
      line.setAttribute("aria-valuenow", String(value));
      tab.setAttribute("aria-expanded", String(!closed));
    } };
}

/** What a hand has chosen: sizes of the dock, null where the page divides. */
function recallChoice() {
  /** @type {{closed: boolean, below: number | null, side: number | null}} */
  const nothing = { closed: false, below: null, side: null };
  try {
    return { ...nothing, ...JSON.parse(recall(KEY) ?? "{}") };
  } catch {
    return nothing;
  }
}

/**
 * Keeps the shares right as window, picture and comparison change.
 * @param {import("../core/context.js").Context} context @param {HTMLElement} stage @param {HTMLElement} slot
 * @returns {() => void} stops
 */
export function shareRoom(context, stage, slot) {
  const { root, store, live, rooms } = context;
  const tools = /** @type {HTMLElement} */ (root.querySelector(".lz-tools"));
  const dock = /** @type {HTMLElement} */ (root.querySelector(".lz-dock"));
  const phone = window.matchMedia(PHONE);
  let chosen = recallChoice();
  let side = false;
  const border = createBorder({ side: () => side, size: () => (side ? dock.offsetWidth : dock.offsetHeight),
    resize: (size) => choose({ closed: false, [side ? "side" : "below"]: size }),
    toggle: () => choose({ closed: !chosen.closed }) });
  dock.before(border.element);

  function placeTools() {
    if (phone.matches) slot.append(tools);
    else root.insertBefore(tools, stage);
    tools.setAttribute("aria-orientation", phone.matches ? "horizontal" : "vertical");
  }

  /** Room of views and dock together, and the padding of the stage. */
  function measure() {
    const style = getComputedStyle(stage);
    const [top, bottom, left, right] = [style.paddingTop, style.paddingBottom, style.paddingLeft, style.paddingRight]
      .map(parseFloat);
    const width = stage.clientWidth + (side ? dock.offsetWidth : 0);
    const height = stage.clientHeight + (side ? 0 : dock.offsetHeight);
    return { padding: top + bottom, width: width - left - right, height: height - top - bottom };
  }

  /** @param {number} size @param {number} most */
  function write(size, most) {
    const { style } = root;
    root.dataset.dock = chosen.closed ? "closed" : side ? "side" : "below";
    style.setProperty("--lz-dock", side ? `${ROWS}px` : `${size}px`);
    style.setProperty("--lz-dock-width", `${size}px`);
    border.show(size, most, chosen.closed);
  }

  function share() {
    const { image } = live.get();
    const need = image && rooms.of(store.get()).need?.(context, image.width / image.height);
    if (!need || phone.matches) return;
    const { padding, ...room } = measure();
    if (window.matchMedia(SCROLLING).matches) {
      side = false;
      const filled = need({ width: room.width, height: Math.round(0.7 * window.innerHeight) });
      const { extent } = filled.reduce((best, each) => (each.area > best.area ? each : best));
      root.style.setProperty("--lz-views", `${extent.height + padding}px`);
      for (const name of ["--lz-dock", "--lz-dock-width"]) root.style.removeProperty(name);
      root.dataset.dock = "below";
      return;
    }
    const wanted = divide(room, need);
    side = wanted.side && !chosen.closed;
    const byHand = chosen[side ? "side" : "below"];
    const most = (side ? room.width : room.height) - VIEWS;
    const open = byHand === null ? wanted.dock : Math.round(Math.max(96, Math.min(byHand, most)));
    write(chosen.closed ? CLOSED : open, most);
  }

  /** @param {Partial<typeof chosen>} next */
  function choose(next) {
    chosen = { ...chosen, ...next };
    remember(KEY, JSON.stringify(chosen));
    share();
  }
  const observer = new ResizeObserver(share);
  observer.observe(root);
  phone.addEventListener("change", placeTools);
  const ends = [
    live.subscribe((_, changed) => changed.has("image") && share()),
    store.subscribe((_, changed) => SHAPING.some((key) => changed.has(key)) && share()),
    () => observer.disconnect(),
    () => phone.removeEventListener("change", placeTools),
  ];
  placeTools();
  share();
  return () => ends.forEach((end) => end());
}
