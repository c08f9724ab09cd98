// @ts-check
/**
 * Drawing in typed arrays: heat maps and sample points on a transparent buffer of packed pixels (see colours.js).
 *
 * @typedef {import("./camera.js").Projection} Projection
 * @typedef {{width: number, height: number, pixels: Uint32Array}} Surface device pixels, alpha not premultiplied
 *
 * @typedef {object} Field a map on a lattice that is corner-aligned on the image
 * @property {number} h @property {number} w
 * @property {ArrayLike<number>} values indices 0..255 of a colour table, row by row
 */

/**
 * `top` over `bottom`, both packed.
 * @param {number} bottom @param {number} top
 */
export function over(bottom, top) {
  const a = top >>> 24;
  if (bottom === 0 || a === 255) return top;
  if (a === 0) return bottom;
  const below = ((bottom >>> 24) * (255 - a)) / 255;
  const alpha = a + below;
  const r = ((top & 255) * a + (bottom & 255) * below) / alpha;
  const g = (((top >> 8) & 255) * a + ((bottom >> 8) & 255) * below) / alpha;
  const b = (((top >> 16) & 255) * a + ((bottom >> 16) & 255) * below) / alpha;
  return (((alpha + 0.5) << 24) | ((b + 0.5) << 16) | ((g + 0.5) << 8) | (r + 0.5)) >>> 0;
}

/**
 * Where each device pixel of an axis lies on a lattice of n cells: the cell before it and the share of the next one,
 * -1 outside the image.
 * @param {number} count device pixels @param {number} scale device pixels an image pixel
 * @param {number} start device position of the image's edge @param {number} pixels of the image @param {number} n
 */
export function latticeAxis(count, scale, start, pixels, n) {
  const cell = new Int32Array(count);
  const share = new Float32Array(count);
  for (let k = 0; k < count; k++) {
    const px = (k + 0.5 - start) / scale - 0.5;
    if (px < -0.5 || px > pixels - 0.5) {
      cell[k] = -1;
      continue;
    }
    const at = Math.min(Math.max(pixels > 1 ? (px / (pixels - 1)) * (n - 1) : 0, 0), n - 1);
    cell[k] = Math.max(0, Math.min(Math.floor(at), n - 2));
    share[k] = n > 1 ? at - cell[k] : 0;
  }
  return { cell, share };
}

/**
 * A field as a heat map over the image, bilinear between the cells. Table entries of alpha 0 leave the surface alone.
 * @param {Surface} surface @param {Projection} projection in device pixels
 * @param {{width: number, height: number}} image @param {Field} field @param {Uint32Array} table
 */
export function drawHeat(surface, projection, image, field, table) {
  const { width, height, pixels } = surface;
  const { h, w, values } = field;
  const across = latticeAxis(width, projection.scale, projection.x, image.width, w);
  const down = latticeAxis(height, projection.scale, projection.y, image.height, h);
  const line = new Float32Array(w + 1);
  const reach = new Int32Array(2);
  const start = startOfCells(across.cell, w);
  const { cell: cells, share: shares } = across;
  let bottom = 0, top = 0, blended = 0; // neighbours are mostly alike: the last pair is kept
  for (let i = 0; i < height; i++) {
    const row = down.cell[i];
    if (row < 0 || !blendRows(values, row * w, h > 1 ? w : 0, w, down.share[i], line, reach)) continue;
    const last = start[Math.min(w, reach[1] + 1)];
    for (let j = start[Math.max(0, reach[0] - 1)], at = i * width + j; j < last; j++, at++) {
      const a = line[cells[j]];
      const colour = table[(a + shares[j] * (line[cells[j] + 1] - a) + 0.5) | 0];
      if (colour < 0x1000000) continue;
      const below = pixels[at];
      if (below === 0) pixels[at] = colour;
      else {
        if (below !== bottom || colour !== top) blended = over(below, colour);
        bottom = below;
        top = colour;
        pixels[at] = blended;
      }
    }
  }
}

/**
 * start[c] = the first device pixel whose cell is c or later; start[w] = the first one beyond the image.
 * @param {Int32Array} cells rising, -1 outside the image @param {number} w
 */
function startOfCells(cells, w) {
  const start = new Int32Array(w + 1);
  let first = 0;
  while (first < cells.length && cells[first] < 0) first++;
  let end = first;
  while (end < cells.length && cells[end] >= 0) end++;
  for (let c = 0, j = first; c <= w; c++) {
    while (j < end && cells[j] < c) j++;
    start[c] = j;
  }
  return start;
}

/**
 * line = (1 - share) * row + share * next row, its last value repeated; false where it is zero throughout.
 * @param {ArrayLike<number>} values @param {number} start @param {number} step @param {number} w
 * @param {number} share @param {Float32Array} line @param {Int32Array} reach first and last cell above zero
 */
function blendRows(values, start, step, w, share, line, reach) {
  reach[0] = w;
  for (let j = 0; j < w; j++) {
    const a = values[start + j];
    const value = share > 0 ? a + share * (values[start + step + j] - a) : a;
    line[j] = value;
    if (value > 0) {
      if (reach[0] === w) reach[0] = j;
      reach[1] = j;
    }
  }
  line[w] = line[w - 1];
  return reach[0] < w;
}

/**
 * A dot with a dark halo at 4 x 4 subpixel positions: points lie where they are, not on the nearest device pixel. Each
 * sprite is a list of pixels: dx, dy, their distance in a surface of `width`, and the packed colour.
 * @typedef {{dx: Int32Array, dy: Int32Array, at: Int32Array, colours: Uint32Array}} Sprite
 * @typedef {{reach: number, width: number, sprites: Sprite[]}} Dot
 * @param {number} radius of the white core, device pixels @param {number} halo width of the dark rim
 * @param {number} width of the surface
 * @returns {Dot}
 */
export function createDot(radius, halo, width) {
  const reach = Math.ceil(radius + halo + 0.5);
  const sprites = Array.from({ length: 16 }, (_, k) =>
    createSprite(radius, halo, reach, (k & 3) / 4 + 0.125, (k >> 2) / 4 + 0.125, width));
  return { reach, width, sprites };
}

/**
 * @param {number} radius @param {number} halo @param {number} reach
 * @param {number} cx @param {number} cy the centre inside its pixel @param {number} width
 * @returns {Sprite}
 */
function createSprite(radius, halo, reach, cx, cy, width) {
  const dx = /** @type {number[]} */ ([]), dy = /** @type {number[]} */ ([]), colours = [];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const distance = Math.hypot(x + 0.5 - cx, y + 0.5 - cy);
      const core = coverage(distance, radius);
      const alpha = core + (1 - core) * 0.5 * coverage(distance, radius + halo);
      if (alpha < 0.05) continue;
      const light = Math.round((255 * core) / alpha);
      dx.push(x);
      dy.push(y);
      colours.push(((Math.round(alpha * 255) << 24) | (light << 16) | (light << 8) | light) >>> 0);
    }
  }
  const at = Int32Array.from(dx, (x, k) => dy[k] * width + x);
  return { dx: Int32Array.from(dx), dy: Int32Array.from(dy), at, colours: Uint32Array.from(colours) };
}

/** How much of a pixel at `distance` a disc covers, to first order. @param {number} distance @param {number} radius */
const coverage = (distance, radius) => Math.min(1, Math.max(0, radius - distance + 0.5));

/**
 * Every `stride`-th sample of a grid as a dot.
 * @param {Surface} surface @param {Projection} projection device pixels @param {{width: number, height: number}} image
 * @param {Float64Array} grid (h, w, 2) normalised source points @param {number} h @param {number} w
 * @param {number} stride @param {Dot} dot
 */
export function drawPoints(surface, projection, image, grid, h, w, stride, dot) {
  const scaleX = (projection.scale * (image.width - 1)) / 2;
  const scaleY = (projection.scale * (image.height - 1)) / 2;
  const startX = projection.x + 0.5 * projection.scale + scaleX;
  const startY = projection.y + 0.5 * projection.scale + scaleY;
  const first = stride >> 1;
  for (let i = Math.min(first, h - 1); i < h; i += stride) {
    for (let j = Math.min(first, w - 1); j < w; j += stride) {
      const at = 2 * (i * w + j);
      stamp(surface, startX + scaleX * grid[at], startY + scaleY * grid[at + 1], dot);
    }
  }
}

/** @param {Surface} surface @param {number} x @param {number} y @param {Dot} dot */
function stamp({ width, height, pixels }, x, y, { reach, sprites }) {
  const left = Math.floor(x);
  const top = Math.floor(y);
  if (left < -reach || top < -reach || left >= width + reach || top >= height + reach) return;
  const { dx, dy, at, colours } = sprites[(((x - left) * 4) | 0) + 4 * (((y - top) * 4) | 0)];
  const start = top * width + left;
  const whole = left >= reach && top >= reach && left < width - reach && top < height - reach;
  for (let k = 0, n = colours.length; k < n; k++) {
    if (!whole && (left + dx[k] < 0 || top + dy[k] < 0 || left + dx[k] >= width || top + dy[k] >= height)) continue;
    const below = pixels[start + at[k]];
    pixels[start + at[k]] = below === 0 ? colours[k] : over(below, colours[k]);
  }
}

/**
 * The smallest stride at which dots of a grid lie at least `spacing` apart on average.
 * @param {number} h @param {number} w samples @param {number} width @param {number} height of the image as shown
 * @param {number} spacing same unit
 */
export function pointStride(h, w, width, height, spacing) {
  return Math.max(1, Math.ceil(spacing / Math.sqrt((width * height) / (h * w)) - 0.05));
}
