// @ts-check
// The authenticated index of docs/envelope.md as bytes: ids, pages and root. No cryptography and no storage.
import { EnvelopeError } from "../../values/errors.js";
import { fromHex, toHex } from "../../values/encoding.js";
import { SEAL_DIGITS } from "../envelope.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {{isPart: boolean, seal: Bytes}} Listed an entry of a page
 * @typedef {Map<string, Listed>} Page by record id
 * @typedef {{counter: number, fingerprint: string, seals: string[]}} Root seals of the pages 0 to f, and the key's fingerprint, in hexadecimal
 */

export const FORMAT = 2;
/** The pages by name: the first digit of the ids that they list. */
export const PAGES = [..."0123456789abcdef"];
export const ROOT = "root";
const ID_LENGTH = 16;
const SEAL_LENGTH = SEAL_DIGITS / 2;
const ENTRY_LENGTH = ID_LENGTH + 1 + SEAL_LENGTH;
const FINGERPRINT_LENGTH = 16;
const SEALS_AT = 1 + 8 + FINGERPRINT_LENGTH;
const ROOT_LENGTH = SEALS_AT + PAGES.length * SEAL_LENGTH;
const KIND = /^[a-z][a-z_]{0,31}$/;

/** Ids of the records that exist once: the first 32 digits of SHA-256("carryover record " ‖ name). @type {Record<string, string>} */
const NAMED = {
  settings: "fcf6ab36513de9fd8f15607a9033cfd0",
  shop_means: "d2f08015ceb55ef686106205d8cea481",
  pack_list: "a7f0b65a9e88c6e814c783d863e132e9",
};
const NAMES = new Map(Object.entries(NAMED).map(([name, id]) => [id, name]));

/** Return whether a value read from a store is a record id. @param {unknown} id @returns {id is string} */
export const isRecordId = (id) => typeof id === "string" && /^[0-9a-f]{32}$/.test(id);

/** Return whether a value read from a store is a kind of records. @param {unknown} kind @returns {kind is string} */
export const isKind = (kind) => typeof kind === "string" && KIND.test(kind) && kind !== "index" && kind !== "lock";

/** Return the record id of a name, or the id that it is. @param {string} id @returns {string} @throws {RangeError} */
export function recordIdOf(id) {
  const found = Object.hasOwn(NAMED, id) ? NAMED[id] : id;
  if (!isRecordId(found)) throw new RangeError(`Expected an id of 32 hexadecimal digits or a known name, got ${id}.`);
  return found;
}

/** Return the name of a record that exists once, else its id. @param {string} id @returns {string} */
export const nameOf = (id) => NAMES.get(id) ?? id;

/** @param {Page} page @returns {Bytes} */
export function encodePage(page) {
  const bytes = new Uint8Array(page.size * ENTRY_LENGTH);
  [...page.keys()].sort().forEach((id, i) => {
    const { isPart, seal } = /** @type {Listed} */ (page.get(id));
    const at = i * ENTRY_LENGTH;
    bytes.set(fromHex(id), at);
    bytes[at + ID_LENGTH] = Number(isPart);
    bytes.set(seal, at + ID_LENGTH + 1);
  });
  return bytes;
}

/** @param {Bytes} bytes @param {string} name of the page @returns {Page} @throws {EnvelopeError} where the bytes are not a page of this name */
export function decodePage(bytes, name) {
  if (bytes.length % ENTRY_LENGTH !== 0) throw new EnvelopeError();
  /** @type {Page} */
  const page = new Map();
  let before = "";
  for (let at = 0; at < bytes.length; at += ENTRY_LENGTH) {
    const id = toHex(bytes.subarray(at, at + ID_LENGTH));
    const place = bytes[at + ID_LENGTH];
    if (id[0] !== name || id <= before || place > 1) throw new EnvelopeError();
    page.set(id, { isPart: place === 1, seal: bytes.subarray(at + ID_LENGTH + 1, at + ENTRY_LENGTH) });
    before = id;
  }
  return page;
}

/** @param {Root} root @returns {Bytes} */
export function encodeRoot({ counter, fingerprint, seals }) {
  const bytes = new Uint8Array(ROOT_LENGTH);
  bytes[0] = FORMAT;
  new DataView(bytes.buffer).setBigUint64(1, BigInt(counter));
  bytes.set(fromHex(fingerprint), 9);
  bytes.set(fromHex(seals.join("")), SEALS_AT);
  return bytes;
}

/** @param {Bytes} bytes @returns {Root} @throws {EnvelopeError} where the bytes are not a root */
export function decodeRoot(bytes) {
  if (bytes.length !== ROOT_LENGTH || bytes[0] !== FORMAT) throw new EnvelopeError();
  const counter = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(1));
  if (!Number.isSafeInteger(counter) || counter < 1) throw new EnvelopeError();
  const digits = toHex(bytes.subarray(SEALS_AT));
  const seals = PAGES.map((_, i) => digits.slice(i * SEAL_DIGITS, (i + 1) * SEAL_DIGITS));
  return { counter, fingerprint: toHex(bytes.subarray(9, SEALS_AT)), seals };
}
