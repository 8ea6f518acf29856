// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_IMAGE_BYTES, decodeImage } from "../../../extension/core/image-decoding.js";
import { vectors } from "../vectors.js";

const [png] = vectors("image-pixels.json").files;
/** @returns {Uint8Array<ArrayBuffer>} a PNG of 19 × 11 */
const pngBytes = () => new Uint8Array(Buffer.from(png.file, "base64"));

/** Give the browser's decoder and canvas to the code, as fakes that note how they are used. @param {{isBroken?: boolean}} [how] */
function fakeDecoder({ isBroken = false } = {}) {
  /** @type {any} */
  const world = globalThis;
  /** @type {any[]} */
  const used = [];
  world.createImageBitmap = async (/** @type {Blob} */ blob, /** @type {object} */ options) => {
    used.push([blob.size, options]);
    if (isBroken) throw new DOMException("The source image could not be decoded.", "InvalidStateError");
    return { width: 11, height: 19, close: () => used.push("closed") };
  };
  world.OffscreenCanvas = class {
    /** @param {number} width @param {number} height */
    constructor(width, height) {
      used.push([width, height]);
    }

    getContext() {
      return {
        drawImage: (/** @type {any[]} */ ...given) => used.push(given.slice(1)),
        /** @param {number} x @param {number} y @param {number} width @param {number} height */
        getImageData: (x, y, width, height) => ({ x, y, width, height, data: [] }),
      };
    }
  };
  return used;
}

test("an image is decoded as the browser turns it, with its own colours and alpha", async () => {
  const used = fakeDecoder();
  const { width, height } = await decodeImage(pngBytes());
  assert.deepEqual([width, height], [11, 19]);
  assert.deepEqual(used, [
    [pngBytes().length, { premultiplyAlpha: "none", colorSpaceConversion: "none" }],
    [11, 19],
    [0, 0],
    "closed",
  ]);
});

test("what a browser cannot decode is an error with its own code", async () => {
  fakeDecoder({ isBroken: true });
  await assert.rejects(decodeImage(pngBytes()), { code: "image_unreadable" });
});

const huge = pngBytes();
new DataView(huge.buffer).setUint32(16, 8192);
new DataView(huge.buffer).setUint32(20, 2049);
for (const [name, bytes] of /** @type {[string, Uint8Array<ArrayBuffer>][]} */ ([
  ["an image of more pixels", huge],
  ["a file of more bytes", Object.assign(new Uint8Array(MAX_IMAGE_BYTES + 1), pngBytes())],
  ["a drawing", new Uint8Array(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"))],
])) {
  test(`${name} is refused before it is decoded`, async () => {
    const used = fakeDecoder();
    await assert.rejects(decodeImage(bytes), { code: "image_unreadable" });
    assert.deepEqual(used, []);
  });
}
