// @ts-check
// Pairing with a server by the code on its screen (docs/pairing.md).
import { joined, utf8 } from "../../values/encoding.js";
import { CarryoverError, EnvelopeError, ServerError } from "../../values/errors.js";
import { pairingCode, stretched } from "./code.js";
import { Handshake, unseal } from "./noise.js";
import { P256, newKeptPair } from "./p256.js";
import { codeIn } from "./transport.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {{serverKey: Bytes, jwk: JsonWebKey, device: string}} Pairing what is kept of a pairing
 */

const PROLOGUE = "carryover pairing 1";
const ATTEMPT_BYTES = 16;
const SALT_BYTES = 16;
const OK = 200;
const CONFLICT = 409;

/** @param {import("./transport.js").Answer} answer @returns {Bytes} its body @throws {ServerError} pairing_over or pairing_failed */
function taken(answer) {
  if (answer.status === OK) return answer.body;
  if (answer.status === CONFLICT && codeIn(answer) === "pairing_over")
    throw new ServerError(
      "pairing_over",
      "No code waits at this server: it is over, or somebody tried it. Make another with `python -m server pair`.",
    );
  throw failed();
}

const failed = () =>
  new ServerError(
    "pairing_failed",
    "The code does not fit: look at it again, or another program answers at this address. Nothing was sent. Make another code with `python -m server pair`.",
  );

/**
 * Pair with a server.
 * @param {object} parts
 * @param {string} parts.code as it was typed
 * @param {string} parts.name of this browser, for the server's list
 * @param {import("./transport.js").Transport} parts.transport
 * @returns {Promise<Pairing>}
 * @throws {CarryoverError} invalid_code; ServerError pairing_over, pairing_failed or server_unreachable
 */
export async function pairWith({ code: typed, name, transport }) {
  const code = pairingCode(typed);
  if (!code)
    throw new CarryoverError("invalid_code", "Expected a code of ten characters, as `python -m server pair` shows it.");
  const { pair, jwk } = await newKeptPair();
  const side = { staticKey: pair, curve: P256, prologue: PROLOGUE };
  const handshake = await Handshake.begin({ ...side, pattern: "XXpsk2", isInitiator: true });
  const answer = taken(await transport("/v1/pairing", await handshake.write()));
  const message = answer.slice(ATTEMPT_BYTES + SALT_BYTES);
  try {
    handshake.psk = await stretched(code, answer.slice(ATTEMPT_BYTES, ATTEMPT_BYTES + SALT_BYTES));
    await handshake.read(message);
    // Only now has the server shown that it knows the code.
    const last = joined(answer.slice(0, ATTEMPT_BYTES), await handshake.write(utf8(name)));
    const finished = taken(await transport("/v1/pairing/finish", last));
    const [, receiving] = await handshake.split();
    const { device } = JSON.parse(new TextDecoder().decode(await unseal(receiving, 0, finished)));
    return { serverKey: /** @type {Bytes} */ (handshake.remoteStatic), jwk, device };
  } catch (error) {
    if (error instanceof EnvelopeError) throw failed();
    throw error;
  }
}
