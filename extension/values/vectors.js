// @ts-check
import { fromBase64 } from "./encoding.js";

/** @typedef {Float32Array | number[]} Vector */

/** What 1 is in an int16. */
export const INT16_LEVELS = 32767;

/** @param {Vector} a @param {Vector} b of the same length @returns {number} */
export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

/** @param {Vector} vector @returns {Float32Array} of unit length, or all zeros where the vector is */
export function unit(vector) {
  const length = Math.sqrt(dot(vector, vector));
  const result = new Float32Array(vector.length);
  if (length > 0) for (let i = 0; i < result.length; i += 1) result[i] = vector[i] / length;
  return result;
}

// A smaller known share than this is a rounding error, not a modality.
const LEAST_SHARE = 1e-3;

/**
 * Return the similarity of two items over the modalities that both have. An item without its image holds the missing length
 * in the manifest's `filler` coordinate, which does not describe its appearance.
 * @param {Vector} a of unit length @param {Vector} b of unit length @param {number | undefined} filler
 * @returns {number} about -1 to 1
 */
export function similarity(a, b, filler) {
  if (filler === undefined) return dot(a, b);
  const known = Math.max(Math.min(1 - a[filler] ** 2, 1 - b[filler] ** 2), LEAST_SHARE);
  return (dot(a, b) - a[filler] * b[filler]) / known;
}

/** @param {Vector} vector */
export function isZero(vector) {
  return vector.every((value) => value === 0);
}

/**
 * The server's `vectorInt8`: base64 of signed bytes, the embedding × 127, rounded.
 * @param {string} text
 * @returns {Float32Array} of unit length
 */
export function decodeInt8(text) {
  return unit(Float32Array.from(new Int8Array(fromBase64(text).buffer)));
}

/** The vector of a probe. @param {string} text base64 of little-endian int16 @returns {Float32Array | null} numbers within -1 to 1; null for what is not such */
export function decodeInt16(text) {
  if (text.length % 4 !== 0) return null;
  const bytes = fromBase64(text);
  if (bytes.length % 2 !== 0) return null;
  const view = new DataView(bytes.buffer);
  const numbers = new Float32Array(bytes.length / 2);
  for (let i = 0; i < numbers.length; i += 1) numbers[i] = view.getInt16(2 * i, true) / INT16_LEVELS;
  return numbers;
}
