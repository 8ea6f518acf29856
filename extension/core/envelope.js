// @ts-check
// docs/envelope.md is the specification; names and lengths below follow it.
import { EnvelopeError } from "../values/errors.js";
import { toHex, utf8 } from "../values/encoding.js";

/** @typedef {import("../values/encoding.js").Bytes} Bytes */
/** @typedef {{profileId: string, purpose: string}} Binding what an envelope is bound to */

export const VERSION = 2;
/** The version in stores of format 1, which are read to migrate them. */
export const FORMER_VERSION = 1;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const HEADER_LENGTH = 1 + NONCE_LENGTH;
/** Length of a seal in hexadecimal digits. */
export const SEAL_DIGITS = 2 * (NONCE_LENGTH + TAG_LENGTH);
const MAX_LENGTH = 16 * 1024 * 1024;
const LABEL = utf8("carryover envelope");

/**
 * Return a text as two length bytes and UTF-8.
 * @param {string} text
 * @param {string} name of the field, for errors
 * @returns {Bytes}
 */
function prefixed(text, name) {
  if (typeof text !== "string") throw new TypeError(`${name} must be a string, got ${typeof text}.`);
  const bytes = utf8(text);
  if (bytes.length < 1 || bytes.length > 255) {
    throw new RangeError(`${name} must be 1 to 255 bytes of UTF-8, got ${bytes.length}.`);
  }
  const field = new Uint8Array(2 + bytes.length);
  field[1] = bytes.length;
  field.set(bytes, 2);
  return field;
}

/** Return the additional authenticated data of a binding. @param {Binding} binding @param {number} [version] @returns {Bytes} */
export function aadOf({ profileId, purpose }, version = VERSION) {
  const fields = [LABEL, Uint8Array.of(version), prefixed(profileId, "profileId"), prefixed(purpose, "purpose")];
  const data = new Uint8Array(fields.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const field of fields) {
    data.set(field, at);
    at += field.length;
  }
  return data;
}

/** Return whether a plaintext is short enough for one envelope. @param {Bytes} plaintext @returns {boolean} */
export const fitsEnvelope = ({ length }) => length + HEADER_LENGTH + TAG_LENGTH <= MAX_LENGTH;

/**
 * Encrypt a plaintext into an envelope: version ‖ nonce ‖ ciphertext+tag. The nonce is made here, so that no caller can repeat one.
 * @param {CryptoKey} dataKey
 * @param {Bytes} plaintext
 * @param {Binding} binding
 * @returns {Promise<Bytes>}
 */
export async function encrypt(dataKey, plaintext, binding) {
  if (!fitsEnvelope(plaintext)) {
    const most = MAX_LENGTH - HEADER_LENGTH - TAG_LENGTH;
    throw new RangeError(`plaintext must be at most ${most} bytes, got ${plaintext.length}.`);
  }
  const additionalData = aadOf(binding);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData }, dataKey, plaintext);
  const envelope = new Uint8Array(HEADER_LENGTH + sealed.byteLength);
  envelope[0] = VERSION;
  envelope.set(nonce, 1);
  envelope.set(new Uint8Array(sealed), HEADER_LENGTH);
  return envelope;
}

/**
 * Decrypt an envelope.
 * @param {CryptoKey} dataKey
 * @param {Bytes} envelope
 * @param {Binding} binding
 * @param {number} [version]
 * @returns {Promise<Bytes>} the plaintext
 * @throws {EnvelopeError} for every reason alike
 */
export async function decrypt(dataKey, envelope, binding, version = VERSION) {
  const additionalData = aadOf(binding, version);
  const isPlausible =
    envelope instanceof Uint8Array &&
    envelope.length >= HEADER_LENGTH + TAG_LENGTH &&
    envelope.length <= MAX_LENGTH &&
    envelope[0] === version;
  if (!isPlausible) throw new EnvelopeError();
  const iv = envelope.subarray(1, HEADER_LENGTH);
  try {
    const body = envelope.subarray(HEADER_LENGTH);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, dataKey, body));
  } catch {
    throw new EnvelopeError();
  }
}

/**
 * Return an envelope's seal: nonce and tag. Without the key nobody can make another envelope of the same seal that opens.
 * @param {Bytes} envelope
 * @returns {Bytes}
 */
export function sealBytes(envelope) {
  const seal = new Uint8Array(NONCE_LENGTH + TAG_LENGTH);
  seal.set(envelope.subarray(1, HEADER_LENGTH));
  seal.set(envelope.subarray(-TAG_LENGTH), NONCE_LENGTH);
  return seal;
}

/** @param {Bytes} envelope @returns {string} its seal, SEAL_DIGITS of hexadecimal */
export const sealOf = (envelope) => toHex(sealBytes(envelope));

/** Return whether an envelope has a seal. No copy is made: an opening asks this of each record. @param {Bytes} envelope @param {Bytes} seal */
export function isSealed(envelope, seal) {
  for (let i = 0; i < NONCE_LENGTH; i += 1) if (envelope[i + 1] !== seal[i]) return false;
  const tagAt = envelope.length - TAG_LENGTH;
  for (let i = 0; i < TAG_LENGTH; i += 1) if (envelope[tagAt + i] !== seal[NONCE_LENGTH + i]) return false;
  return true;
}
