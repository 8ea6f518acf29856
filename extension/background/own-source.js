// @ts-check
import { isSearch } from "../core/finding.js";
import { recommendOwn } from "../core/recommender.js";
import { mayTell } from "../core/screens.js";
import { isUnpaired, mayAskServer } from "../core/settings.js";
import { ServerError } from "../values/errors.js";
import { unpaired } from "./pairing.js";

/**
 * Return the source of mode `own`: the shopper's own server ranks its catalogue of the shop.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./server.js").ServerSource} parts.server
 * @param {import("./model.js").ModelSource} parts.model
 * @param {import("./means.js").MeansSource} parts.means
 * @returns {import("./recommendations.js").Source} null without such a server, or where it does not know the shop
 */
export function createOwnSource({ getProfile, server, model, means }) {
  /** @param {string} shop @param {import("../generated/contract-types.js").Choice} choice */
  async function ranked(shop, choice) {
    let current = await model.getModel();
    if (current.problem) {
      // It may be over: the server has just answered.
      model.forget();
      current = await model.getModel();
    }
    if (current.problem) throw current.problem;
    await means.refresh(current);
    const profile = await getProfile();
    const wanted = { shop, choice, isTold: mayTell(profile, shop) };
    return recommendOwn(wanted, { profile, server: await server.getServer(), model: current });
  }

  return async ({ shop, choice }) => {
    // What a shopper looks for stays on the device: the page is looked through instead.
    if (isSearch(choice)) return null;
    const { settings } = await getProfile();
    if (isUnpaired(settings)) throw unpaired(settings.serverUrl);
    if (!mayAskServer(settings)) return null;
    if (!(await server.getKnownShops()).has(shop)) return null;
    try {
      return await ranked(shop, choice);
    } catch (error) {
      if (!(error instanceof ServerError) || error.code !== "space_mismatch") throw error;
      // The server changed its bundle since the last request: try once more, with the new one.
      model.forget();
      return ranked(shop, choice);
    }
  };
}
