// @ts-check
import { SAID, filterProduct } from "../core/privacy-filter.js";
import { randomId } from "../core/profile-records.js";
import { keepSaid, productOfCard } from "../core/recommender.js";
import { keepSaved, removeSaved, savedIn } from "../core/saved.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 */

/**
 * Return a card's product as it may be kept.
 * @param {Card} item @returns {Promise<KeptProduct>}
 * @throws {CarryoverError} invalid_item, or not_kept for what the privacy filter refuses
 */
async function keptProduct(item) {
  const product = await productOfCard(item);
  const decision = await filterProduct({ ...product, verdict: "product", provenance: {} }, SAID);
  if (!decision.allowed)
    throw new CarryoverError("not_kept", `Expected an item that may be kept, got one refused as ${decision.reason}.`);
  return decision.product;
}

/**
 * Return the handlers of what a shopper does with the cards of the panel: less like this, save for later, pick the first ones.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./model.js").ModelSource} parts.model
 * @param {() => Promise<void>} parts.announceChange
 * @param {() => number} parts.now milliseconds since 1970
 * @returns {Pick<Handlers, "item.dismiss" | "item.undismiss" | "item.save" | "item.unsave" | "items.pick" | "saved.get">}
 */
export function createItemHandlers({ getProfile, model, announceChange, now }) {
  const on = async () => ({ profile: await getProfile(), model: () => model.getModel() });

  /** Remove the interactions of one kind with an item. @param {Card} item @param {import("../core/profile.js").Kind} kind */
  async function takeBack(item, kind) {
    const { shop, itemId } = await productOfCard(item);
    const isSaid = (/** @type {import("../core/profile.js").Interaction} */ one) =>
      one.kind === kind && one.product.shop === shop && one.product.itemId === itemId;
    await (await getProfile()).removeInteractions(isSaid);
    return { shop, itemId };
  }

  return {
    async "item.dismiss"({ item }) {
      // Its list knows it by its own address, and what is kept may have lost a part of that.
      const { itemId } = await productOfCard(item);
      await keepSaid({ ...(await keptProduct(item)), itemId }, "dismiss", await on());
      return { stored: true };
    },
    async "item.undismiss"({ item }) {
      await takeBack(item, "dismiss");
      return {};
    },
    async "item.save"({ item }) {
      const product = await keptProduct(item);
      const { profile, model: current } = await on();
      const { shop, itemId, url } = product;
      const card = { ...item, itemId, url };
      await keepSaved(profile, { id: randomId(), savedAt: new Date(now()).toISOString(), shop, card });
      // All of it may change while the towers load: the item may be taken back, too.
      const mayLearn = () =>
        profile.isConsented(shop) &&
        !profile.settings.paused &&
        savedIn(profile).some((one) => one.shop === shop && one.card.itemId === itemId);
      const isLearned = mayLearn() && (await keepSaid(product, "wishlist", { profile, model: current }, mayLearn));
      await announceChange();
      return { isLearned };
    },
    async "item.unsave"({ item }) {
      const profile = await getProfile();
      await removeSaved(profile, await takeBack(item, "wishlist"));
      await announceChange();
      return {};
    },
    async "items.pick"({ items }) {
      const { profile, model: current } = await on();
      const mayLearn = () => !profile.settings.paused;
      if (!mayLearn()) throw new CarryoverError("paused", "Expected learning to be on, it is paused.");
      const products = await Promise.all(items.map(keptProduct));
      let numLearned = 0;
      for (const product of products) {
        const isLearned = await keepSaid(product, "wishlist", { profile, model: current }, mayLearn);
        numLearned += Number(isLearned);
      }
      await announceChange();
      return { numLearned };
    },
    async "saved.get"() {
      return { items: savedIn(await getProfile()) };
    },
  };
}
