// @ts-check
/** Figures beside the page's own views, by the names that lessons use. */
import { ROUTES } from "../../../schema/routes.js";
import { createBend } from "./bend.js";
import { createCells } from "./cells.js";
import { createFeatures } from "./features.js";
import { createFindings } from "./findings.js";
import { createPixels } from "./pixels.js";
import { createSeeds } from "./seeds.js";
import { createSmoothness } from "./smoothness.js";
import { createSprings } from "./springs.js";
import { createZone } from "./zone.js";

/**
 * @type {Readonly<Record<string, (inner: ReturnType<typeof import("../inner.js").createInner>,
 *   onGuess: (guess: number) => void) => import("../learn.js").Figure>>}
 */
export const FIGURES = { bend: createBend, cells: createCells, features: createFeatures, findings: createFindings,
  pixels: createPixels, seeds: createSeeds, smoothness: createSmoothness, springs: createSprings, zone: createZone };

/** Routes that a figure asks by itself. @type {Readonly<Record<string, readonly string[]>>} */
export const ASKED = { smoothness: [ROUTES.smoothness.path] };
