// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSeenItems } from "../../../extension/core/seen-items.js";

const RULE = { size: 16, resize: 16, interpolation: "bilinear", mean: [0, 0, 0], std: [1, 1, 1] };
const MANIFEST = {
  filler: 5,
  text: { table: { file: "tokens.bin", dim: 2 } },
  lite: { textBlock: { start: 1, share: 0.36 }, image: { toItem: { file: "lite/image.onnx" }, rule: RULE } },
};

/** An image of one colour. @param {number} width @param {number} height @param {number[]} rgba */
const plain = (width, height, rgba) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 4 }, (_, i) => rgba[i % 4]),
});

test("a seen item has its text's block and its image's, and at the filler what is left", async () => {
  /** @type {any[]} */
  const given = [];
  const embedSeen = await createSeenItems(
    /** @type {any} */ ({
      manifest: MANIFEST,
      bytes: Uint8Array.of(7),
      wasmUrl: "x.wasm",
      towers: {
        embedItems: async (/** @type {string[]} */ texts) => {
          given.push(texts);
          return [Float32Array.of(0, 0.36, 0.48, 0, 0, 0.8)];
        },
      },
      loadOnnx: async () => ({
        createImageToItem: async (/** @type {any[]} */ ...parts) => {
          given.push(parts);
          return async (/** @type {Float32Array} */ pixels, /** @type {number} */ size) => {
            given.push([[...new Set(pixels)], pixels.length, size]);
            return Float32Array.of(0, 0, 0, 0, 0.6, 0.8);
          };
        },
      }),
    }),
  );
  const item = await embedSeen("red shirt", plain(20, 30, [255, 0, 255, 255]));
  assert.deepEqual(given, [
    [MANIFEST.lite.image.toItem, Uint8Array.of(7), "x.wasm"],
    ["red shirt"],
    [[1, 0], 3 * 256, 16],
  ]);
  const expected = [0, 0.36, 0.48, 0, 0.6, Math.sqrt(1 - 0.36 - 0.36)];
  item.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-6, `${i}: ${value}`));
});

test("an image a hundred times as long as wide is refused before it is resized", async () => {
  const embedSeen = await createSeenItems(
    /** @type {any} */ ({
      manifest: MANIFEST,
      towers: { embedItems: async () => assert.fail("the text was embedded") },
      loadOnnx: async () => ({ createImageToItem: async () => async () => assert.fail("the tower ran") }),
    }),
  );
  await assert.rejects(embedSeen("ribbon", plain(1, 101, [0, 0, 0, 255])), { code: "image_unreadable" });
});
