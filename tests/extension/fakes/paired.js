// @ts-check
// A server that is paired already, without the exchange; and one that is asked in the open, for tests of what is asked.
import { fingerprintOf } from "../../../extension/core/channel/noise.js";
import { newKeptPair } from "../../../extension/core/channel/p256.js";
import { randomId } from "../../../extension/core/profile-records.js";
import { toBase64, toHex } from "../../../extension/values/encoding.js";
import { ServerError } from "../../../extension/values/errors.js";

/**
 * Let a profile and a server know each other.
 * @param {import("../../../extension/core/profile.js").Profile} profile
 * @param {ReturnType<typeof import("./server.js").createServer>} server @param {string} serverUrl
 */
export async function makePaired(profile, server, serverUrl) {
  const [{ publicKey }, { pair, jwk }] = [await server.trust.key, await newKeptPair()];
  server.trust.devices.add(toHex(pair.publicKey));
  const keyId = await fingerprintOf(publicKey);
  const id = randomId();
  const value = { id, serverUrl, keyId, serverKey: toBase64(publicKey), jwk, device: "d".repeat(32) };
  await profile.changeOthers([{ kind: "pairing", id, value }]);
  await profile.changeSettings({ serverUrl, pairedKey: keyId });
}

/**
 * Return a way to ask a server without a channel.
 * @param {string} baseUrl @param {(url: any, init?: RequestInit) => Promise<Response>} fetch
 * @param {(request: {method: string, url: string, body: string}) => Promise<void>} [onRequest]
 * @returns {import("../../../extension/core/channel/channel.js").Ask}
 */
export function askInTheOpen(baseUrl, fetch, onRequest = async () => {}) {
  return async ({ method, path, body, headers = {} }) => {
    const url = baseUrl.replace(/\/+$/, "") + path;
    await onRequest({ method, url, body: String(body ?? "") });
    return fetch(url, { method, ...(body && { body }), headers }).catch((cause) => {
      throw new ServerError("server_unreachable", `No answer from ${baseUrl}.`, { cause });
    });
  };
}
