// @ts-check
import { createChannel } from "../core/channel/channel.js";
import { createTransport } from "../core/channel/transport.js";
import { createServerClient } from "../core/server-client.js";
import { serverPatternOf } from "../messaging/origins.js";
import { ServerError } from "../values/errors.js";

/**
 * @typedef {ReturnType<typeof createServerSource>} ServerSource
 * @typedef {import("../core/server-client.js").ServerClient} ServerClient
 */

/** How long an answer of the server is believed before it is fetched again. */
export const FRESH_MS = 10 * 60_000;

/**
 * The server that the shopper paired.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./pairing.js").Pairings} parts.pairings
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createServerSource({ browser, getProfile, pairings, now }) {
  /** @type {{serverUrl: string, at: number, shops: Set<string>} | undefined} a cache: losing it costs one request */
  let knownShops;
  /** Its keys are in memory only. @type {{profile: import("../core/profile.js").Profile, serverUrl: string, keyId: string, ask: import("../core/channel/channel.js").Ask} | undefined} */
  let channel;

  /**
   * @returns {Promise<ServerClient>} a client that writes each request to the ledger before it sends it
   * @throws {ServerError} server_not_allowed, where the browser's permission is missing; server_unpaired
   */
  async function getServer() {
    const profile = await getProfile();
    const { serverUrl } = profile.settings;
    if (!(await browser.permissions.contains({ origins: [serverPatternOf(serverUrl)] })))
      throw new ServerError(
        "server_not_allowed",
        "The browser does not let Carryover reach your server: save its address in the options once more.",
      );
    const paired = await pairings.current();
    if (channel?.profile !== profile || channel.serverUrl !== serverUrl || channel.keyId !== paired.keyId) {
      // The ledger of this profile: what began before an erase is noted nowhere afterwards, and not sent.
      const transport = createTransport({ baseUrl: serverUrl, onRequest: (request) => profile.addToLedger(request) });
      const ask = createChannel({ baseUrl: serverUrl, paired, transport, now });
      channel = { profile, serverUrl, keyId: paired.keyId, ask };
    }
    return createServerClient({ baseUrl: serverUrl, ask: channel.ask });
  }

  /** Forget the list of shops and the channel, after the address changed or the profile was erased. */
  function forget() {
    knownShops = undefined;
    channel = undefined;
  }

  return {
    getServer,
    forget,

    /** @returns {Promise<Set<string>>} all shops of the server. The list is fetched whole, so that no request names one shop. */
    async getKnownShops() {
      const server = await getServer();
      if (knownShops?.serverUrl !== server.baseUrl || now() - knownShops.at > FRESH_MS) {
        const shops = (await server.shops()).map(({ shop }) => shop);
        knownShops = { serverUrl: server.baseUrl, at: now(), shops: new Set(shops) };
      }
      return knownShops.shops;
    },

    /**
     * Give back the browser's permission for an address that is used no more, unless a shop with consent, or another address in use, is
     * on the same host.
     * @param {string} address @param {{shops: string[], used: string[]}} others shops with consent, and addresses
     */
    async giveBack(address, { shops, used }) {
      const pattern = address && serverPatternOf(address);
      if (!pattern || used.some((other) => other && serverPatternOf(other) === pattern)) return;
      const { hostname } = new URL(address);
      const isRequired = browser.runtime.getManifest().host_permissions?.includes(pattern);
      const isShared = shops.some((shop) => `.${hostname}`.endsWith(`.${shop.replace(/:\d+$/, "")}`));
      if (!isRequired && !isShared) await browser.permissions.remove({ origins: [pattern] });
    },
  };
}
