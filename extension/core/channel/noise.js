// @ts-check
// Handshakes of the Noise Protocol Framework, revision 34, with AES-256-GCM and SHA-256 (docs/pairing.md). It mirrors server/trust/noise.py;
// contracts/vectors/channel.json holds the cases of both.
import { joined, toHex, utf8 } from "../../values/encoding.js";
import { EnvelopeError } from "../../values/errors.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {{publicKey: Bytes, sharedWith: (publicKey: Bytes) => Promise<Bytes>}} KeyPair `sharedWith` fails for what is not a key
 * @typedef {{name: string, publicBytes: number, generate: () => Promise<KeyPair>}} Curve
 * @typedef {"IK" | "XXpsk2"} Pattern
 * @typedef {object} Side one side of a handshake
 * @property {Pattern} pattern
 * @property {boolean} isInitiator
 * @property {string} prologue
 * @property {KeyPair} staticKey
 * @property {Bytes} [remoteStatic] where it is known before
 * @property {Bytes} [psk] 32 bytes; it may be set before the message that needs it
 * @property {KeyPair} [ephemeral] a fixed one for vectors; drawn where it is absent
 * @property {Curve} curve
 */

const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const EMPTY = new Uint8Array(0);

/** Messages in turn, the initiator's first. @type {Record<Pattern, string[][]>} */
const PATTERNS = {
  IK: [
    ["e", "es", "s", "ss"],
    ["e", "ee", "se"],
  ],
  XXpsk2: [["e"], ["e", "ee", "s", "es", "psk"], ["s", "se"]],
};

/** @param {Bytes} data @returns {Promise<Bytes>} */
const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

/** @param {Bytes} key @param {Bytes} data @returns {Promise<Bytes>} */
async function hmac(key, data) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

/** @param {Bytes} chainingKey @param {Bytes} material @param {number} count @returns {Promise<Bytes[]>} keys of 32 bytes */
async function hkdf(chainingKey, material, count) {
  const secret = await hmac(chainingKey, material);
  /** @type {Bytes[]} */
  const outputs = [];
  for (let counter = 1; counter <= count; counter += 1)
    outputs.push(await hmac(secret, joined(outputs.at(-1) ?? EMPTY, Uint8Array.of(counter))));
  return outputs;
}

/** @param {number} number @returns {{name: "AES-GCM", iv: Bytes}} */
function gcm(number) {
  const iv = new Uint8Array(NONCE_BYTES);
  new DataView(iv.buffer).setBigUint64(NONCE_BYTES - 8, BigInt(number));
  return { name: "AES-GCM", iv };
}

/** @param {Bytes} key @param {"encrypt" | "decrypt"} use */
const aesKey = (key, use) => crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);

/** Encrypt under a key with the nonce of a number. @param {Bytes} key @param {number} number @param {Bytes} plaintext @param {Bytes} [data] @returns {Promise<Bytes>} */
export async function seal(key, number, plaintext, data = EMPTY) {
  const how = { ...gcm(number), additionalData: data };
  return new Uint8Array(await crypto.subtle.encrypt(how, await aesKey(key, "encrypt"), plaintext));
}

/** Open what `seal` gave. @param {Bytes} key @param {number} number @param {Bytes} ciphertext @param {Bytes} [data] @returns {Promise<Bytes>} @throws {EnvelopeError} */
export async function unseal(key, number, ciphertext, data = EMPTY) {
  const how = { ...gcm(number), additionalData: data };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, await aesKey(key, "decrypt"), ciphertext));
  } catch {
    throw new EnvelopeError();
  }
}

/** One side of a handshake: it writes its messages and reads the other's, in turn. */
export class Handshake {
  /** @type {Bytes} */
  #hash = EMPTY;
  /** @type {Bytes} */
  #chainingKey = EMPTY;
  /** @type {Bytes | null} */
  #key = null;
  #number = 0;
  #position = 0;
  /** @type {Bytes} */
  #remoteEphemeral = EMPTY;
  #side;

  /** @param {Side} side @private */
  constructor(side) {
    this.#side = { ...side };
  }

  /** @param {Side} side @returns {Promise<Handshake>} */
  static async begin(side) {
    const handshake = new Handshake(side);
    await handshake.#begin();
    return handshake;
  }

  async #begin() {
    const { pattern, curve, prologue, isInitiator, staticKey, remoteStatic } = this.#side;
    const name = utf8(`Noise_${pattern}_${curve.name}_AESGCM_SHA256`);
    const start = name.length <= KEY_BYTES ? joined(name, new Uint8Array(KEY_BYTES - name.length)) : await sha256(name);
    this.#hash = this.#chainingKey = start;
    await this.#mixHash(utf8(prologue));
    const known = isInitiator ? remoteStatic : staticKey.publicKey;
    if (pattern === "IK") await this.#mixHash(/** @type {Bytes} */ (known));
  }

  /** The other side's static key, once it is known. @returns {Bytes | undefined} */
  get remoteStatic() {
    return this.#side.remoteStatic;
  }

  /** @param {Bytes} psk 32 bytes */
  set psk(psk) {
    this.#side.psk = psk;
  }

  /** @param {Bytes} data */
  async #mixHash(data) {
    this.#hash = await sha256(joined(this.#hash, data));
  }

  /** @param {Bytes} material */
  async #mixKey(material) {
    [this.#chainingKey, this.#key] = await hkdf(this.#chainingKey, material, 2);
    this.#number = 0;
  }

  /** @param {Bytes} publicKey */
  async #mixEphemeral(publicKey) {
    await this.#mixHash(publicKey);
    if (this.#side.pattern.includes("psk")) await this.#mixKey(publicKey);
  }

  /** Mix what a token of two letters names, the initiator's key first, or the key that both know. @param {string} token */
  async #mixSecret(token) {
    const { isInitiator, ephemeral, staticKey, psk, remoteStatic } = this.#side;
    if (token === "psk") {
      if (psk?.length !== KEY_BYTES) throw new TypeError("psk must have 32 bytes.");
      const [chainingKey, mixed, key] = await hkdf(this.#chainingKey, psk, 3);
      await this.#mixHash(mixed);
      [this.#chainingKey, this.#key, this.#number] = [chainingKey, key, 0];
      return;
    }
    const [own, other] = isInitiator ? token : [...token].reverse();
    const pair = own === "e" ? ephemeral : staticKey;
    const publicKey = other === "e" ? this.#remoteEphemeral : remoteStatic;
    if (!pair || !publicKey) throw new TypeError(`${token} before its keys are known.`);
    await this.#mixKey(await pair.sharedWith(publicKey));
  }

  /** @param {Bytes} plaintext @returns {Promise<Bytes>} */
  async #encrypted(plaintext) {
    const ciphertext = this.#key ? await seal(this.#key, this.#number, plaintext, this.#hash) : plaintext;
    this.#number += 1;
    await this.#mixHash(ciphertext);
    return ciphertext;
  }

  /** @param {Bytes} ciphertext @returns {Promise<Bytes>} */
  async #decrypted(ciphertext) {
    const plaintext = this.#key ? await unseal(this.#key, this.#number, ciphertext, this.#hash) : ciphertext;
    this.#number += 1;
    await this.#mixHash(ciphertext);
    return plaintext;
  }

  /** Return the next message, which is this side's. @param {Bytes} [payload] @returns {Promise<Bytes>} */
  async write(payload = EMPTY) {
    const side = this.#side;
    /** @type {Bytes[]} */
    const parts = [];
    for (const token of PATTERNS[side.pattern][this.#position]) {
      if (token === "e") {
        side.ephemeral ??= await side.curve.generate();
        parts.push(side.ephemeral.publicKey);
        await this.#mixEphemeral(side.ephemeral.publicKey);
      } else if (token === "s") parts.push(await this.#encrypted(side.staticKey.publicKey));
      else await this.#mixSecret(token);
    }
    this.#position += 1;
    return joined(...parts, await this.#encrypted(payload));
  }

  /** Return the payload of the other side's message. @param {Bytes} message @returns {Promise<Bytes>} @throws {EnvelopeError} for every reason alike */
  async read(message) {
    const { pattern, curve } = this.#side;
    let rest = message;
    const cut = (/** @type {number} */ length) => {
      if (rest.length < length) throw new EnvelopeError();
      const part = rest.slice(0, length);
      rest = rest.slice(length);
      return part;
    };
    for (const token of PATTERNS[pattern][this.#position]) {
      if (token === "e") {
        this.#remoteEphemeral = cut(curve.publicBytes);
        await this.#mixEphemeral(this.#remoteEphemeral);
      } else if (token === "s") {
        this.#side.remoteStatic = await this.#decrypted(cut(curve.publicBytes + (this.#key ? TAG_BYTES : 0)));
      } else await this.#mixSecret(token);
    }
    this.#position += 1;
    return this.#decrypted(rest);
  }

  /** Return the keys for what follows, the initiator's first. @returns {Promise<Bytes[]>} */
  async split() {
    if (this.#position !== PATTERNS[this.#side.pattern].length) throw new TypeError("split before the last message.");
    return hkdf(this.#chainingKey, EMPTY, 2);
  }
}

/** Return the first 16 hexadecimal digits of the SHA-256 of a public key. @param {Bytes} publicKey @returns {Promise<string>} */
export const fingerprintOf = async (publicKey) => toHex(await sha256(publicKey)).slice(0, 16);
