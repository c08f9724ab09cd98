// @ts-check
/**
 * Where the viewer looks: one camera for all views, and what it means for one frame.
 *
 * A camera names the image point at the centre of a frame as a fraction of the image's edges (0 = left edge of the
 * first pixel, 1 = right edge of the last) and a zoom relative to "the whole image fits". Two frames that share a
 * camera show the same part of their images whatever their sizes, which is what "locked" means.
 *
 * @typedef {{readonly u: number, readonly v: number, readonly zoom: number}} Camera
 * @typedef {{readonly width: number, readonly height: number}} Box        a frame, CSS pixels
 * @typedef {{readonly width: number, readonly height: number}} Extent     an image, pixels
 *
 * @typedef {object} Projection image pixel px (0 = centre of the first) -> frame: x + scale * (px + 0.5)
 * @property {number} scale  CSS pixels an image pixel
 * @property {number} x      frame position of the image's left edge
 * @property {number} y
 */

/** @type {Camera} */
export const FIT = Object.freeze({ u: 0.5, v: 0.5, zoom: 1 });

/** CSS pixels that one image pixel fills at the deepest zoom: numbers are readable on it. */
export const LARGEST_PIXEL = 72;

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * The scale at which the whole image just fits into the frame. A frame that has the image's aspect up to a rounded
 * pixel is filled.
 * @param {Box} frame @param {Extent} image
 */
export function fitScale(frame, image) {
  const [across, down] = [frame.width / image.width, frame.height / image.height];
  const gap = Math.abs(across - down) * (across > down ? image.width : image.height);
  return gap <= 1.5 ? Math.max(across, down) : Math.min(across, down);
}

/**
 * @param {Camera} camera @param {Box} frame @param {Extent} image
 * @returns {Projection}
 */
export function project(camera, frame, image) {
  const scale = fitScale(frame, image) * camera.zoom;
  return {
    scale,
    x: frame.width / 2 - camera.u * image.width * scale,
    y: frame.height / 2 - camera.v * image.height * scale,
  };
}

/** Image pixel -> frame. @param {Projection} p @param {number} px @param {number} py @returns {[number, number]} */
export const toFrame = (p, px, py) => [p.x + (px + 0.5) * p.scale, p.y + (py + 0.5) * p.scale];

/** Frame -> image pixel. @param {Projection} p @param {number} x @param {number} y @returns {[number, number]} */
export const toImage = (p, x, y) => [(x - p.x) / p.scale - 0.5, (y - p.y) / p.scale - 0.5];

/**
 * A centre that keeps the frame full of image; in the middle where the image is smaller than the frame.
 * @param {number} centre @param {number} visible share of the image that the frame shows along this axis
 */
const hold = (centre, visible) => (visible >= 1 ? 0.5 : clamp(centre, visible / 2, 1 - visible / 2));

/**
 * The nearest camera that is allowed: zoom between 1 and LARGEST_PIXEL, no empty margin that could be avoided.
 * @param {Camera} camera @param {Box} frame @param {Extent} image
 * @returns {Camera}
 */
export function restrain(camera, frame, image) {
  const fit = fitScale(frame, image);
  if (!(fit > 0) || !Number.isFinite(fit)) return FIT;
  const zoom = clamp(camera.zoom, 1, Math.max(1, LARGEST_PIXEL / fit));
  return {
    u: hold(camera.u, frame.width / (fit * zoom * image.width)),
    v: hold(camera.v, frame.height / (fit * zoom * image.height)),
    zoom,
  };
}

/**
 * Zoom by `factor` and keep what lies at the frame's point (x, y) there.
 * @param {Camera} camera @param {Box} frame @param {Extent} image
 * @param {number} factor @param {number} x @param {number} y
 * @returns {Camera}
 */
export function zoomAt(camera, frame, image, factor, x, y) {
  const before = project(camera, frame, image);
  const zoom = restrain({ ...camera, zoom: camera.zoom * factor }, frame, image).zoom;
  const scale = before.scale * (zoom / camera.zoom);
  const u = ((x - before.x) / before.scale - (x - frame.width / 2) / scale) / image.width;
  const v = ((y - before.y) / before.scale - (y - frame.height / 2) / scale) / image.height;
  return restrain({ u, v, zoom }, frame, image);
}

/**
 * Drag the image by (dx, dy) CSS pixels.
 * @param {Camera} camera @param {Box} frame @param {Extent} image @param {number} dx @param {number} dy
 * @returns {Camera}
 */
export function pan(camera, frame, image, dx, dy) {
  const { scale } = project(camera, frame, image);
  const u = camera.u - dx / (scale * image.width);
  return restrain({ ...camera, u, v: camera.v - dy / (scale * image.height) }, frame, image);
}

/**
 * The part of the image that a frame shows, in pixel edges, cut to the image.
 * @param {Projection} p @param {Box} frame @param {Extent} image
 */
export function visibleEdges(p, frame, image) {
  return {
    x0: clamp(-p.x / p.scale, 0, image.width),
    y0: clamp(-p.y / p.scale, 0, image.height),
    x1: clamp((frame.width - p.x) / p.scale, 0, image.width),
    y1: clamp((frame.height - p.y) / p.scale, 0, image.height),
  };
}

/**
 * A camera that several viewers may share.
 * @param {Camera} [first]
 */
export function createCamera(first = FIT) {
  let now = first;
  /** @type {Set<() => void>} */
  const followers = new Set();
  return {
    get: () => now,
    /** @param {Camera} next @returns {boolean} whether it moved */
    set(next) {
      const moved = Math.max(Math.abs(next.u - now.u), Math.abs(next.v - now.v), Math.abs(next.zoom - now.zoom)) > 1e-9;
      now = next;
      if (moved) for (const follow of followers) follow();
      return moved;
    },
    /** @param {() => void} fn called after each move @returns {() => void} stops */
    follow(fn) {
      followers.add(fn);
      return () => followers.delete(fn);
    },
  };
}
