// @ts-check
/** The warp doctor: any grid, flow or map, what is wrong with it, where, and what mends it. Built when it is opened. */
import { mountLater } from "../../core/later.js";
import { ARRAYS } from "./words.js";

/** @type {import("../../core/rooms.js").Declared} */
export const doctor = {
  id: "doctor",
  tab: "doctor",
  whole: true,
  owns: ["examined", "finding", "mended", "examinedAs", "examinedHeight", "examinedWidth", "examinedStride",
    "besideLabels", "besideBoxes", "besideGradient"],
  examines: true,
  accepts: `image/*,.tif,.tiff,.heic,.heif,${ARRAYS.join(",")}`,
  opens: (name) => ARRAYS.some((suffix) => name.toLowerCase().endsWith(suffix)),
  status: { browser: null, python: "doctor.python" },
  refuses: { "": "doctor.noTools" },
  mount: mountLater("doctor", async () => (await import("./doctor.js")).createDoctor, "doctor.failed",
    ["style/doctor.css"]),
};
