// @ts-check
// Made by python -m lzviz.contract; edit lzviz/contract instead.

import { createRooms } from "../core/rooms.js";
import { cad } from "./cad/room.js";
import { compare } from "./compare/room.js";
import { doctor } from "./doctor/room.js";
import { learn } from "./learn/room.js";
import { models } from "./models/room.js";
import { pipeline } from "./pipeline/room.js";
import { warp } from "./warp/room.js";

export const ROOMS = createRooms([warp, cad, pipeline, compare, doctor, learn, models]);
