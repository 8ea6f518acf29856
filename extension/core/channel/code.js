// @ts-check
// The code of a pairing, as `python -m server pair` shows it.
import { codeOf } from "../../values/codes.js";
import { utf8 } from "../../values/encoding.js";

/** @typedef {import("../../values/encoding.js").Bytes} Bytes */

const PAIRING_LENGTH = 10;
const ITERATIONS = 600_000;
const PSK_BITS = 256;

/** Return the code of a pairing as it was made. @param {string} typed @returns {string | null} null where it cannot be one */
export const pairingCode = (typed) => codeOf(typed, PAIRING_LENGTH);

/** Stretch the code of a pairing. @param {string} code as `pairingCode` gave it @param {Bytes} salt @returns {Promise<Bytes>} */
export async function stretched(code, salt) {
  const key = await crypto.subtle.importKey("raw", utf8(code), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ITERATIONS };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, PSK_BITS));
}
