// @ts-check
import { facetsOf } from "../core/choice.js";
import { recommendShelf } from "../core/recommender.js";
import { EnvelopeError } from "../values/errors.js";
import { originOf } from "./packs.js";

/**
 * Return the source of mode `pack`: this device ranks the catalogue of the shop that somebody publishes. Nothing about the person is
 * sent: list and pack are downloaded whole.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./model.js").ModelSource} parts.model
 * @param {import("./packs.js").Packs} parts.packs
 * @param {import("./shelf-opener.js").ShelfOpener} parts.opener
 * @returns {import("./recommendations.js").Source} null where the shopper named no list, did not allow the shop, or no pack is published
 */
export function createPackSource({ getProfile, model, packs, opener }) {
  return async ({ shop, choice, isFaceted }) => {
    const profile = await getProfile();
    const { mode, packListUrl } = profile.settings;
    if (mode === "page" || !packListUrl || !profile.isConsented(shop)) return null;
    const { pack, problem } = await packs.of(shop);
    if (!pack) {
      if (problem) throw problem;
      return null;
    }
    try {
      const shelf = opener.open(pack);
      const wanted = { shop, shelf, choice, mode: /** @type {const} */ ("pack") };
      const answer = await recommendShelf(wanted, { profile, model: await model.getModel() });
      const facets = isFaceted ? { facets: facetsOf((await shelf).cards.all()) } : {};
      const told = { ...answer, ...facets, pack: originOf(pack) };
      return { ...told, ...(problem && { problem: { code: problem.code, message: problem.message } }) };
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      // Damaged on the disk, or deleted since: it can be downloaded again.
      await profile.deleteShelf(pack);
      return null;
    }
  };
}
