// @ts-check
import { isSoldOut } from "../core/choice.js";
import { CarryoverError } from "../values/errors.js";

/** @typedef {ReturnType<typeof createBadge>} Badge */

/** Take the numbers away from all tabs. @param {typeof chrome} browser the browser's extension APIs */
export async function clearBadges(browser) {
  for (const { id } of await browser.tabs.query({}))
    if (id !== undefined) await browser.action.setBadgeText({ tabId: id, text: "" });
}

/**
 * The number on the icon, which says how many items of the shop in a tab fit. Only where the shopper wants it.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {ReturnType<typeof import("./recommendations.js").createRecommendations>} parts.recommendations of sources that send nothing
 */
export function createBadge({ browser, getProfile, recommendations }) {
  /** @param {import("./recommendations.js").Wanted} wanted @returns {Promise<number>} */
  async function numFitting(wanted) {
    try {
      const { items, basis } = await recommendations(wanted);
      return basis === "taste" ? items.filter((card) => card.why.length > 0 && !isSoldOut(card)).length : 0;
    } catch (error) {
      // The page was left, or cannot be read: nothing is known to fit.
      if (!(error instanceof CarryoverError)) throw error;
      return 0;
    }
  }

  /** @param {string} shop @returns {Promise<boolean>} */
  async function isWanted(shop) {
    const profile = await getProfile();
    return profile.settings.showsBadge === true && profile.isConsented(shop);
  }

  return {
    /** Show the number for a tab that has just shown a page of a shop with consent. @param {string} shop @param {number} tabId */
    async show(shop, tabId) {
      if (!(await isWanted(shop))) return;
      const count = await numFitting({ shop, tabId, choice: {}, isFaceted: false });
      // The shopper may have turned it off meanwhile, withdrawn the consent or erased everything.
      if (!(await isWanted(shop))) return;
      await browser.action.setBadgeText({ tabId, text: count > 0 ? String(count) : "" });
    },

    /** Take the numbers away from all tabs. */
    clear: () => clearBadges(browser),
  };
}
