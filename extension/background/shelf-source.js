// @ts-check
import { facetsOf } from "../core/choice.js";
import { recommendShelf } from "../core/recommender.js";
import { EnvelopeError } from "../values/errors.js";

/**
 * Return the source of mode `shelf`: this device ranks the shop's catalogue, as far as it has read it. Nothing is sent.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./model.js").ModelSource} parts.model
 * @param {Pick<import("./shelf.js").Shelves, "of">} parts.shelves
 * @param {import("./shelf-opener.js").ShelfOpener} parts.opener
 * @returns {import("./recommendations.js").Source} null where nothing was read of the shop
 */
export function createShelfSource({ getProfile, model, shelves, opener }) {
  return async ({ shop, choice, isFaceted }) => {
    const profile = await getProfile();
    const kept = profile.settings.mode === "page" ? null : await shelves.of(shop);
    if (!kept) return null;
    try {
      const shelf = opener.open(kept);
      const answer = await recommendShelf({ shop, shelf, choice }, { profile, model: await model.getModel() });
      return isFaceted ? { ...answer, facets: facetsOf((await shelf).cards.all()) } : answer;
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      // Damaged on the disk, or deleted since: it can be read again.
      await profile.deleteShelf(kept);
      return null;
    }
  };
}
