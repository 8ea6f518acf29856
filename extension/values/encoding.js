// @ts-check

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** Two digits for each byte. An index has a hundred thousand of them. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** @param {ArrayBuffer | Uint8Array} data @returns {string} lower-case hexadecimal */
export function toHex(data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  let digits = "";
  for (const byte of bytes) digits += DIGITS[byte];
  return digits;
}

/** @param {string} text lower-case hexadecimal, two digits a byte @returns {Bytes} */
export function fromHex(text) {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** @param {ArrayBuffer | Uint8Array} data @returns {string} */
export function toBase64(data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  let binary = "";
  // In pieces: spreading a long array into arguments overflows the stack.
  for (let start = 0; start < bytes.length; start += 8192) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return btoa(binary);
}

/** @param {string} text @returns {Bytes} */
export function fromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  // A loop, because Uint8Array.from walks a string by its iterator, more than ten times as slowly.
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** @param {string} text @returns {Bytes} UTF-8 */
export function utf8(text) {
  return new TextEncoder().encode(text);
}

/** @param {Bytes | string} data @returns {Promise<string>} SHA-256 in hexadecimal */
export async function sha256Hex(data) {
  const bytes = typeof data === "string" ? utf8(data) : data;
  return toHex(await crypto.subtle.digest("SHA-256", bytes));
}

/** @param {Float32Array | number[]} embedding @returns {string} base64 of little-endian float32 */
export function encodeEmbedding(embedding) {
  const bytes = new Uint8Array(embedding.length * 4);
  const view = new DataView(bytes.buffer);
  embedding.forEach((value, i) => view.setFloat32(i * 4, value, true));
  return toBase64(bytes);
}

/** @param {string} text as encodeEmbedding wrote it @returns {Float32Array} */
export function decodeEmbedding(text) {
  const { buffer, length } = fromBase64(text);
  // In the device's own order, which is little-endian wherever browsers run: a history has two hundred thousand numbers.
  return new Float32Array(buffer, 0, Math.floor(length / 4));
}

/** @param {...Bytes} parts @returns {Bytes} one after the other */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
