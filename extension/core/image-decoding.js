// @ts-check
import { CarryoverError } from "../values/errors.js";
import { imageSize } from "./image-size.js";

/** A file of more bytes or pixels is not decoded. */
export const MAX_IMAGE_BYTES = 4 * 2 ** 20;
export const MAX_IMAGE_PIXELS = 16 * 2 ** 20;

/**
 * Return an image file as a browser shows it: upright by its EXIF orientation, of an animation the first frame.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<import("./image-rule.js").Rgba>}
 * @throws {CarryoverError} image_unreadable, for what is too large or not an image
 */
export async function decodeImage(bytes) {
  const size = bytes.length <= MAX_IMAGE_BYTES ? imageSize(bytes) : null;
  if (!size || size.width * size.height > MAX_IMAGE_PIXELS)
    throw new CarryoverError(
      "image_unreadable",
      `Expected an image of at most ${MAX_IMAGE_BYTES} bytes and ${MAX_IMAGE_PIXELS} pixels, got ${bytes.length} bytes` +
        (size ? ` and ${size.width} x ${size.height} pixels.` : "."),
    );
  // Colours stay as the file has them, as every other reader of the bundle's images takes them.
  const bitmap = await createImageBitmap(new Blob([bytes]), {
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  }).catch((error) => {
    throw new CarryoverError("image_unreadable", "The image could not be decoded.", { cause: error });
  });
  const { width, height } = bitmap;
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })
  );
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}
