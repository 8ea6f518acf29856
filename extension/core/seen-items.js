// @ts-check
import { CarryoverError } from "../values/errors.js";
import { pixelsOf } from "./image-rule.js";
import { textPlace, withText } from "./text-block.js";

/**
 * Items that were seen, by their text and their image. A catalogue's items have both, so they are compared alike.
 * @typedef {import("./bundle.js").Manifest} Manifest
 * @typedef {import("./image-rule.js").Rgba} Rgba
 * @typedef {import("../generated/contract-types.js").LiteImage} LiteImage
 * @typedef {(text: string, image: Rgba) => Promise<Float32Array>} EmbedSeen unit length
 * @typedef {Pick<typeof import("./onnx-towers.js"), "createImageToItem">} OnnxImages
 */

// Resizing one that is longer would take gigabytes, nearly all of them for what the crop discards.
const MAX_ASPECT = 100;

/**
 * Return the function that embeds a seen item. It loads ONNX Runtime and its WebAssembly.
 * @param {object} options
 * @param {Manifest} options.manifest verified, with `lite.image`
 * @param {Uint8Array} options.bytes of the file of `lite.image.toItem`, verified
 * @param {import("./towers.js").Towers} options.towers of the bundle
 * @param {string} options.wasmUrl of ort-wasm-simd-threaded.wasm
 * @param {() => Promise<OnnxImages>} [options.loadOnnx]
 * @returns {Promise<EmbedSeen>}
 */
export async function createSeenItems({
  manifest,
  bytes,
  towers,
  wasmUrl,
  loadOnnx = () => import("./onnx-towers.js"),
}) {
  const { toItem, rule } = /** @type {LiteImage} */ (manifest.lite.image);
  const imageToItem = await (await loadOnnx()).createImageToItem(toItem, bytes, wasmUrl);
  return async (words, image) => {
    const [shorter, longer] = [Math.min(image.width, image.height), Math.max(image.width, image.height)];
    if (longer > MAX_ASPECT * shorter)
      throw new CarryoverError(
        "image_unreadable",
        `Expected an image at most ${MAX_ASPECT} times as long as wide, got ${image.width} x ${image.height}.`,
      );
    const [item] = await towers.embedItems([words]);
    const seen = await imageToItem(pixelsOf(image, rule), rule.size);
    return withText(seen, item, textPlace(manifest));
  };
}
