// @ts-check
// Envelopes of the copy on a paired server: what a space holds, and in which order (docs/sync.md).
import { bytesOfCode, textOfCode } from "../../values/codes.js";
import { fromHex, joined, sha256Hex, toHex, utf8 } from "../../values/encoding.js";
import { CarryoverError, EnvelopeError } from "../../values/errors.js";
import { packed, unpacked } from "./gzip.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {{key: CryptoKey, space: string}} SyncKeys
 * @typedef {{version: number, hash: string}} Known the envelope that a browser read or wrote last; `hash` in hexadecimal
 * @typedef {Known & {text: string}} Opened
 */

const CODE_BYTES = 20;
const VERSION = 1;
const HEAD_BYTES = 41;
const NONCE_BYTES = 12;
const STEP = 65_536;
const LABEL = utf8("carryover sync");

/** @returns {string} a new sync code, as a person reads it */
export const newSyncCode = () => textOfCode(crypto.getRandomValues(new Uint8Array(CODE_BYTES)));

/** Return the keys of a sync code. @param {string} typed @returns {Promise<SyncKeys | null>} null where it cannot be one */
export async function syncKeys(typed) {
  const secret = bytesOfCode(typed, CODE_BYTES);
  if (!secret) return null;
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits", "deriveKey"]);
  const how = (/** @type {string} */ info) => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(0),
    info: utf8(info),
  });
  const aes = { name: "AES-GCM", length: 256 };
  const space = await crypto.subtle.deriveBits(how("carryover sync space 1"), base, 128);
  return {
    key: await crypto.subtle.deriveKey(how("carryover sync key 1"), base, aes, false, ["encrypt", "decrypt"]),
    space: toHex(space),
  };
}

/** @param {Bytes} iv @param {Bytes} head */
const gcm = (iv, head) => ({ name: "AES-GCM", iv, additionalData: joined(LABEL, head) });

/** Make the envelope that follows another. @param {SyncKeys} keys @param {string} text @param {Known | null} before @returns {Promise<Bytes>} */
export const nextEnvelope = async (keys, text, before) =>
  envelopeOf(keys, await packed(utf8(text)), before, crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));

/**
 * Make an envelope with a nonce that is fixed for vectors only.
 * @param {SyncKeys} keys @param {Bytes} content packed @param {Known | null} before @param {Bytes} iv
 * @returns {Promise<Bytes>}
 */
export async function envelopeOf({ key }, content, before, iv) {
  const head = new Uint8Array(HEAD_BYTES);
  head[0] = VERSION;
  new DataView(head.buffer).setBigUint64(1, BigInt((before?.version ?? 0) + 1));
  if (before) head.set(fromHex(before.hash), 9);
  const plain = new Uint8Array(Math.ceil((4 + content.length) / STEP) * STEP);
  new DataView(plain.buffer).setUint32(0, content.length);
  plain.set(content, 4);
  return joined(head, iv, new Uint8Array(await crypto.subtle.encrypt(gcm(iv, head), key, plain)));
}

/**
 * Open an envelope.
 * @param {SyncKeys} keys @param {Bytes} envelope @param {Known | null} known what this browser remembers of the space
 * @returns {Promise<Opened>}
 * @throws {EnvelopeError} where it is of another code or changed; {CarryoverError} sync_older
 */
export async function openedEnvelope({ key }, envelope, known) {
  if (envelope.length < HEAD_BYTES + NONCE_BYTES + 16 || envelope[0] !== VERSION) throw new EnvelopeError();
  const head = envelope.slice(0, HEAD_BYTES);
  const version = Number(new DataView(head.buffer).getBigUint64(1));
  const hash = await sha256Hex(envelope);
  const plain = await decrypted(key, head, envelope);
  // After it has opened: what another wrote is no older copy of ours.
  if (known && isOlder({ version, hash, parent: toHex(head.subarray(9)) }, known)) throw older();
  const length = new DataView(plain.buffer).getUint32(0);
  if (4 + length > plain.length) throw new EnvelopeError();
  return { version, hash, text: new TextDecoder().decode(await unpacked(plain.slice(4, 4 + length))) };
}

/** @param {CryptoKey} key @param {Bytes} head @param {Bytes} envelope @returns {Promise<Bytes>} */
async function decrypted(key, head, envelope) {
  const iv = envelope.slice(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
  try {
    const body = envelope.slice(HEAD_BYTES + NONCE_BYTES);
    return new Uint8Array(await crypto.subtle.decrypt(gcm(iv, head), key, body));
  } catch {
    throw new EnvelopeError();
  }
}

/** @param {Known & {parent: string}} found @param {Known} known @returns {boolean} whether it cannot follow what this browser knows */
function isOlder({ version, hash, parent }, known) {
  if (version < known.version) return true;
  if (version === known.version) return hash !== known.hash;
  return version === known.version + 1 && parent !== known.hash;
}

const older = () =>
  new CarryoverError(
    "sync_older",
    "The server gave a copy that is older than one which this browser knows, or of another history. Nothing was taken from it.",
  );
