// @ts-check
// Bytes as text in the 45 characters that QR codes hold most densely (RFC 9285).

/** @typedef {import("./encoding.js").Bytes} Bytes */

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const BASE = DIGITS.length;
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** @param {Bytes} bytes @returns {string} three characters for two bytes, two for one that is left */
export function toBase45(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 2) {
    const isPair = i + 1 < bytes.length;
    const value = isPair ? 256 * bytes[i] + bytes[i + 1] : bytes[i];
    text += DIGITS[value % BASE] + DIGITS[Math.floor(value / BASE) % BASE];
    if (isPair) text += DIGITS[Math.floor(value / (BASE * BASE))];
  }
  return text;
}

/** @param {string} text @returns {Bytes | null} null where it is not base45 */
export function fromBase45(text) {
  if (text.length % 3 === 1) return null;
  const bytes = new Uint8Array(Math.floor(text.length / 3) * 2 + (text.length % 3 === 2 ? 1 : 0));
  for (let i = 0, at = 0; i < text.length; i += 3) {
    const digits = [...text.slice(i, i + 3)].map((digit) => VALUES.get(digit) ?? NaN);
    const value = digits.reduceRight((sum, digit) => sum * BASE + digit, 0);
    const isPair = digits.length === 3;
    if (!(value < (isPair ? 65_536 : 256))) return null;
    if (isPair) bytes[at++] = value >> 8;
    bytes[at++] = value & 255;
  }
  return bytes;
}
