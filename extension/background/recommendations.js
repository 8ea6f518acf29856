// @ts-check
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../core/recommender.js").Recommendations} Recommendations
 * @typedef {{shop: string, tabId: number}} Wanted the shop in a tab
 * @typedef {(wanted: Wanted) => Promise<Recommendations | null>} Source one way to rank, a mode; null where it cannot serve the shop
 */

/**
 * Return a function that recommends items of the shop in a tab, by the first source that can serve it. A source that fails is
 * passed over. The answer then tells the first problem.
 * @param {{sources: Source[]}} parts in the order of preference; the last one serves every shop, and its failure is the answer
 * @returns {(shop: string, tabId: number) => Promise<Recommendations>}
 */
export function createRecommendations({ sources }) {
  return async (shop, tabId) => {
    /** @type {Recommendations["problem"]} */
    let problem;
    for (const source of sources.slice(0, -1)) {
      try {
        const answer = await source({ shop, tabId });
        if (answer) return { ...answer, ...(problem && { problem }) };
      } catch (error) {
        if (!(error instanceof CarryoverError)) throw error;
        problem ??= { code: error.code, message: error.message };
      }
    }
    const answer = await sources[sources.length - 1]({ shop, tabId });
    return { .../** @type {Recommendations} */ (answer), ...(problem && { problem }) };
  };
}
