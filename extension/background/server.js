// @ts-check
import { createServerClient } from "../core/server-client.js";

/**
 * @typedef {ReturnType<typeof createServerSource>} ServerSource
 * @typedef {import("../core/server-client.js").ServerClient} ServerClient
 */

/** How long an answer of the server is believed before it is fetched again. */
export const FRESH_MS = 10 * 60_000;

/**
 * The server named in the settings.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createServerSource({ getProfile, now }) {
  /** @type {{serverUrl: string, at: number, shops: Set<string>} | undefined} a cache: losing it costs one request */
  let knownShops;

  /** @returns {Promise<ServerClient>} a client that writes each request to the ledger before it sends it */
  async function getServer() {
    const profile = await getProfile();
    return createServerClient({
      baseUrl: profile.settings.serverUrl,
      onRequest: (request) => profile.addToLedger(request),
    });
  }

  return {
    getServer,

    /** @returns {Promise<Set<string>>} all shops of the server. The list is fetched whole, so that no request names one shop. */
    async getKnownShops() {
      const server = await getServer();
      if (knownShops?.serverUrl !== server.baseUrl || now() - knownShops.at > FRESH_MS) {
        const shops = (await server.shops()).map(({ shop }) => shop);
        knownShops = { serverUrl: server.baseUrl, at: now(), shops: new Set(shops) };
      }
      return knownShops.shops;
    },

    /** Forget the list of shops, after the address changed or the profile was erased. */
    forget() {
      knownShops = undefined;
    },
  };
}
