// @ts-check
import { isOwnServer, recommendOwn, recommendPage } from "../core/recommender.js";
import { ServerError } from "../values/errors.js";

/**
 * @typedef {import("../core/recommender.js").Recommendations} Recommendations
 */

/**
 * Return a function that recommends items of the shop in a tab. The shopper's own server ranks its catalogue where it knows the
 * shop. Otherwise this device ranks the products on the page.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./server.js").ServerSource} parts.server
 * @param {import("./model.js").ModelSource} parts.model
 * @param {import("./means.js").MeansSource} parts.means
 * @param {import("./tabs.js").Tabs} parts.tabs
 * @returns {(shop: string, tabId: number) => Promise<Recommendations>} with the server's problem where the page was ranked instead
 */
export function createRecommendations({ getProfile, server, model, means, tabs }) {
  /** @param {string} shop @param {number} tabId @returns {Promise<Recommendations>} */
  async function fromPage(shop, tabId) {
    const { listing } = await tabs.readPage(tabId);
    return recommendPage({ shop, listing }, { profile: await getProfile(), model: await model.getModel() });
  }

  /** @param {string} shop @returns {Promise<Recommendations>} */
  async function fromModel(shop) {
    const current = await model.getModel();
    await means.refresh(current);
    return recommendOwn({ shop }, { profile: await getProfile(), server: await server.getServer(), model: current });
  }

  /** @param {string} shop @returns {Promise<Recommendations>} */
  async function fromServer(shop) {
    try {
      return await fromModel(shop);
    } catch (error) {
      if (!(error instanceof ServerError) || error.code !== "space_mismatch") throw error;
      // The server changed its bundle since the last request: try once more, with the new one.
      model.forget();
      return fromModel(shop);
    }
  }

  return async (shop, tabId) => {
    const { settings } = await getProfile();
    if (settings.mode === "page" || !isOwnServer(settings)) return fromPage(shop, tabId);
    try {
      if ((await server.getKnownShops()).has(shop)) return await fromServer(shop);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      // Without the server the page itself can still be ranked, if the towers are on this device.
      if (error.code === "server_unreachable" && !settings.bundleUrl) throw error;
      return { ...(await fromPage(shop, tabId)), problem: { code: error.code, message: error.message } };
    }
    return fromPage(shop, tabId);
  };
}
