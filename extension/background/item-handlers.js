// @ts-check
import { isDone, unlessDone } from "../core/acts.js";
import { admit, begin, cardOf, keep } from "../core/door.js";
import { randomId } from "../core/profile-records.js";
import { dismiss, productOfCard, said } from "../core/recommender.js";
import { savedIdsOf, savedIn } from "../core/saved.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../core/door.js").Act} Act
 * @typedef {import("../core/door.js").Admitted} Admitted
 */

/**
 * Admit a card.
 * @param {Card} item @param {import("../core/door.js").RuleName} rule @param {Act} act
 * @returns {Promise<{admitted: Admitted, source: import("../generated/contract-types.js").Product}>}
 * @throws {CarryoverError} invalid_item; paused; or not_kept for what the privacy filter refuses
 */
async function admittedCard(item, rule, act) {
  const source = await productOfCard(item);
  const { admitted, reason } = await admit(source, rule, act);
  if (admitted) return { admitted, source };
  throw refusalOf(reason);
}

/** @param {string} reason of the door @returns {CarryoverError} */
function refusalOf(reason) {
  if (reason.startsWith("invalid_product")) return new CarryoverError("invalid_item", `Expected an item: ${reason}.`);
  if (reason === "paused") return new CarryoverError("paused", "Expected learning to be on, it is paused.");
  if (reason === "erased") return new CarryoverError("erased", "Everything was erased meanwhile.");
  return new CarryoverError("not_kept", `Expected an item that may be kept, got one refused as ${reason}.`);
}

/**
 * Save an item, and learn it where that is allowed. It is saved at once: while the towers load it may be taken back, and is learned only where
 * it is saved still.
 * @param {Card} item @param {Act} act @param {() => Promise<import("./model.js").Model>} models @returns {Promise<boolean>} whether it counts for the taste
 */
async function save(item, act, models) {
  const { profile, id } = act;
  const { admitted, source } = await admittedCard(item, "save", act);
  const isSaved = () => savedIdsOf(profile, admitted.product).length > 0;
  const wish = await admit(source, "wish", act);
  const savedAt = new Date(profile.today()).toISOString();
  const saved = { id: randomId(), savedAt, of: admitted, card: cardOf(admitted, source), isStill: () => !isSaved() };
  if (!isDone(profile, id)) {
    const { reason } = await keep({ saved: [saved] }, wish.admitted ? { ...act, id: "" } : act);
    if (reason === "erased" || reason === "paused") throw refusalOf(reason);
  }
  if (!wish.admitted) return false;
  const now = (await said([wish.admitted], "wishlist", models)).map((told) => ({ ...told, isStill: isSaved }));
  return (await keep({ now }, act)).stored;
}

/**
 * Return the handlers of what a shopper does with the cards of the panel: less like this, save for later, pick the first ones.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./model.js").ModelSource} parts.model
 * @param {() => Promise<void>} parts.announceChange
 * @returns {Pick<Handlers, "item.dismiss" | "item.undismiss" | "item.save" | "item.unsave" | "items.pick" | "saved.get">}
 */
export function createItemHandlers({ getProfile, model, announceChange }) {
  const models = () => model.getModel();

  /** Begin an act on the profile as it is now: one that began before an erase keeps nothing. @param {chrome.runtime.MessageSender} sender @param {string} [actId] */
  const started = async (sender, actId) =>
    begin(await getProfile(), { actId, isPrivate: sender.tab?.incognito === true });

  /** Remove the interactions of one kind with an item, and what is saved of it. @param {Card} item @param {import("../core/profile.js").Kind} kind @param {string} [actId] */
  async function takeBack(item, kind, actId) {
    const profile = await getProfile();
    const { shop, itemId } = await productOfCard(item);
    const isSaid = (/** @type {import("../core/profile.js").Interaction} */ one) =>
      one.kind === kind && one.product.shop === shop && one.product.itemId === itemId;
    const saved = kind === "wishlist" ? savedIdsOf(profile, { shop, itemId }) : [];
    await unlessDone(profile.removeInteractions(isSaid, saved, actId));
  }

  return {
    async "item.dismiss"({ item, actId }, sender) {
      const act = await started(sender, actId);
      const { stored, reason } = await dismiss(item, { profile: act.profile, model: models, act });
      if (reason === "erased") throw refusalOf(reason);
      return { stored, ...(reason && { reason }) };
    },
    async "item.undismiss"({ item, actId }) {
      await takeBack(item, "dismiss", actId);
      return {};
    },
    async "item.save"({ item, actId }, sender) {
      const act = await started(sender, actId);
      const isLearned = await save(item, act, models);
      await announceChange();
      return { isLearned };
    },
    async "item.unsave"({ item, actId }) {
      await takeBack(item, "wishlist", actId);
      await announceChange();
      return {};
    },
    async "items.pick"({ items, actId }, sender) {
      const act = await started(sender, actId);
      const cards = await Promise.all(items.map((item) => admittedCard(item, "pick", act)));
      const admitted = cards.map((one) => one.admitted);
      const { stored, reason } = await keep({ now: await said(admitted, "wishlist", models) }, act);
      if (reason === "erased" || reason === "paused") throw refusalOf(reason);
      await announceChange();
      return { numLearned: stored ? admitted.length : 0 };
    },
    async "saved.get"() {
      return { items: savedIn(await getProfile()) };
    },
  };
}
