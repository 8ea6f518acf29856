// @ts-check
import { keptMeans } from "../core/centring.js";
import { ServerError } from "../values/errors.js";

/** How long the server's means are believed. A shop's mean moves slowly, and each request is one more that leaves the device. */
export const MEANS_FRESH_MS = 24 * 60 * 60_000;

/** @typedef {ReturnType<typeof createMeansSource>} MeansSource */

/**
 * The means of shops, as the shopper's own server knows them. The profile keeps them.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {() => Promise<import("../core/server-client.js").ServerClient>} parts.getServer
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createMeansSource({ getProfile, getServer, now }) {
  return {
    /**
     * Fetch the means of all shops, at most once a day from one server in one space. All are fetched, so that no request names a shop,
     * and without a history too, so that the request tells nothing of one.
     * A server that has none, or does not answer, changes nothing: what was seen gives means too.
     * @param {import("../core/recommender.js").Model} model
     */
    async refresh({ manifest, metric }) {
      const profile = await getProfile();
      if (!metric) return;
      const { serverUrl } = profile.settings;
      const kept = profile.shopMeans;
      const isSame = kept?.serverUrl === serverUrl && kept.space === manifest.space;
      if (isSame && now() - Date.parse(kept.fetchedAt) < MEANS_FRESH_MS) return;
      const asked = { serverUrl, fetchedAt: new Date(now()).toISOString(), dim: manifest.dim };
      try {
        const answer = await (await getServer()).shopMeans();
        if (answer.space === manifest.space) await profile.keepShopMeans(keptMeans(answer, asked));
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        // A server of an earlier version knows no means: it is asked again tomorrow.
        if (error.code === "not_found")
          await profile.keepShopMeans(keptMeans({ space: manifest.space, shops: [] }, asked));
      }
    },
  };
}
