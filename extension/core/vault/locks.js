// @ts-check
// Locks: a data key wrapped by what a passphrase or a recovery code makes (docs/envelope.md).
import { bytesOfCode, textOfCode } from "../../values/codes.js";
import { fromBase64, utf8 } from "../../values/encoding.js";
import { EnvelopeError } from "../../values/errors.js";
import { decrypt, encrypt } from "../envelope.js";
import { isKdf, isSalt, keyFrom, newKeyFrom, newSalt, passphraseBytes, typedBytes } from "../passphrase.js";
import { damaged } from "./reading.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("../passphrase.js").Argon2} Argon2
 * @typedef {{name: "hkdf-sha256", salt: string}} Hkdf `salt` is base64
 * @typedef {import("../passphrase.js").Kdf | Hkdf} Kdf
 * @typedef {{kind: "passphrase" | "recovery", kdf: Kdf, envelope: Bytes}} Lock
 * @typedef {{profileId: string, fingerprint: string}} Owner whose key a lock holds
 */

const HKDF_INFO = utf8("carryover recovery");
const KEY_BYTES = 32;
/** Of a recovery code: 160 random bits. */
const CODE_BYTES = 20;

/** @param {Bytes} code of the recovery @param {Hkdf} kdf @returns {Promise<CryptoKey>} */
async function recoveryKey(code, { salt }) {
  const base = await crypto.subtle.importKey("raw", code, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: fromBase64(salt), info: HKDF_INFO };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/**
 * Return the key that wraps a data key.
 * @param {Kdf} kdf read from a store @param {Bytes} secret @param {Argon2 | null} argon2
 * @returns {Promise<CryptoKey>}
 * @throws {import("../../values/errors.js").CarryoverError} store_damaged, where its parameters would take the device's memory or time, or protect nothing
 */
async function wrappingKey(kdf, secret, argon2) {
  if (kdf.name === "hkdf-sha256" && isSalt(kdf.salt)) return recoveryKey(secret, kdf);
  if (!isKdf(kdf)) throw damaged();
  return keyFrom(kdf, secret, argon2);
}

/** @param {Lock["kind"]} kind @param {Owner} owner */
const bindingOf = (kind, { profileId, fingerprint }) => ({ profileId, purpose: `lock/${kind}/${fingerprint}` });

/**
 * Make the locks of a data key: one for a passphrase, and one for a new recovery code.
 * @param {Bytes} keyBytes @param {string} passphrase @param {Owner} owner
 * @param {{argon2?: Argon2 | null}} [options] `argon2` null where it cannot be loaded
 * @returns {Promise<{locks: Lock[], code: string}>} the code as the shopper reads it
 * @throws {CarryoverError} passphrase_unfit
 */
export async function makeLocks(keyBytes, passphrase, owner, { argon2 = null } = {}) {
  const code = crypto.getRandomValues(new Uint8Array(CODE_BYTES));
  /** @param {Lock["kind"]} kind @param {{kdf: Kdf, key: CryptoKey}} made @returns {Promise<Lock>} */
  const lockOf = async (kind, { kdf, key }) => ({
    kind,
    kdf,
    envelope: await encrypt(key, keyBytes, bindingOf(kind, owner)),
  });
  /** @type {Hkdf} */
  const kdf = { name: "hkdf-sha256", salt: newSalt() };
  const locks = [
    await lockOf("passphrase", await newKeyFrom(passphraseBytes(passphrase), argon2)),
    await lockOf("recovery", { kdf, key: await recoveryKey(code, kdf) }),
  ];
  return { locks, code: textOfCode(code) };
}

/**
 * Open a lock.
 * @param {Lock} lock @param {string} secret a passphrase, or a code where the lock is of that kind
 * @param {Owner} owner @param {{argon2?: Argon2 | null}} [options]
 * @returns {Promise<Bytes>} the bytes of the data key
 * @throws {EnvelopeError} where the secret is not the lock's
 */
export async function openLock(lock, secret, owner, { argon2 = null } = {}) {
  const bytes = lock.kind === "recovery" ? bytesOfCode(secret, CODE_BYTES) : typedBytes(secret);
  if (!bytes || bytes.length === 0) throw new EnvelopeError();
  const key = await wrappingKey(lock.kdf, bytes, argon2);
  const keyBytes = await decrypt(key, lock.envelope, bindingOf(lock.kind, owner));
  if (keyBytes.length !== KEY_BYTES) throw new EnvelopeError();
  return keyBytes;
}

/**
 * Open whichever of several locks a secret fits: the code's first, which takes no time.
 * @param {Lock[]} locks @param {string} secret @param {Owner} owner @param {{argon2?: Argon2 | null}} [options]
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
