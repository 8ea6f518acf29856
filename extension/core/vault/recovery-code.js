// @ts-check
// Recovery codes: 160 random bits in Crockford's base32, in groups that a person can copy.

/** @typedef {import("../../values/encoding.js").Bytes} Bytes */

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NUM_BYTES = 20;
const NUM_DIGITS = 32;
/** What is read as a digit that looks like it. @type {Record<string, string>} */
const ALIKE = { O: "0", I: "1", L: "1" };

/** @returns {Bytes} */
export const newCode = () => crypto.getRandomValues(new Uint8Array(NUM_BYTES));

/** @param {Bytes} bytes of a code @returns {string} as the shopper reads it: eight groups of four */
export function codeText(bytes) {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  const digits = bits.match(/.{5}/g)?.map((five) => DIGITS[parseInt(five, 2)]) ?? [];
  return digits.join("").replace(/.{4}(?=.)/g, "$&-");
}

/** @param {string} text as somebody typed it @returns {Bytes | null} null where it is not a code */
export function codeBytes(text) {
  const typed = text
    .toUpperCase()
    .replace(/[\s-]/g, "")
    .replace(/[OIL]/g, (letter) => ALIKE[letter]);
  if (typed.length !== NUM_DIGITS || [...typed].some((digit) => !DIGITS.includes(digit))) return null;
  const bits = [...typed].map((digit) => DIGITS.indexOf(digit).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from({ length: NUM_BYTES }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8), 2));
}
