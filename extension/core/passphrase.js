// @ts-check
// Keys from passphrases, for the locks of the store (docs/envelope.md) and the file to another browser (docs/sync.md).
import { fromBase64, toBase64, utf8 } from "../values/encoding.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {{name: "argon2id", memoryKiB: number, iterations: number, parallelism: number, salt: string}} Argon2id
 * @typedef {{name: "pbkdf2-sha256", iterations: number, salt: string}} Pbkdf2
 * @typedef {Argon2id | Pbkdf2} Kdf `salt` is base64
 * @typedef {(options: {password: Bytes, salt: Bytes, memorySize: number, iterations: number, parallelism: number, hashLength: number, outputType: "binary"}) => Promise<Uint8Array>} Argon2
 */

const ARGON2ID = /** @type {const} */ ({ name: "argon2id", memoryKiB: 65_536, iterations: 3, parallelism: 1 });
const PBKDF2 = /** @type {const} */ ({ name: "pbkdf2-sha256", iterations: 600_000 });
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const MIN_CHARACTERS = 8;
const MAX_BYTES = 1024;

/** @param {unknown} value @param {number} from @param {number} to */
const isWithin = (value, from, to) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to;

/** @returns {string} a new salt as base64 */
export const newSalt = () => toBase64(crypto.getRandomValues(new Uint8Array(SALT_BYTES)));

/** Return whether a salt that was read has its form. @param {unknown} salt @returns {boolean} */
export const isSalt = (salt) => typeof salt === "string" && /^[A-Za-z0-9+/]{22}==$/.test(salt);

/** Return whether a key derivation that was read takes neither the device's memory nor its time, and protects. @param {unknown} read @returns {read is Kdf} */
export function isKdf(read) {
  const kdf = /** @type {Record<string, unknown>} */ (typeof read === "object" && read !== null ? read : {});
  const isBounded =
    (kdf.name === "pbkdf2-sha256" && isWithin(kdf.iterations, 100_000, 10_000_000)) ||
    (kdf.name === "argon2id" &&
      isWithin(kdf.memoryKiB, 8192, 262_144) &&
      isWithin(kdf.iterations, 1, 16) &&
      isWithin(kdf.parallelism, 1, 4));
  return isBounded && isSalt(kdf.salt);
}

/** @param {string} passphrase @returns {Bytes} as it was typed, for opening */
export const typedBytes = (passphrase) => utf8(passphrase.normalize("NFKC"));

/** @param {string} passphrase @returns {Bytes} of one that is chosen @throws {CarryoverError} passphrase_unfit */
export function passphraseBytes(passphrase) {
  const bytes = typedBytes(passphrase);
  if ([...passphrase.normalize("NFKC")].length < MIN_CHARACTERS || bytes.length > MAX_BYTES)
    throw new CarryoverError("passphrase_unfit", `Expected a passphrase of at least ${MIN_CHARACTERS} characters.`);
  return bytes;
}

/**
 * Return the key that a passphrase gives.
 * @param {Kdf} kdf checked by `isKdf` @param {Bytes} secret @param {Argon2 | null} argon2 null where it cannot be loaded
 * @returns {Promise<CryptoKey>} @throws {CarryoverError} argon2_missing
 */
export async function keyFrom(kdf, secret, argon2) {
  const salt = fromBase64(kdf.salt);
  if (kdf.name === "argon2id") {
    const { memoryKiB: memorySize, iterations, parallelism } = kdf;
    const cost = { memorySize, iterations, parallelism, hashLength: KEY_BYTES };
    // Where WebAssembly is not allowed, or the memory is not to be had, it fails.
    const bytes = await argon2?.({ ...cost, password: secret, salt, outputType: "binary" }).catch(console.warn);
    if (!bytes) throw new CarryoverError("argon2_missing", "Expected Argon2id, which cannot run here.");
    return crypto.subtle.importKey("raw", new Uint8Array(bytes), "AES-GCM", false, ["encrypt", "decrypt"]);
  }
  const base = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: kdf.iterations };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/**
 * Return a new key of a passphrase: by Argon2id, or by PBKDF2 where WebAssembly cannot be loaded.
 * @param {Bytes} secret @param {Argon2 | null} argon2
 * @returns {Promise<{kdf: Kdf, key: CryptoKey}>}
 */
export async function newKeyFrom(secret, argon2) {
  /** @param {typeof ARGON2ID | typeof PBKDF2} how */
  const made = async (how) => {
    const kdf = { ...how, salt: newSalt() };
    return { kdf, key: await keyFrom(kdf, secret, argon2) };
  };
  return argon2 ? made(ARGON2ID).catch(() => made(PBKDF2)) : made(PBKDF2);
}
