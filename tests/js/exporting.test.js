// @ts-check
/** Files of views: an SVG draws what a canvas draws, and says its title as text; a PNG says it in a chunk. */
import assert from "node:assert/strict";
import { test } from "node:test";
import "./words.mjs";
import { crc32, described } from "../../lzviz/canvas/viewer/png.js";
import { createSvgPen, svgDots, svgText } from "../../lzviz/canvas/viewer/svg.js";
import { meshOf } from "../../lzviz/canvas/viewer/layers/mesh.js";
import { layer as folds } from "../../lzviz/canvas/viewer/layers/folds.js";
import { identityWarp } from "../../lzviz/canvas/engine/coords.js";

const image = { width: 81, height: 41 };
const whole = { scale: 1, x: 0, y: 0 };

test("a title cannot leave the title of an SVG file", () => {
  for (const title of ["</title><script>alert(1)</script>", "a & b < c > d", "&lt;x&gt;", '"><x onload="y">', "]]>"]) {
    const text = svgText({ width: 1, height: 1 }, "data:image/png;base64,AA==", { title });
    const inner = /<title>(.*)<\/title>\n<image /.exec(text)?.[1] ?? "";
    assert.ok(inner && !/[<>]/.test(inner), inner);
    assert.equal(inner.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))), title);
  }
});

test("a mesh in an SVG has a line for each row and column, from the first pixel's centre to the last's", () => {
  const pen = createSvgPen();
  meshOf(identityWarp([3, 4])).lines?.(pen, whole, image);
  const [rim, line] = pen.elements();
  assert.match(line, /stroke="rgba\(255,255,255,.6\)" stroke-width="1"/);
  assert.equal(rim.match(/M/g)?.length, 3 + 4);
  assert.match(line, /d="M0.5 0.5L/);
  assert.match(line, /80.5 40.5/);
});

test("tiles that fold are hatched in an SVG, and only they", () => {
  const { nodes, ...warp } = identityWarp([3, 4]);
  const folded = nodes.map((value, k) => (k === 2 * 5 ? 0.9 : value));
  const drawn = folds.draw(/** @type {any} */ ({ frame: { warp: { ...warp, nodes: folded } } }));
  const pen = createSvgPen();
  drawn?.lines?.(pen, whole, image);
  const text = pen.elements().join("");
  assert.match(text, /<pattern id="hatching0"/);
  assert.match(text, /fill="url\(#hatching0\)"/);
  const tiles = /d="([^"]*)" fill="rgba/.exec(text)?.[1].match(/Z/g)?.length ?? 0;
  assert.equal(String(tiles), drawn?.range);
  assert.ok(tiles > 0 && tiles < 6);
});

test("each sample is a dot of an SVG where none is left out", () => {
  const grid = Float64Array.from({ length: 2 * 6 }, (_, k) => (k % 2 ? -1 : -1 + k / 5));
  const [, dots] = svgDots({ grid, h: 2, w: 3, stride: 1 }, whole, image);
  assert.equal(dots.match(/h0/g)?.length, 6);
});

test("a PNG tells its sentence in any language, and its chunks are sound", async () => {
  assert.equal(crc32(new TextEncoder().encode("IEND")), 0xae426082);
  const header = [137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 1, 73, 72, 68, 82, 7, 1, 2, 3, 4];
  const blob = await described(new Blob([new Uint8Array([...header, 9, 9])], { type: "image/png" }), "采样 42 %");
  const bytes = Buffer.from(await blob.arrayBuffer());
  assert.deepEqual([...bytes.subarray(0, header.length)], header);
  const length = bytes.readUInt32BE(header.length);
  const chunk = bytes.subarray(header.length + 4, header.length + 8 + length);
  assert.equal(chunk.toString("latin1", 0, 4), "iTXt");
  assert.ok(chunk.toString("utf8").endsWith("采样 42 %"));
  assert.equal(bytes.readUInt32BE(header.length + 8 + length), crc32(chunk));
  assert.deepEqual([...bytes.subarray(-2)], [9, 9]);
});
