// @ts-check
// Made by python -m lzviz.contract; edit lzviz/contract instead.

import { layer as aliasing } from "./aliasing.js";
import { layer as approximation } from "./approximation.js";
import { layer as arrows } from "./arrows.js";
import { layer as density } from "./density.js";
import { layer as folds } from "./folds.js";
import { layer as holes } from "./holes.js";
import { layer as jacobian } from "./jacobian.js";
import { layer as mesh } from "./mesh.js";
import { layer as points } from "./points.js";
import { layer as saliency } from "./saliency.js";

export const ALL = [aliasing, approximation, arrows, density, folds, holes, jacobian, mesh, points, saliency];
