// @ts-check
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../core/recommender.js").Recommendations} Recommendations
 * @typedef {object} Wanted
 * @property {string} shop in a tab
 * @property {number} tabId
 * @property {import("../generated/contract-types.js").Choice} choice filters, an order, and what the shopper looks for
 * @property {boolean} isFaceted whether the answer says by what it can be filtered
 * @typedef {(wanted: Wanted) => Promise<Recommendations | null>} Source one way to rank, a mode; null where it cannot serve the shop
 */

/**
 * Return a function that recommends items of the shop in a tab, by the first source that can serve it. A source that fails is
 * passed over. The answer then tells the first problem.
 * @param {{sources: Source[]}} parts in the order of preference; the last one serves every shop, and its failure is the answer
 * @returns {(wanted: Wanted) => Promise<Recommendations>}
 */
export function createRecommendations({ sources }) {
  return async (wanted) => {
    /** @type {Recommendations["problem"]} */
    let problem;
    for (const source of sources.slice(0, -1)) {
      try {
        const answer = await source(wanted);
        if (answer) return { ...answer, ...(problem && { problem }) };
      } catch (error) {
        if (!(error instanceof CarryoverError)) throw error;
        problem ??= { code: error.code, message: error.message };
      }
    }
    const answer = await sources[sources.length - 1](wanted);
    return { .../** @type {Recommendations} */ (answer), ...(problem && { problem }) };
  };
}
