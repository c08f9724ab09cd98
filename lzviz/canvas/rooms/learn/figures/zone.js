// @ts-check
/** How much of rings that a small copy cannot hold comes back as false ones. */

/** Beyond this share of the middle's distance to the border, rings are finer than the copy's pixels by far. */
const BEYOND = 1.4;

/**
 * Standard deviation of the grey level where rings are too fine for a copy of `columns`.
 * @param {ArrayLike<number>} data RGBA @param {number} side @param {number} limit  radius, as a share of half the side
 */
function spread(data, side, limit) {
  const middle = (side - 1) / 2;
  let [count, sum, squares] = [0, 0, 0];
  for (let y = 0, k = 0; y < side; y++) {
    for (let x = 0; x < side; x++, k += 4) {
      const radius = Math.hypot(x - middle, y - middle) / (middle + 0.5);
      if (radius < limit || radius > 1) continue;
      count++;
      sum += data[k];
      squares += data[k] ** 2;
    }
  }
  const mean = sum / count;
  return Math.sqrt(Math.max(0, squares / count - mean ** 2));
}

/** @param {ReturnType<typeof import("../inner.js").createInner>} inner */
export function createZone(inner) {
  return {
    label: () => "",
    again() {},
    show() {},
    /** @returns {import("../expression.js").Numbers} */
    numbers() {
      const frame = inner.now()?.scene?.frame;
      const { image } = inner.live.get();
      if (!frame?.grid || !image || image.displayWidth !== image.displayHeight) return {};
      const [rows, columns] = frame.zoomed;
      // The plate has half a cycle a pixel at its border, so the copy's own limit lies at columns / side of the way.
      const limit = Math.min(0.9, (BEYOND * columns) / image.displayWidth);
      const source = spread(image.data, image.displayWidth, limit);
      return { shrink: image.displayWidth / columns, ghost: spread(frame.image.data, rows, limit) / source, limit };
    },
    dispose() {},
  };
}
