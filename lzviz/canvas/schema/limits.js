// @ts-check
// Made by python -m lzviz.contract; edit lzviz/contract instead.

/** Pixels of a zoomed image. */
export const LARGEST_ZOOM = 2097152;
