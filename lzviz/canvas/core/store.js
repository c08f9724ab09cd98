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
 * @typedef {Record<string, boolean>} Layers  which are on
 *
 * @typedef {object} State  one key for every line of schema.json
 * @property {string} image            id of a picture, or "own"
 * @property {"warp" | "cad" | "pipeline" | "doctor" | "models"} room
 * @property {string} sampler          of the warp: name in the registry of samplers
 * @property {"fixed" | "published"} mode
 * @property {string} saliency         name of its source
 * @property {number} strength         how many times a painted cell outweighs an unpainted one
 * @property {number} fwhm             full width at half maximum of the kernel, saliency cells
 * @property {number} width            output width, pixels
 * @property {readonly [number, number]} nodes   control grid, rows x columns
 * @property {boolean} separable
 * @property {boolean} antiCrop
 * @property {"nearest" | "bilinear" | "antialias"} interpolation
 * @property {number} sourceScale      resolution of the source that is read: 1, .75, .5, .25
 * @property {number} contrast         exponent of saliency maps
 * @property {number | null} floor     least saliency as a share of the mean; null = only where zeros occur
 * @property {Readonly<Record<string, Readonly<Record<string, any>>>>} options  by sampler, those that it alone has
 * @property {PaintMap | null} paint   painted saliency, 0..255
 * @property {PaintMap | null} edgePaint  painted on what was found, signed around 128: above adds, below removes
 * @property {readonly (readonly number[])[]} boxes  x0, y0, x1, y1 in source pixels (edges, corner-exclusive)
 * @property {Readonly<Layers>} layers
 * @property {"none" | "uniform" | "difference"} compare
 * @property {"pick" | "paint" | "erase" | "box" | "pan"} tool
 * @property {number} brushSize        diameter as a fraction of the long side of the image
 * @property {number} brushSoftness    0 hard .. 1 soft
 * @property {"8-16" | "8-32" | "1-8"} cadLevels  output strides of kept and of downsampled cells
 * @property {"edges" | "learned" | "paint" | "keypoints" | "random" | "inverse"} cadMask
 * @property {number} cadThreshold     least central difference of grey in 0..1
 * @property {number} cadDilation      pixels across that stay fine around an edge or a key point
 * @property {number} cadKeep          chance of a block to stay fine in a random mask
 * @property {PaintMap | null} cadPaint  >= 192 forces cells fine, <= 64 coarse
 * @property {"resnet18" | "resnet50" | "vgg16" | "compact"} cadNetwork
 * @property {number} cadChannel       -1: principal components as colours
 * @property {"strided" | "dilated"} cadBeside
 * @property {"features" | "keypoints"} cadView
 * @property {string} checkpoint       of the catalogue; "auto" is its first; acts in the room of pipelines
 * @property {"network" | "truth" | "paint" | "edges" | "file"} learnedFrom
 * @property {number} learnedLambda    of ES
 * @property {string} learnedStage     "auto": the deepest
 * @property {number} learnedChannel   -1: principal components as colours
 * @property {"photo" | "saliency" | "labels" | "error" | "truth" | "features"} learnedLeft
 * @property {"image" | "labels" | "truth" | "features" | "weights" | "correction" | "target"
 *   | "own" | "training"} learnedRight
 * @property {number} learnedOpacity   of labels over the source
 * @property {number} learnedStep      of the training; -1: its end
 * @property {string} examined         by the doctor: a specimen's name or the id of an array; "auto": the first one
 * @property {string} finding          the check that is chosen there; "auto": the worst
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
