// @ts-check
/** The frames: the source as large as it can be, two pairs below it; on a phone one below the other. */
import { GAP, NARROW, shapeOf, TITLE } from "../../viewer/arrange.js";
import { resizeView } from "../../viewer/views.js";

/** Share of the height that the pairs take. */
const SHARE = 0.27;
const LEAST = 84;
const MOST = 200;
const PLACES = /** @type {const} */ (["placeNow", "placeNext"]);
const READS = /** @type {const} */ (["readNow", "readNext"]);

/**
 * @param {import("./scene.js").DoctorScene} scene @param {{width: number, height: number}} room
 */
export function layOut(scene, room) {
  const { views } = scene;
  const aspect = shapeOf(scene.extent.width / scene.extent.height);
  const zoomed = scene.pair.now?.zoomed ?? [1, aspect];
  const read = shapeOf(zoomed[1] / zoomed[0]);
  scene.narrow = room.width < NARROW;
  scene.root.toggleAttribute("data-narrow", scene.narrow);
  /** @param {readonly ("placeNow" | "placeNext" | "readNow" | "readNext")[]} names */
  const size = (names, /** @type {number} */ shape, /** @type {number} */ height) => names.forEach((name) =>
    resizeView(views[name], { width: Math.floor(shape * height), height: Math.floor(height) }));
  if (scene.narrow) {
    const half = (room.width - 1) / 2;
    const height = Math.round(Math.min(room.width / aspect, 0.5 * window.innerHeight));
    resizeView(views.source, { width: room.width, height });
    size(PLACES, aspect, half / aspect);
    size(READS, read, half / read);
    return;
  }
  const wide = (room.width - 3 * GAP) / (2 * aspect + 2 * read);
  const row = Math.min(MOST, Math.max(LEAST, SHARE * room.height), wide);
  const height = Math.max(LEAST, Math.min(room.width / aspect, room.height - row - 2 * TITLE - GAP));
  resizeView(views.source, { width: Math.floor(Math.min(room.width, aspect * height)), height: Math.floor(height) });
  size(PLACES, aspect, row);
  size(READS, read, row);
}
