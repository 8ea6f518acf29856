// @ts-check
// Data keys: made from random bytes, imported so that scripts cannot read them back, and known by their fingerprint.
import { toHex, utf8 } from "../../values/encoding.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {{fingerprint: string, dataKey: CryptoKey}} Key
 */

const KEY_BYTES = 32;
const FINGERPRINT_DIGITS = 32;
const LABEL = utf8("carryover key");

/** @returns {Bytes} the bytes of a new data key */
export const newKeyBytes = () => crypto.getRandomValues(new Uint8Array(KEY_BYTES));

/** Return the key of 32 bytes, whose bytes cannot be read back. @param {Bytes} bytes @returns {Promise<Key>} */
export async function keyOf(bytes) {
  const labelled = new Uint8Array(LABEL.length + bytes.length);
  labelled.set(LABEL);
  labelled.set(bytes, LABEL.length);
  const digest = toHex(await crypto.subtle.digest("SHA-256", labelled));
  labelled.fill(0);
  const dataKey = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { fingerprint: digest.slice(0, FINGERPRINT_DIGITS), dataKey };
}

/** Return a new data key. Its bytes exist in no variable afterwards. @returns {Promise<Key>} */
export async function generateKey() {
  const bytes = newKeyBytes();
  const key = await keyOf(bytes);
  bytes.fill(0);
  return key;
}
