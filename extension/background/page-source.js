// @ts-check
import { recommendPage } from "../core/recommender.js";

/**
 * Return the source of mode `page`: this device ranks the products on the page. Nothing is sent.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./model.js").ModelSource} parts.model
 * @param {import("./tabs.js").Tabs} parts.tabs
 * @returns {import("./recommendations.js").Source}
 */
export function createPageSource({ getProfile, model, tabs }) {
  return async ({ shop, tabId, choice }) => {
    const { listing } = await tabs.readPage(tabId);
    return recommendPage({ shop, listing, choice }, { profile: await getProfile(), model: await model.getModel() });
  };
}
