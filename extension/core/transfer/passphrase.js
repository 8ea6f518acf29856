// @ts-check
// Keys from passphrases, with the parameters of the store's locks (docs/envelope.md, docs/sync.md).
import { fromBase64, toBase64, utf8 } from "../../values/encoding.js";
import { CarryoverError } from "../../values/errors.js";
import { unreadable } from "./gzip.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {{name: "argon2id", memoryKiB: number, iterations: number, parallelism: number, salt: string}} Argon2id
 * @typedef {{name: "pbkdf2-sha256", iterations: number, salt: string}} Pbkdf2
 * @typedef {Argon2id | Pbkdf2} Kdf `salt` is base64
 * @typedef {typeof import("../../vendor/argon2.mjs").argon2id} Argon2
 */

const ARGON2ID = /** @type {const} */ ({ name: "argon2id", memoryKiB: 65_536, iterations: 3, parallelism: 1 });
const PBKDF2 = /** @type {const} */ ({ name: "pbkdf2-sha256", iterations: 600_000 });
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const MIN_CHARACTERS = 8;
const MAX_BYTES = 1024;

/** @param {unknown} value @param {number} from @param {number} to */
const isWithin = (value, from, to) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to;

/** Return a key derivation as it was read, refused where it would take the device's memory or time, or protect nothing. @param {unknown} read @returns {Kdf} @throws {CarryoverError} */
export function checkedKdf(read) {
  const kdf = /** @type {Record<string, unknown>} */ (typeof read === "object" && read !== null ? read : {});
  const isGood =
    (kdf.name === "pbkdf2-sha256" && isWithin(kdf.iterations, 100_000, 10_000_000)) ||
    (kdf.name === "argon2id" &&
      isWithin(kdf.memoryKiB, 8192, 262_144) &&
      isWithin(kdf.iterations, 1, 16) &&
      isWithin(kdf.parallelism, 1, 4));
  if (!isGood || typeof kdf.salt !== "string" || !/^[A-Za-z0-9+/]{22}==$/.test(kdf.salt)) throw unreadable();
  return /** @type {Kdf} */ (read);
}

/** @param {string} passphrase @returns {Bytes} @throws {CarryoverError} passphrase_unfit */
export function passphraseBytes(passphrase) {
  const normal = passphrase.normalize("NFKC");
  const bytes = utf8(normal);
  if ([...normal].length < MIN_CHARACTERS || bytes.length > MAX_BYTES)
    throw new CarryoverError("passphrase_unfit", `Expected a passphrase of at least ${MIN_CHARACTERS} characters.`);
  return bytes;
}

/**
 * Return the key that a passphrase gives.
 * @param {Kdf} kdf @param {Bytes} secret @param {Argon2 | null} argon2
 * @returns {Promise<CryptoKey>}
 */
export async function keyFrom(kdf, secret, argon2) {
  const salt = fromBase64(kdf.salt);
  if (kdf.name === "argon2id") {
    if (!argon2) throw new CarryoverError("argon2_missing", "Expected Argon2id, which cannot be loaded here.");
    const { memoryKiB: memorySize, iterations, parallelism } = kdf;
    const cost = { memorySize, iterations, parallelism, hashLength: KEY_BYTES };
    const bytes = await argon2({ ...cost, password: secret, salt, outputType: "binary" });
    return crypto.subtle.importKey("raw", new Uint8Array(bytes), "AES-GCM", false, ["encrypt", "decrypt"]);
  }
  const base = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: kdf.iterations };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** Return a new key derivation, with Argon2id where it can be had. @param {Argon2 | null} argon2 @returns {Kdf} */
export const newKdf = (argon2) => ({
  ...(argon2 ? ARGON2ID : PBKDF2),
  salt: toBase64(crypto.getRandomValues(new Uint8Array(SALT_BYTES))),
});
