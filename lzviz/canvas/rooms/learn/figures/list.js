// @ts-check
/** Figures beside the page's own views, by the names that lessons use. */
import { createSprings } from "./springs.js";

/**
 * @type {Readonly<Record<string, (inner: ReturnType<typeof import("../inner.js").createInner>,
 *   onGuess: (guess: number) => void) => import("../learn.js").Figure>>}
 */
export const FIGURES = { springs: createSprings };
