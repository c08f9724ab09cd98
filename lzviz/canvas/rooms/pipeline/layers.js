// @ts-check
/** Layers of the viewer over a trained pipeline's source, of the warp that it made. */
import { createInverseWorkspace, invertLattice } from "../../engine/inverse.js";
import { fieldSize } from "../../viewer/fields.js";
import { drawLayers } from "../../viewer/layers.js";

/** Those that need nothing but the warp; points and mesh are drawn by the room, which has more to say in them. */
export const OF_WARP = /** @type {const} */ (["folds", "arrows", "aliasing", "holes"]);

/** @param {import("./scene.js").LearnedScene} scene */
export function createLayers(scene) {
  const workspace = createInverseWorkspace();
  /** @type {{warp: object, size: import("../../engine/coords.js").Size, inverse: any} | null} the last one */
  let kept = null;

  /** @returns {ReturnType<typeof drawLayers>} */
  return () => {
    const { room, palette, extent, store, views: { source } } = scene;
    const { layers } = store.get();
    const on = Object.fromEntries(OF_WARP.map((name) => [name, layers[name]]));
    if (!room?.warp || !room.grid || !room.zoomed) return { drawn: [], ranges: {} };
    const { warp, grid, zoomed, working } = room;
    const read = /** @type {import("../../engine/coords.js").Size} */ ([working.h, working.w]);
    const back = () => {
      const size = fieldSize(read);
      if (kept?.warp !== warp) kept = { warp, size, inverse: invertLattice(warp, size, workspace) };
      return kept;
    };
    const { scale } = source.projection;
    return drawLayers({ frame: /** @type {any} */ ({ warp, grid, zoomed, source: read }), palette, back, every: false,
      image: extent, size: { width: extent.width * scale, height: extent.height * scale },
      state: { ...store.get(), interpolation: "bilinear" } }, on);
  };
}
