// @ts-check
// What travels inside the channel: requests and answers, filled up so that their length tells little (docs/pairing.md).
import { joined, utf8 } from "../../values/encoding.js";
import { EnvelopeError } from "../../values/errors.js";
import { seal, unseal } from "./noise.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {{method: string, path: string, headers: Record<string, string>}} RequestHead
 * @typedef {{status: number, headers: Record<string, string>}} AnswerHead
 */

const STEP = 16_384;
const LENGTH_BYTES = 4;
const SALT_BYTES = 32;
const INFO = utf8("carryover answer 1");

/** @param {object} head @param {Bytes} body @returns {Bytes} */
export function framed(head, body) {
  const text = utf8(JSON.stringify({ ...head, length: body.length }));
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, text.length);
  const size = LENGTH_BYTES + text.length + body.length;
  return joined(length, text, body, new Uint8Array(Math.ceil(size / STEP) * STEP - size));
}

/** @param {Bytes} frame @returns {{head: RequestHead & AnswerHead, body: Bytes}} @throws {EnvelopeError} where it is none */
export function unframed(frame) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const start = LENGTH_BYTES + (frame.length >= LENGTH_BYTES ? view.getUint32(0) : frame.length);
  if (start > frame.length) throw new EnvelopeError();
  const { length, ...head } = JSON.parse(new TextDecoder().decode(frame.subarray(LENGTH_BYTES, start)));
  if (!Number.isInteger(length) || length < 0 || start + length > frame.length) throw new EnvelopeError();
  return { head, body: frame.slice(start, start + length) };
}

/** @param {Bytes} key @param {Bytes} salt @param {Bytes} request @returns {Promise<Bytes>} the key of the answer to one request */
async function answerKey(key, salt, request) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", request));
  const base = await crypto.subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info: joined(INFO, hash) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, base, 256));
}

/**
 * Return the body of a request through the channel.
 * @param {{ticket: Bytes, sending: Bytes}} keys @param {number} number @param {RequestHead} head @param {Bytes} body
 * @returns {Promise<Bytes>}
 */
export async function sealedRequest({ ticket, sending }, number, head, body) {
  const front = new Uint8Array(2 + ticket.length + 8);
  const view = new DataView(front.buffer);
  view.setUint16(0, ticket.length);
  front.set(ticket, 2);
  view.setBigUint64(2 + ticket.length, BigInt(number));
  return joined(front, await seal(sending, number, framed(head, body)));
}

/**
 * Open the answer to a request.
 * @param {Bytes} receiving the key of answers @param {Bytes} request as it was sent @param {Bytes} answer
 * @returns {Promise<{head: AnswerHead, body: Bytes}>} @throws {EnvelopeError} where it is not the answer to this request
 */
export async function openedAnswer(receiving, request, answer) {
  const key = await answerKey(receiving, answer.slice(0, SALT_BYTES), request);
  return unframed(await unseal(key, 0, answer.slice(SALT_BYTES)));
}

/** Return an answer as a server gives it. @param {Bytes} sending @param {Bytes} salt @param {Bytes} request @param {AnswerHead} head @param {Bytes} body */
export async function sealedAnswer(sending, salt, request, head, body) {
  return joined(salt, await seal(await answerKey(sending, salt, request), 0, framed(head, body)));
}
