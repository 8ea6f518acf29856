// @ts-check
// Codes that a person reads off one screen and types at another: Crockford's base32, in groups.

/** @typedef {import("./encoding.js").Bytes} Bytes */

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS = 5;

/** Return a code without what does not count. @param {string} typed @param {number} length @returns {string | null} null where it is none of this length */
export function codeOf(typed, length) {
  const plain = typed.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  return plain.length === length && [...plain].every((digit) => DIGITS.includes(digit)) ? plain : null;
}

/** @param {Bytes} bytes whose bits are whole digits @returns {string} in groups of four */
export function textOfCode(bytes) {
  let text = "";
  let [held, bits] = [0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= BITS; bits -= BITS) text += DIGITS[(held >> (bits - BITS)) & 31];
    held &= (1 << bits) - 1;
  }
  return text.match(/.{4}/g)?.join("-") ?? "";
}

/** @param {string} typed @param {number} numBytes @returns {Bytes | null} the bytes of a code that `textOfCode` gave */
export function bytesOfCode(typed, numBytes) {
  const code = codeOf(typed, Math.ceil((numBytes * 8) / BITS));
  if (!code) return null;
  const bytes = new Uint8Array(numBytes);
  let [held, bits, at] = [0, 0, 0];
  for (const digit of code) {
    held = (held << BITS) | DIGITS.indexOf(digit);
    bits += BITS;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = held >> bits;
    at += 1;
    held &= (1 << bits) - 1;
  }
  return bytes;
}
