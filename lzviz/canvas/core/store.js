// @ts-check
/**
 * The state of the page: one plain object, replaced and never changed in place, with undo.
 *
 * Two stores of this kind exist. The *state* (schema.json) is what the link holds and what undo steps through. The
 * *live* store holds what passes: hover, measurements, the answer of Python, the decoded image.
 */

/**
 * A map painted on the image: its lattice is corner-aligned on the image, 128 cells on the long side. Values are
 * immutable: a stroke ends by putting a new map into the store.
 * @typedef {{readonly h: number, readonly w: number, readonly data: Uint8Array}} PaintMap
 *
 * @typedef {import("../schema/contract.js").State} Told  the state as it travels: maps are texts, and defaults left out
 * @typedef {import("../schema/contract.js").Painted} PaintKey
 *
 * @typedef {Kept<Required<Omit<Told, PaintKey>>> & {readonly [K in PaintKey]: PaintMap | null}} State  of the page
 */

/**
 * Plain data, to its depth replaced and never changed.
 * @template T
 * @typedef {T extends object ? {readonly [K in keyof T]: Kept<T[K]>} : T} Kept
 */

/**
 * @template T
 * @typedef {object} Store
 * @property {() => T} get
 * @property {(patch: Partial<T>, options?: {history?: boolean}) => void} set  synchronous; `history` makes an undo step
 * @property {(fn: (state: T, changed: ReadonlySet<string>) => void) => () => void} subscribe  returns unsubscribe
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => boolean} canUndo
 * @property {() => boolean} canRedo
 */

const HISTORY_LIMIT = 200;

/**
 * Equal for the store: same primitive, or plain data with the same content. Typed arrays are compared by identity.
 * @param {unknown} a
 * @param {unknown} b
 * @returns {boolean}
 */
export function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (!isPlain(a) || !isPlain(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const left = /** @type {Record<string, unknown>} */ (a);
  const right = /** @type {Record<string, unknown>} */ (b);
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && same(left[key], right[key]));
}

/** @param {object} value */
function isPlain(value) {
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * A store with undo. An undo step leads from one *settled* state to the one before: changes set without `history`
 * (a slider on its way) belong to the step that the next `history: true` closes. Keys named in `untracked` (the tool,
 * the layers) are never undone.
 * @template {object} T
 * @param {T} initial
 * @param {{untracked?: readonly string[]}} [options]
 * @returns {Store<T>}
 */
export function createStore(initial, { untracked = [] } = {}) {
  let state = Object.freeze({ ...initial });
  let settled = state;
  /** @type {T[]} */
  const past = [];
  /** @type {T[]} */
  const future = [];
  /** @type {Set<(state: T, changed: ReadonlySet<string>) => void>} */
  const listeners = new Set();
  const free = new Set(untracked);

  /** @param {T} a @param {T} b @returns {Set<string>} */
  function differences(a, b) {
    const left = /** @type {Record<string, unknown>} */ (a);
    const right = /** @type {Record<string, unknown>} */ (b);
    return new Set(Object.keys({ ...a, ...b }).filter((key) => !same(left[key], right[key])));
  }

  /** @param {T} a @param {T} b */
  const tracked = (a, b) => [...differences(a, b)].some((key) => !free.has(key));

  /** @param {T} next */
  function replace(next) {
    const changed = differences(state, next);
    if (!changed.size) return;
    state = Object.freeze(next);
    for (const listener of [...listeners]) listener(state, changed);
  }

  /** The state of `goal` with the untracked keys of now. @param {T} goal @returns {T} */
  function withFreeKeys(goal) {
    const now = /** @type {Record<string, unknown>} */ (state);
    return { ...goal, ...Object.fromEntries([...free].map((key) => [key, now[key]])) };
  }

  function settle() {
    if (!tracked(settled, state)) return;
    past.push(settled);
    if (past.length > HISTORY_LIMIT) past.shift();
    future.length = 0;
    settled = state;
  }

  /** @param {T[]} from @param {T[]} to */
  function travel(from, to) {
    const goal = from.pop();
    if (!goal) return;
    to.push(state);
    settled = withFreeKeys(goal);
    replace(settled);
  }

  return {
    get: () => state,
    set(patch, { history = false } = {}) {
      const next = { ...state, ...patch };
      const changed = differences(state, next);
      if (changed.size) state = Object.freeze(next);
      if (history) settle();
      if (changed.size) for (const listener of [...listeners]) listener(state, changed);
    },
    subscribe(fn) {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
    undo() {
      settle();
      travel(past, future);
    },
    redo() {
      if (!tracked(settled, state)) travel(future, past);
    },
    canUndo: () => past.length > 0 || tracked(settled, state),
    canRedo: () => future.length > 0 && !tracked(settled, state),
  };
}
