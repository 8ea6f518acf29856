// @ts-check
// The server's side of pairing and channel (docs/pairing.md), for a fake server behind `fetch`.
import { stretched } from "../../../extension/core/channel/code.js";
import { codeOf } from "../../../extension/values/codes.js";
import { sealedAnswer, unframed } from "../../../extension/core/channel/frames.js";
import { Handshake, seal, unseal } from "../../../extension/core/channel/noise.js";
import { P256 } from "../../../extension/core/channel/p256.js";
import { joined, toHex, utf8 } from "../../../extension/values/encoding.js";
import { EnvelopeError } from "../../../extension/values/errors.js";

/** @typedef {import("../../../extension/values/encoding.js").Bytes} Bytes */

/** @param {number} status @param {string} code */
const problem = (status, code) =>
  Response.json(
    { code, detail: "As the server says it." },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
const random = (/** @type {number} */ length) => crypto.getRandomValues(new Uint8Array(length));

/**
 * @param {(method: string, path: string, headers: Record<string, string>, body: Bytes) => Promise<Response>} answer the route of a request inside
 */
export function createChannelSide(answer) {
  /** Keys by ticket. @type {Map<string, {sending: Bytes, receiving: Bytes, taken: Set<number>}>} */
  const sessions = new Map();
  /** @type {{code: string, handshake: Handshake, attempt: Bytes} | undefined} */
  let started;
  const side = {
    /** The server's key pair. @type {Promise<import("../../../extension/core/channel/noise.js").KeyPair>} */
    key: P256.generate(),
    /** The code that waits, and is tried once. @type {string | null} */
    code: null,
    /** Public keys of paired browsers. @type {Set<string>} */
    devices: new Set(),
    /** Bodies of the requests as they came. @type {{path: string, bytes: Bytes}[]} */
    received: [],
    /** Forget all channels, as a new start of the server does. */
    restart: () => sessions.clear(),

    /** @param {string} path @param {Bytes} bytes @returns {Promise<Response | null>} null for another path */
    async take(path, bytes) {
      side.received.push({ path, bytes });
      try {
        if (path === "/v1/pairing") return await start(bytes);
        if (path === "/v1/pairing/finish") return await finish(bytes);
        if (path === "/v1/channel") return await open(bytes);
        return path === "/v1/channel/request" ? await request(bytes) : null;
      } catch (error) {
        if (error instanceof EnvelopeError) return problem(400, "handshake_failed");
        throw error;
      }
    },
  };

  /** @param {"IK" | "XXpsk2"} pattern @param {string} prologue */
  const begin = async (pattern, prologue) =>
    Handshake.begin({ pattern, prologue, isInitiator: false, staticKey: await side.key, curve: P256 });

  /** @param {Bytes} bytes */
  async function start(bytes) {
    const code = side.code && codeOf(side.code, 10);
    side.code = null;
    if (!code) return problem(409, "pairing_over");
    const [handshake, attempt, salt] = [await begin("XXpsk2", "carryover pairing 1"), random(16), random(16)];
    handshake.psk = await stretched(code, salt);
    await handshake.read(bytes);
    started = { code, handshake, attempt };
    return new Response(joined(attempt, salt, await handshake.write()));
  }

  /** @param {Bytes} bytes */
  async function finish(bytes) {
    if (!started || toHex(bytes.slice(0, 16)) !== toHex(started.attempt)) return problem(409, "pairing_over");
    const { handshake } = started;
    started = undefined;
    await handshake.read(bytes.slice(16));
    side.devices.add(toHex(/** @type {Bytes} */ (handshake.remoteStatic)));
    const [, sending] = await handshake.split();
    return new Response(await seal(sending, 0, utf8(JSON.stringify({ device: "d".repeat(32) }))));
  }

  /** @param {Bytes} bytes */
  async function open(bytes) {
    const handshake = await begin("IK", "carryover channel 1");
    await handshake.read(bytes);
    if (!side.devices.has(toHex(/** @type {Bytes} */ (handshake.remoteStatic)))) return problem(403, "unknown_device");
    const ticket = random(40);
    const message = await handshake.write(ticket);
    const [receiving, sending] = await handshake.split();
    sessions.set(toHex(ticket), { receiving, sending, taken: new Set() });
    return new Response(message);
  }

  /** @param {Bytes} bytes */
  async function request(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const end = 2 + view.getUint16(0);
    const session = sessions.get(toHex(bytes.slice(2, end)));
    if (!session) return problem(401, "channel_expired");
    const number = Number(view.getBigUint64(end));
    if (session.taken.has(number)) return problem(409, "request_repeated");
    session.taken.add(number);
    const { head, body } = unframed(await unseal(session.receiving, number, bytes.slice(end + 8)));
    const response = await answer(head.method, head.path, head.headers, body);
    const headers = Object.fromEntries(response.headers);
    const content = new Uint8Array(await response.arrayBuffer());
    return new Response(
      await sealedAnswer(session.sending, random(32), bytes, { status: response.status, headers }, content),
    );
  }

  return side;
}
