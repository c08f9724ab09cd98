// @ts-check
/**
 * The zoomed image and what the network made of it; or a map beside the learned one, DownsizeNet's four weights, the
 * resizer's correction, a moment of the training.
 *
 * @typedef {import("./scene.js").LearnedScene} LearnedScene
 * @typedef {import("./answer.js").Plane} Plane
 * @typedef {import("../../viewer/pixels.js").Raster} Raster
 * @typedef {import("../../core/store.js").State} State
 * @typedef {ReturnType<typeof import("../../viewer/cover.js").createCover>} Cover
 */

import { covering, createCover } from "../../viewer/cover.js";
import { meshOf } from "../../viewer/layers/mesh.js";
import { BOXES, createRasters, fieldOf } from "./left.js";
import { classTable, coloured } from "../../viewer/layers/own/labels.js";
import { createTiles } from "./tiles.js";
import { createTraining } from "./training.js";

/**
 * Where features lie on an image: cell k of stride s is centred on pixel s k.
 * @param {import("../../viewer/camera.js").Projection} p @param {{width: number, height: number}} image
 * @param {Raster} raster
 */
function strided({ x, y, scale }, image, raster) {
  const s = [Math.ceil(image.width / raster.width), Math.ceil(image.height / raster.height)];
  return { x: x + (0.5 - s[0] / 2) * scale, y: y + (0.5 - s[1] / 2) * scale, width: raster.width * s[0] * scale,
    height: raster.height * s[1] * scale };
}

/**
 * The zoomed image, and over it boxes.
 * @param {LearnedScene} scene @param {import("./found.js").Found} found @param {Cover} cover
 */
function drawFound(scene, found, cover) {
  cover.draw([], scene.ratio);
  const { room, renderer, ratio, chosen, shown, views: { zoomed: view } } = scene;
  view.image.hidden = !room?.image;
  if (!room?.image) return;
  renderer.pixels(view, room.image, view.projection);
  const showing = { shown: shown.right, score: scene.store.get().foundScore };
  const laid = { image: room.image, drawn: [found.layer("zoomed", showing, 1, chosen)], boxes: [], boxScale: 1,
    numbers: room.image };
  renderer.overlay(view, laid, view.projection, ratio);
}

/**
 * Bodies from above.
 * @param {LearnedScene} scene @param {import("./found.js").Found} found @param {Cover} cover
 */
function drawPlan(scene, found, cover) {
  const { renderer, ratio, views: { zoomed: view } } = scene;
  view.image.hidden = true;
  cover.draw([], ratio);
  const palette = { ink: scene.token("--lz-ink-2"), line: scene.token("--lz-line-2"),
    accent: scene.token("--lz-accent") };
  const drawn = [found.plan(view.box, palette, scene.store.get().foundScore, scene.pointedBox)];
  renderer.overlay(view, { image: view.box, drawn, boxes: [], boxScale: 1, numbers: null }, { scale: 1, x: 0, y: 0 },
    ratio);
}

/** @param {LearnedScene} scene @param {Context["host"]} host */
export function createRight(scene, host) {
  const view = scene.views.zoomed;
  const layer = createCover(view);
  const rasterOf = createRasters();
  const training = createTraining(scene, view, layer, host);
  const tiles = createTiles(view, () => scene.room?.zoomed ?? [1, 1]);

  const extentOfZoomed = () => {
    const [height, width] = scene.room?.zoomed ?? [1, 1];
    return { width, height };
  };

  /** Nothing over the image. */
  function clearOverlay() {
    if (view.overlay.width > 1) view.overlay.width = view.overlay.height = 1;
  }

  /**
   * A map, or a grid, over the receded photograph.
   * @param {import("./answer.js").Heat | null} map @param {import("../../engine/coords.js").Warp | null} mesh
   */
  function drawMap(map, mesh) {
    const { renderer, picture, ratio, palette, extent } = scene;
    const look = { receded: true, brightness: palette.brightness };
    renderer.photo(view, picture?.levels ?? [], view.projection, ratio, look);
    layer.draw([], ratio);
    const drawn = map ? [{ heat: { field: fieldOf(map), table: palette.saliency } }] : mesh ? [meshOf(mesh)] : [];
    renderer.overlay(view, { image: extent, drawn, boxes: [], boxScale: 1, numbers: null }, view.projection, ratio);
  }

  /** @param {{rasters: readonly Raster[]}} weights */
  function drawTiles({ rasters }) {
    view.image.hidden = true;
    clearOverlay();
    layer.draw(rasters.map((raster, k) => {
      const place = covering(tiles.projection(k), extentOfZoomed());
      return { raster, place, within: place, opacity: 1 };
    }), scene.ratio);
  }

  /** The zoomed image, and over it labels. @param {Plane | null} plane @param {string} key */
  function drawZoomed(plane, key) {
    const { room, renderer, ratio, chosen } = scene;
    view.image.hidden = !room?.image;
    if (!room?.image) return clearOverlay(), layer.draw([], scene.ratio);
    renderer.pixels(view, room.image, view.projection);
    if (plane) clearOverlay();
    else renderer.numbers(view, room.image, view.projection, ratio);
    const within = covering(view.projection, extentOfZoomed());
    const opacity = scene.store.get().learnedOpacity;
    layer.draw(plane ? [{ place: within, within, opacity, raster: rasterOf(`${key} ${chosen}`, plane, () =>
      coloured(plane, classTable(room.classes, chosen))) }] : [], ratio);
  }

  /**
   * One raster over all of the zoomed image, or of the source where nothing is zoomed.
   * @param {Raster | undefined} raster @param {typeof strided | typeof covering} where
   */
  function drawRaster(raster, where) {
    view.image.hidden = true;
    clearOverlay();
    const image = scene.room?.zoomed ? extentOfZoomed() : scene.extent;
    const within = covering(view.projection, image);
    const parts = raster ? [{ raster, within, place: where(view.projection, image, raster), opacity: 1 }] : [];
    layer.draw(parts, scene.ratio);
  }

  return {
    training,
    /** @param {State["learnedRight"]} shown @returns {"source" | "zoomed" | "tiles" | "other"} */
    space(shown) {
      if (shown === "weights") return "tiles";
      if (shown === "training" || shown === "space") return "other";
      return shown === "target" || shown === "own" || !scene.room?.zoomed ? "source" : "zoomed";
    },
    /** The projection of the tile at a place of the frame. @param {number} x @param {number} y */
    tileAt: (x, y) => tiles.at(x, y),
    draw() {
      const { room } = scene;
      tiles.show(scene.shown.right === "weights" ? room?.weights ?? null : null);
      training.show(scene.shown.right === "training");
      if (room?.found && BOXES.includes(scene.shown.right)) return drawFound(scene, room.found, layer);
      switch (scene.shown.right) {
        case "labels": return drawZoomed(room?.prediction ?? null, "labels");
        case "truth": return drawZoomed(room?.truth?.zoomed ?? null, "truth");
        case "features": {
          const features = scene.answers.get().features;
          return drawRaster(features?.zoomed ?? features?.unzoomed, strided);
        }
        case "correction": return drawRaster(room?.correction ?? undefined, covering);
        case "weights": return room?.weights ? drawTiles(room.weights) : undefined;
        case "target": return room?.target ? drawMap(room.target, null) : undefined;
        case "own": return room?.own ? drawMap(room.own.saliency, room.own.warp) : undefined;
        case "space": return room?.found ? drawPlan(scene, room.found, layer) : undefined;
        case "training": return undefined;
        default: return drawZoomed(null, "");
      }
    },
  };
}

/** @typedef {import("../../core/context.js").Context} Context */
