// @ts-check
import { fromBase64, sha256Hex } from "../values/encoding.js";
import { BundleError } from "../values/errors.js";

/**
 * The check of manifest.sig: Ed25519 over the bytes of manifest.json. It mirrors kernel/bundle_signature.py;
 * contracts/vectors/bundle-signature.json holds the cases of both.
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {{publicKey: Bytes, signature: Bytes, keyId: string}} Signature
 */

export const SIGNATURE = "manifest.sig";
export const MAX_SIGNATURE_BYTES = 4096;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** The public key of RFC 8032's first test, which every browser that knows Ed25519 reads. */
const EXAMPLE_KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const MEMBERS = "keyId,publicKey,signature";

/** @param {string} problem @param {unknown} [cause] */
const refused = (problem, cause) => new BundleError("bundle_unsigned", `${SIGNATURE}: ${problem}`, { cause });

/** @param {unknown} text @param {number} length @returns {Bytes | null} base64 of exactly `length` bytes decoded */
function decoded(text, length) {
  if (typeof text !== "string" || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  const bytes = fromBase64(text);
  return bytes.length === length ? bytes : null;
}

/** Return the first 16 hexadecimal digits of the SHA-256 of a raw public key. @param {Bytes} publicKey */
const keyIdOf = async (publicKey) => (await sha256Hex(publicKey)).slice(0, 16);

/** @param {unknown} document @returns {Promise<Signature | null>} null where it is malformed */
async function partsOf(document) {
  if (typeof document !== "object" || document === null) return null;
  if (Object.keys(document).sort().join() !== MEMBERS) return null;
  const members = /** @type {Record<string, unknown>} */ (document);
  const publicKey = decoded(members.publicKey, KEY_BYTES);
  const signature = decoded(members.signature, SIGNATURE_BYTES);
  if (!publicKey || !signature) return null;
  const keyId = await keyIdOf(publicKey);
  return members.keyId === keyId ? { publicKey, signature, keyId } : null;
}

/** @param {Bytes} bytes of manifest.sig @returns {Promise<Signature>} */
async function readSignature(bytes) {
  /** @type {unknown} */
  let document = null;
  try {
    if (bytes.length <= MAX_SIGNATURE_BYTES) document = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const parts = await partsOf(document);
  if (!parts) throw refused("expected JSON with keyId, publicKey and signature");
  return parts;
}

/** @param {Bytes} publicKey @returns {Promise<CryptoKey>} */
const ed25519Key = (publicKey) => crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);

/** Return whether this browser can check signatures: Chrome can from 137 on, Firefox from 129 on. @returns {Promise<boolean>} */
export async function canCheckSignatures() {
  try {
    await ed25519Key(fromBase64(EXAMPLE_KEY));
    return true;
  } catch {
    return false;
  }
}

/** @param {Bytes} publicKey @returns {Promise<CryptoKey>} */
async function importKey(publicKey) {
  try {
    return await ed25519Key(publicKey);
  } catch (error) {
    throw refused("this browser cannot check Ed25519 signatures (Chrome 137, Firefox 129 and later can)", error);
  }
}

/**
 * Return the id of the key that signed a manifest; null where it is unsigned and no keys are trusted.
 * @param {Bytes} manifest @param {Bytes | null} signature the content of manifest.sig
 * @param {readonly string[] | null} trusted public keys as base64; null where nobody is asked for
 * @returns {Promise<string | null>}
 * @throws {BundleError} for a forged or damaged signature, one of another key, and a missing one where keys are trusted
 */
export async function signerOf(manifest, signature, trusted) {
  if (!signature) {
    if (!trusted) return null;
    throw refused("missing, and only bundles of the trusted keys are accepted");
  }
  const { publicKey, signature: signed, keyId } = await readSignature(signature);
  const isTrusted = trusted?.some((key) => decoded(key, KEY_BYTES)?.every((byte, i) => byte === publicKey[i]));
  if (trusted && !isTrusted) throw refused(`signed by key ${keyId}, which is not among the trusted keys`);
  const key = await importKey(publicKey);
  if (await crypto.subtle.verify("Ed25519", key, signed, manifest)) return keyId;
  throw refused(`is not a signature of this manifest.json by key ${keyId}`);
}

/** Return whether a text is a raw Ed25519 public key as base64. @param {string} text */
export const isPublicKey = (text) => decoded(text, KEY_BYTES) !== null;
