// @ts-check
/** A grid of the visitor's own as a method: its file is read as the doctor reads it, with nothing mended. */
import { askServer } from "../../core/client.js";
import { Said, trouble } from "../../core/errors.js";
import { withOption } from "../../core/options.js";
import { t } from "../../core/text.js";
import { ROUTES } from "../../schema/routes.js";
import { chooseArray } from "../doctor/shelf.js";
import { createSubjects } from "../doctor/subjects.js";
import { GIVEN, titleOf } from "./methods.js";

/**
 * @param {import("../../core/context.js").Context} context @param {File} file
 * @returns {Promise<string>} the value of the option `grid` that names it
 */
async function kept(context, file) {
  const { host, live, page, patiently } = context;
  const { image } = live.get();
  const asked = { source: image ? [image.height, image.width] : [1024, 2048], use: null, applied: [], mend: false, page,
    stride: null };
  const body = await createSubjects(context).body({ file, name: file.name });
  const { keep } = await patiently(() => askServer(host, ROUTES.diagnose.path, { ...body, ...asked }));
  if (!keep) throw new Said(t("compare.noGrid", { name: file.name }));
  return keep;
}

/**
 * The grid of a file becomes the one that "your grid" means.
 * @param {import("../../core/context.js").Context} context @param {File} file @param {() => void} then
 */
export async function takeGrid(context, file, then) {
  const { store, live, schema } = context;
  const option = schema.options[GIVEN]?.find(({ name }) => name === "grid");
  if (!option) return;
  try {
    const grid = await kept(context, file);
    store.set({ options: withOption(store.get().options, GIVEN, option, grid) });
    then();
  } catch (error) {
    live.set({ error: trouble(titleOf(context, GIVEN), error, {}) });
  }
}

/**
 * The same of a file that is chosen.
 * @param {import("../../core/context.js").Context} context @param {() => void} then
 */
export const openGrid = (context, then) => chooseArray((file) => void takeGrid(context, file, then));
