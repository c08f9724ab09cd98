// @ts-check
/** An SVG file says its title as text, whatever stands in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { svgFile } from "../../lzviz/canvas/viewer/exporting.js";

test("a title cannot leave the title of an SVG file", async () => {
  const pen = { putImageData() {}, drawImage() {} };
  const canvas = { getContext: () => pen, toDataURL: () => "data:image/png;base64,AA==" };
  Object.assign(globalThis, { document: { createElement: () => canvas }, ImageData: class {} });
  for (const title of ["</title><script>alert(1)</script>", "a & b < c > d", "&lt;x&gt;", '"><x onload="y">', "]]>"]) {
    const raster = /** @type {any} */ ({ width: 1, height: 1, data: new Uint8ClampedArray(4) });
    const text = await svgFile(raster, { title }).text();
    const inner = /<title>(.*)<\/title>\n<image /.exec(text)?.[1] ?? "";
    assert.ok(inner && !/[<>]/.test(inner), inner);
    assert.equal(inner.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))), title);
  }
});
