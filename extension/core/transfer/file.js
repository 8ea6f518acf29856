// @ts-check
// The file that takes a profile to another browser, encrypted with a passphrase (docs/sync.md).
import { joined, utf8 } from "../../values/encoding.js";
import { isKdf, keyFrom, newKeyFrom, passphraseBytes, typedBytes } from "../passphrase.js";
import { packed, unpacked, unreadable } from "./gzip.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("../passphrase.js").Argon2} Argon2
 */

const MAGIC = joined(utf8("carryover transfer"), Uint8Array.of(1));
const NONCE_BYTES = 12;
const MAX_FILE_BYTES = 16 * 2 ** 20;
const MAX_HEAD_BYTES = 1024;

/** Return whether a file is meant as one. @param {Bytes} file @returns {boolean} */
export const isTransferFile = (file) => MAGIC.every((byte, i) => file[i] === byte);

/**
 * Encrypt a text with a passphrase.
 * @param {string} text @param {string} passphrase @param {Argon2 | null} argon2 null where it cannot be loaded
 * @returns {Promise<Bytes>} @throws {import("../../values/errors.js").CarryoverError} passphrase_unfit
 */
export async function sealedFile(text, passphrase, argon2) {
  const { kdf, key } = await newKeyFrom(passphraseBytes(passphrase), argon2);
  const head = utf8(JSON.stringify({ kdf }));
  const front = joined(MAGIC, Uint8Array.of(head.length >> 8, head.length & 255), head);
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const content = await packed(utf8(text));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: front }, key, content);
  return joined(front, iv, new Uint8Array(sealed));
}

/**
 * Open a file with its passphrase.
 * @param {Bytes} file @param {string} passphrase @param {Argon2 | null} argon2
 * @returns {Promise<string>} @throws {import("../../values/errors.js").CarryoverError} transfer_unreadable
 */
export async function openedFile(file, passphrase, argon2) {
  const start = MAGIC.length + 2;
  const length = (file[MAGIC.length] << 8) | file[MAGIC.length + 1];
  const end = start + length;
  if (!isTransferFile(file) || file.length > MAX_FILE_BYTES || length > MAX_HEAD_BYTES || end > file.length)
    throw unreadable();
  const kdf = headIn(file.subarray(start, end));
  if (!isKdf(kdf)) throw unreadable();
  const key = await keyFrom(kdf, typedBytes(passphrase), argon2);
  const how = { name: "AES-GCM", iv: file.slice(end, end + NONCE_BYTES), additionalData: file.slice(0, end) };
  try {
    const content = await crypto.subtle.decrypt(how, key, file.slice(end + NONCE_BYTES));
    return new TextDecoder().decode(await unpacked(new Uint8Array(content)));
  } catch {
    throw unreadable();
  }
}

/** @param {Bytes} head @returns {unknown} its key derivation */
function headIn(head) {
  try {
    return JSON.parse(new TextDecoder().decode(head)).kdf;
  } catch {
    throw unreadable();
  }
}
