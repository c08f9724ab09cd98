// @ts-check
/** Pictures that lessons draw by themselves. */

/**
 * A zone plate: rings whose frequency grows from the middle to half a cycle a pixel at the border, where one pixel is
 * white and the next is black.
 * @param {number} side
 */
function zonePlate(side) {
  const data = new Uint8ClampedArray(4 * side * side);
  const middle = (side - 1) / 2;
  for (let y = 0, k = 0; y < side; y++) {
    for (let x = 0; x < side; x++, k += 4) {
      const square = (x - middle) ** 2 + (y - middle) ** 2;
      const value = Math.round(127.5 + 127.5 * Math.cos((Math.PI * square) / (2 * middle)));
      data[k] = data[k + 1] = data[k + 2] = value;
      data[k + 3] = 255;
    }
  }
  return { width: side, height: side, full: { width: side, height: side }, data };
}

/** @type {Readonly<Record<string, () => ReturnType<typeof zonePlate>>>} */
export const DRAWN = { zone: () => zonePlate(512) };
