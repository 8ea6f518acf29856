// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { onWhite, pixelsOf, squareRgb } from "../../../extension/core/image-rule.js";
import { vectors } from "../vectors.js";

const { cases } = vectors("image-pixels.json");

/** @param {string} text base64 */
const bytesOf = (text) => new Uint8Array(Buffer.from(text, "base64"));

for (const { name, rule, width, height, rgba, square } of cases) {
  test(`an image becomes Pillow's bytes: ${name}`, () => {
    const image = { width, height, data: bytesOf(rgba) };
    assert.deepEqual(squareRgb(onWhite(image), rule).data, bytesOf(square));
  });
}

test("bytes become numbers a channel, without the mean and over the deviation", () => {
  const rule = { ...cases[0].rule, size: 16, resize: 16, mean: [0.5, 0, 0.25], std: [0.5, 1, 0.25] };
  const data = new Uint8Array(16 * 16 * 4).fill(255);
  data.set([0, 51, 102, 255], 4);
  const pixels = pixelsOf({ width: 16, height: 16, data }, rule);
  assert.equal(pixels.length, 3 * 256);
  const at = (/** @type {number} */ channel, /** @type {number} */ place) => pixels[channel * 256 + place];
  assert.deepEqual([at(0, 0), at(1, 0), at(2, 0)], [1, 1, 3]);
  assert.deepEqual([at(0, 1), at(1, 1)], [-1, Math.fround(0.2)]);
  assert.ok(Math.abs(at(2, 1) - 0.6) < 1e-6);
});
