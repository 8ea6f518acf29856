// @ts-check
// The channel to the shopper's own server, which proves its pinned key before anything is sent (docs/pairing.md).
import { utf8 } from "../../values/encoding.js";
import { EnvelopeError, ServerError } from "../../values/errors.js";
import { openedAnswer, sealedRequest } from "./frames.js";
import { Handshake } from "./noise.js";
import { P256, keptPair } from "./p256.js";
import { codeIn } from "./transport.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("./noise.js").KeyPair} KeyPair
 * @typedef {{ticket: Bytes, sending: Bytes, receiving: Bytes, until: number, number: number}} Session
 * @typedef {{serverKey: Bytes, jwk: JsonWebKey}} Paired
 * @typedef {object} Asked
 * @property {string} method
 * @property {string} path
 * @property {Bytes | string} [body]
 * @property {Record<string, string>} [headers]
 * @typedef {(asked: Asked) => Promise<Response>} Ask
 */

const PROLOGUE = "carryover channel 1";
/** A little less than a ticket is valid. */
const FRESH_MS = 9 * 60_000;
const OK = 200;
const EXPIRED = 401;
const NO_CONTENT = [204, 205, 304];

/** @param {string} base @returns {ServerError} */
const changed = (base) =>
  new ServerError(
    "server_changed",
    `Whoever answers at ${base} is not the server that you paired. Nothing about you was sent. If you set the server up anew, pair it again in the options.`,
  );

/** @param {string} base @returns {ServerError} */
const forgot = (base) =>
  new ServerError("server_forgot", `The server at ${base} does not know this browser. Pair it again in the options.`);

/**
 * Return a function that asks a paired server. Each of its processes ends at the latest after ten minutes, and in any case with the worker: keys
 * are in memory only.
 * @param {object} parts
 * @param {string} parts.baseUrl
 * @param {Paired} parts.paired
 * @param {import("./transport.js").Transport} parts.transport
 * @param {() => number} parts.now milliseconds since 1970
 * @returns {Ask} which fails with server_changed, server_forgot, server_unreachable or server_error
 */
export function createChannel({ baseUrl, paired, transport, now }) {
  /** @type {Promise<Session> | undefined} */
  let session;

  /** @returns {Promise<Session>} */
  async function opened() {
    const staticKey = await keptPair(paired.jwk);
    const side = { staticKey, remoteStatic: paired.serverKey, curve: P256, prologue: PROLOGUE };
    const handshake = await Handshake.begin({ ...side, pattern: "IK", isInitiator: true });
    const answer = await transport("/v1/channel", await handshake.write());
    if (answer.status !== OK) throw codeIn(answer) === "unknown_device" ? forgot(baseUrl) : changed(baseUrl);
    const ticket = await proven(handshake.read(answer.body));
    const [sending, receiving] = await handshake.split();
    return { ticket, sending, receiving, until: now() + FRESH_MS, number: 0 };
  }

  /** @template T @param {Promise<T>} reading of what only the paired server can have written @returns {Promise<T>} */
  async function proven(reading) {
    try {
      return await reading;
    } catch (error) {
      if (error instanceof EnvelopeError || error instanceof SyntaxError) throw changed(baseUrl);
      throw error;
    }
  }

  /** @returns {Promise<Session>} */
  async function current() {
    const before = session;
    const kept = await before?.catch(() => undefined);
    if (kept && kept.until > now()) return kept;
    // Another request may have begun a new one meanwhile.
    if (session === before || !session) session = opened();
    return session;
  }

  /** @param {Asked} asked @param {boolean} isAgain @returns {Promise<Response>} */
  async function ask(asked, isAgain) {
    const { method, path, body = "", headers = {} } = asked;
    const keys = await current();
    const number = keys.number;
    keys.number += 1;
    const bytes = typeof body === "string" ? utf8(body) : body;
    const request = await sealedRequest(keys, number, { method, path, headers }, bytes);
    const told = { method, path, body: typeof body === "string" ? body : "" };
    const answer = await transport("/v1/channel/request", request, told);
    if (answer.status === EXPIRED && !isAgain) {
      session = undefined;
      return ask(asked, true);
    }
    if (answer.status !== OK) {
      session = undefined;
      throw new ServerError("server_error", `The server answered ${answer.status} to ${baseUrl}${path}.`);
    }
    const { head, body: content } = await proven(openedAnswer(keys.receiving, request, answer.body));
    return new Response(NO_CONTENT.includes(head.status) ? null : content, {
      status: head.status,
      headers: head.headers,
    });
  }

  return (asked) => ask(asked, false);
}
