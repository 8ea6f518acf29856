// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { imageSize } from "../../../extension/core/image-size.js";
import { vectors } from "../vectors.js";

for (const { name, file, width, height } of vectors("image-pixels.json").files) {
  test(`the size before decoding: ${name}`, () => {
    const size = imageSize(new Uint8Array(Buffer.from(file, "base64")));
    assert.deepEqual(size, width === null ? null : { width, height });
  });
}

test("a file of a few bytes that states half a gigapixel is known by its header", () => {
  const header = new Uint8Array(24);
  header.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  new DataView(header.buffer).setUint32(16, 30_000);
  new DataView(header.buffer).setUint32(20, 20_000);
  assert.deepEqual(imageSize(header), { width: 30_000, height: 20_000 });
});
