// @ts-check

/**
 * The size that an image file states, read before anything is decoded: a small file can hold hundreds of megapixels.
 * contracts/vectors/image-pixels.json holds the cases.
 * @typedef {{width: number, height: number}} Size as stored; EXIF may turn it
 */

/** Markers of JPEG that hold no length: RST0 to RST7, SOI, TEM. @param {number} marker */
const isBare = (marker) => (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01;
/** Markers of a frame, SOF0 to SOF15, without those of tables among them. @param {number} marker */
const isFrame = (marker) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** @param {DataView} view @param {number} at @param {string} text @returns {boolean} whether these ASCII letters are there */
function has(view, at, text) {
  return at + text.length <= view.byteLength && [...text].every((c, i) => view.getUint8(at + i) === c.charCodeAt(0));
}

/** @param {DataView} view @returns {Size | null} */
function sizeOfJpeg(view) {
  for (let at = 2; at + 9 <= view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (isFrame(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    if (marker === 0xff) at += 1;
    else if (isBare(marker)) at += 2;
    else at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return null;
}

/** @param {DataView} view @param {number} at @returns {number} three bytes, little-endian */
const uint24 = (view, at) => view.getUint16(at, true) + view.getUint8(at + 2) * 2 ** 16;

/** @param {DataView} view @returns {Size | null} */
function sizeOfWebp(view) {
  if (has(view, 12, "VP8X")) return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 };
  if (has(view, 12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
  }
  if (!has(view, 12, "VP8 ")) return null;
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

/** Return the largest of the sizes that an AVIF file states of its parts. @param {DataView} view @returns {Size | null} */
function sizeOfAvif(view) {
  /** @type {Size | null} */
  let largest = null;
  // The boxes before the data are some hundred bytes; in the data these letters may stand by chance.
  for (let at = 0; at + 16 <= Math.min(view.byteLength, 4096); at += 1) {
    if (!has(view, at, "ispe")) continue;
    const size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    if (!largest || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}

/** @param {DataView} view @returns {Size | null} */
function sizeIn(view) {
  if (has(view, 0, "\x89PNG\r\n\x1a\n") && has(view, 12, "IHDR"))
    return { width: view.getUint32(16), height: view.getUint32(20) };
  if (has(view, 0, "\xff\xd8")) return sizeOfJpeg(view);
  if (has(view, 0, "GIF8")) return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (has(view, 0, "RIFF") && has(view, 8, "WEBP")) return sizeOfWebp(view);
  return has(view, 4, "ftypavi") ? sizeOfAvif(view) : null;
}

/**
 * Return the size that a PNG, JPEG, GIF, WebP or AVIF file states; null for anything else.
 * @param {Uint8Array} bytes @returns {Size | null}
 */
export function imageSize(bytes) {
  try {
    return sizeIn(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (error) {
    if (error instanceof RangeError) return null; // it ends within its header
    throw error;
  }
}
