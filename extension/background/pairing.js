// @ts-check
import { fingerprintOf } from "../core/channel/noise.js";
import { pairWith } from "../core/channel/pairing.js";
import { createTransport } from "../core/channel/transport.js";
import { randomId } from "../core/profile-records.js";
import { hasOwnServer } from "../core/settings.js";
import { serverPatternOf } from "../messaging/origins.js";
import { fromBase64, toBase64 } from "../values/encoding.js";
import { ServerError } from "../values/errors.js";

/**
 * @typedef {ReturnType<typeof createPairings>} Pairings
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {{id: string, serverUrl: string, keyId: string, serverKey: string, jwk: JsonWebKey, device: string}} KeptPairing keys of one server,
 *   in the encrypted profile: the server's as base64
 */

const KIND = "pairing";

/** @param {Profile} profile @returns {KeptPairing | undefined} the pairing of the server in the settings */
function pairingIn(profile) {
  const { serverUrl, pairedKey } = profile.settings;
  const kept = /** @type {KeptPairing[]} */ (profile.others(KIND));
  return kept.find((one) => one.serverUrl === serverUrl && one.keyId === pairedKey);
}

/**
 * The server that the shopper paired.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {import("./store.js").GetProfile} parts.getProfile
 */
export function createPairings({ browser, getProfile }) {
  return {
    /**
     * Return what a channel to the server in the settings needs.
     * @returns {Promise<import("../core/channel/channel.js").Paired & {keyId: string}>}
     * @throws {ServerError} server_unpaired
     */
    async current() {
      const profile = await getProfile();
      const kept = pairingIn(profile);
      if (!kept) throw unpaired(profile.settings.serverUrl);
      return { serverKey: fromBase64(kept.serverKey), jwk: kept.jwk, keyId: kept.keyId };
    },

    /**
     * Pair with a server, which becomes the one in the settings.
     * @param {{serverUrl: string, serverIsMine: boolean, code: string}} wanted
     * @returns {Promise<void>} which fails as `pairWith` does, and with server_not_mine and server_not_allowed
     */
    async pair({ serverUrl, serverIsMine, code }) {
      const profile = await getProfile();
      if (!hasOwnServer({ ...profile.settings, serverUrl, serverIsMine }))
        throw new ServerError(
          "server_not_mine",
          "Only a server on this machine, or one that you mark as your own, can be paired.",
        );
      if (!(await browser.permissions.contains({ origins: [serverPatternOf(serverUrl)] })))
        throw new ServerError("server_not_allowed", "The browser does not let Carryover reach this server.");
      const transport = createTransport({
        baseUrl: serverUrl,
        onRequest: (request) => profile.addToLedger(request),
      });
      const name = browser.offscreen ? "Chromium" : "Firefox";
      const { serverKey, jwk, device } = await pairWith({ code, name, transport });
      const before = /** @type {KeptPairing[]} */ (profile.others(KIND)).map(({ id }) => id);
      const keyId = await fingerprintOf(serverKey);
      const id = randomId();
      const kept = { id, serverUrl, keyId, serverKey: toBase64(serverKey), jwk, device };
      await profile.changeOthers([{ kind: KIND, id, value: kept }], before);
      await profile.changeSettings({ serverUrl, serverIsMine, pairedKey: keyId });
    },

    /** Delete the keys of servers that are not in the settings any more. */
    async drop() {
      const profile = await getProfile();
      const kept = /** @type {KeptPairing[]} */ (profile.others(KIND));
      const current = pairingIn(profile);
      const gone = kept.filter((one) => one !== current).map(({ id }) => id);
      if (gone.length > 0) await profile.changeOthers([], gone);
    },
  };
}

/** @param {string} serverUrl @returns {ServerError} */
export const unpaired = (serverUrl) =>
  new ServerError(
    "server_unpaired",
    `Your server at ${serverUrl} is not paired, so nothing is sent to it. Pair it in the options, with the code of \`python -m server pair\`.`,
  );
