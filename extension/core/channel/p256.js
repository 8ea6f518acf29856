// @ts-check
// Key pairs on P-256 of Web Crypto, which Chromium 130 has; X25519 it has from 133 on.
import { EnvelopeError } from "../../values/errors.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("./noise.js").KeyPair} KeyPair
 */

const ALGORITHM = { name: "ECDH", namedCurve: "P-256" };
const SHARED_BITS = 256;
const PUBLIC_BYTES = 65;

/** @param {CryptoKey} privateKey @param {Bytes} publicKey @returns {KeyPair} */
const pairOf = (privateKey, publicKey) => ({
  publicKey,
  async sharedWith(other) {
    try {
      const imported = await crypto.subtle.importKey("raw", other, ALGORITHM, false, []);
      return new Uint8Array(
        await crypto.subtle.deriveBits({ name: "ECDH", public: imported }, privateKey, SHARED_BITS),
      );
    } catch {
      // Not a point on the curve, or not written as one.
      throw new EnvelopeError();
    }
  },
});

/** @param {CryptoKey} key @returns {Promise<Bytes>} */
const rawOf = async (key) => new Uint8Array(await crypto.subtle.exportKey("raw", key));

/** @type {import("./noise.js").Curve} */
export const P256 = {
  name: "P256",
  publicBytes: PUBLIC_BYTES,
  async generate() {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, false, ["deriveBits"]);
    return pairOf(privateKey, await rawOf(publicKey));
  },
};

/** Make a key pair that can be kept. @returns {Promise<{pair: KeyPair, jwk: JsonWebKey}>} */
export async function newKeptPair() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, true, ["deriveBits"]);
  return { pair: pairOf(privateKey, await rawOf(publicKey)), jwk: await crypto.subtle.exportKey("jwk", privateKey) };
}

/** Return a key pair that was kept. @param {JsonWebKey} jwk the private key @returns {Promise<KeyPair>} */
export async function keptPair(jwk) {
  const { kty, crv, x, y } = jwk;
  const privateKey = await crypto.subtle.importKey("jwk", jwk, ALGORITHM, false, ["deriveBits"]);
  const publicKey = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, ALGORITHM, true, []);
  return pairOf(privateKey, await rawOf(publicKey));
}
