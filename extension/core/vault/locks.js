// @ts-check
// Locks: a data key wrapped by what a passphrase or a recovery code makes (docs/envelope.md).
import { CarryoverError, EnvelopeError } from "../../values/errors.js";
import { fromBase64, toBase64, utf8 } from "../../values/encoding.js";
import { decrypt, encrypt } from "../envelope.js";
import { codeBytes, codeText, newCode } from "./recovery-code.js";
import { damaged } from "./reading.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {{name: "argon2id", memoryKiB: number, iterations: number, parallelism: number, salt: string}} Argon2id
 * @typedef {{name: "pbkdf2-sha256", iterations: number, salt: string}} Pbkdf2
 * @typedef {{name: "hkdf-sha256", salt: string}} Hkdf
 * @typedef {Argon2id | Pbkdf2 | Hkdf} Kdf `salt` is base64
 * @typedef {{kind: "passphrase" | "recovery", kdf: Kdf, envelope: Bytes}} Lock
 * @typedef {{profileId: string, fingerprint: string}} Owner whose key a lock holds
 * @typedef {(options: {password: Bytes, salt: Bytes, memorySize: number, iterations: number, parallelism: number, hashLength: number, outputType: "binary"}) => Promise<Uint8Array>} Argon2
 */

const ARGON2ID = /** @type {const} */ ({ name: "argon2id", memoryKiB: 65_536, iterations: 3, parallelism: 1 });
const PBKDF2 = /** @type {const} */ ({ name: "pbkdf2-sha256", iterations: 600_000 });
const HKDF = /** @type {const} */ ({ name: "hkdf-sha256" });
const HKDF_INFO = utf8("carryover recovery");
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const MIN_CHARACTERS = 8;
const MAX_BYTES = 1024;

/** Stand in for Argon2id where nobody handed it in, as where WebAssembly cannot be loaded. @type {Argon2} */
async function noArgon2() {
  throw new CarryoverError("argon2_missing", "Expected Argon2id, which cannot be loaded here.");
}

/** @param {number} value @param {number} from @param {number} to */
const isWithin = (value, from, to) => Number.isInteger(value) && value >= from && value <= to;

/** Refuse parameters that would take the device's memory or time, or protect nothing. @param {Kdf} kdf read from a store @throws {CarryoverError} */
function assertBounds(kdf) {
  const isGood =
    kdf.name === "hkdf-sha256" ||
    (kdf.name === "pbkdf2-sha256" && isWithin(kdf.iterations, 100_000, 10_000_000)) ||
    (kdf.name === "argon2id" &&
      isWithin(kdf.memoryKiB, 8192, 262_144) &&
      isWithin(kdf.iterations, 1, 16) &&
      isWithin(kdf.parallelism, 1, 4));
  if (!isGood || typeof kdf.salt !== "string") throw damaged();
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
 * Return the key that wraps a data key.
 * @param {Kdf} kdf @param {Bytes} secret @param {Argon2} argon2
 * @returns {Promise<CryptoKey>}
 */
async function wrappingKey(kdf, secret, argon2) {
  assertBounds(kdf);
  const salt = fromBase64(kdf.salt);
  const aes = { name: "AES-GCM", length: 256 };
  if (kdf.name === "argon2id") {
    const { memoryKiB: memorySize, iterations, parallelism } = kdf;
    const cost = { memorySize, iterations, parallelism };
    const bytes = await argon2({ password: secret, salt, ...cost, hashLength: KEY_BYTES, outputType: "binary" });
    return crypto.subtle.importKey("raw", new Uint8Array(bytes), "AES-GCM", false, ["encrypt", "decrypt"]);
  }
  const isPbkdf2 = kdf.name === "pbkdf2-sha256";
  const base = await crypto.subtle.importKey("raw", secret, isPbkdf2 ? "PBKDF2" : "HKDF", false, ["deriveKey"]);
  const how = isPbkdf2 ? { name: "PBKDF2", iterations: kdf.iterations } : { name: "HKDF", info: HKDF_INFO };
  return crypto.subtle.deriveKey({ ...how, hash: "SHA-256", salt }, base, aes, false, ["encrypt", "decrypt"]);
}

/** @param {Lock["kind"]} kind @param {Owner} owner */
const bindingOf = (kind, { profileId, fingerprint }) => ({ profileId, purpose: `lock/${kind}/${fingerprint}` });

/**
 * Make the locks of a data key: one for a passphrase, and one for a new recovery code.
 * @param {Bytes} keyBytes @param {string} passphrase @param {Owner} owner
 * @param {{argon2?: Argon2}} [options]
 * @returns {Promise<{locks: Lock[], code: string}>} the code as the shopper reads it
 * @throws {CarryoverError} passphrase_unfit
 */
export async function makeLocks(keyBytes, passphrase, owner, { argon2 = noArgon2 } = {}) {
  const secret = passphraseBytes(passphrase);
  const code = newCode();
  /** @param {Lock["kind"]} kind @param {typeof ARGON2ID | typeof PBKDF2 | typeof HKDF} how @param {Bytes} from @returns {Promise<Lock>} */
  async function made(kind, how, from) {
    const kdf = { ...how, salt: toBase64(crypto.getRandomValues(new Uint8Array(SALT_BYTES))) };
    const key = await wrappingKey(kdf, from, argon2);
    return { kind, kdf, envelope: await encrypt(key, keyBytes, bindingOf(kind, owner)) };
  }
  const first = await made("passphrase", ARGON2ID, secret).catch(() => made("passphrase", PBKDF2, secret));
  return { locks: [first, await made("recovery", HKDF, code)], code: codeText(code) };
}

/**
 * Open a lock.
 * @param {Lock} lock @param {string} secret a passphrase, or a code where the lock is of that kind
 * @param {Owner} owner @param {{argon2?: Argon2}} [options]
 * @returns {Promise<Bytes>} the bytes of the data key
 * @throws {EnvelopeError} where the secret is not the lock's
 */
export async function openLock(lock, secret, owner, { argon2 = noArgon2 } = {}) {
  const bytes = lock.kind === "recovery" ? codeBytes(secret) : utf8(secret.normalize("NFKC"));
  if (!bytes || bytes.length === 0) throw new EnvelopeError();
  const key = await wrappingKey(lock.kdf, bytes, argon2);
  const keyBytes = await decrypt(key, lock.envelope, bindingOf(lock.kind, owner));
  if (keyBytes.length !== KEY_BYTES) throw new EnvelopeError();
  return keyBytes;
}

/**
 * Open whichever of several locks a secret fits: the code's first, which takes no time.
 * @param {Lock[]} locks @param {string} secret @param {Owner} owner @param {{argon2?: Argon2}} [options]
 * @returns {Promise<Bytes | null>} null where it fits none
 */
export async function openAnyLock(locks, secret, owner, options) {
  for (const kind of /** @type {const} */ (["recovery", "passphrase"]))
    for (const lock of locks.filter((one) => one.kind === kind))
      try {
        return await openLock(lock, secret, owner, options);
      } catch (error) {
        if (!(error instanceof EnvelopeError)) throw error;
      }
  return null;
}
