// @ts-check
import { unlessDone } from "../core/acts.js";
import { begin, cardOf, judge, keep } from "../core/door.js";
import { randomId } from "../core/profile-records.js";
import { dismiss, productOfCard, said } from "../core/recommender.js";
import { savedIdsOf, savedIn } from "../core/saved.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../core/door.js").Act} Act
 * @typedef {import("../core/door.js").Judged} Judged
 */

/**
 * Judge a card.
 * @param {Card} item @param {import("../core/door.js").RuleName} rule @param {Act} act
 * @returns {Promise<{judged: Judged, source: import("../generated/contract-types.js").Product}>}
 * @throws {CarryoverError} invalid_item; paused; or not_kept for what the privacy filter refuses
 */
async function judgedCard(item, rule, act) {
  const source = await productOfCard(item);
  const { judged, reason } = await judge(source, rule, act);
  if (judged) return { judged, source };
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
      return { stored, ...(reason && { reason }) };
    },
    async "item.undismiss"({ item, actId }) {
      await takeBack(item, "dismiss", actId);
      return {};
    },
    async "item.save"({ item, actId }, sender) {
      const act = await started(sender, actId);
      const { profile } = act;
      const { judged, source } = await judgedCard(item, "save", act);
      const wish = await judge(source, "wish", act);
      const now = wish.judged ? await said([wish.judged], "wishlist", models) : [];
      const card = cardOf(judged, source);
      const savedAt = new Date(profile.today()).toISOString();
      const saved =
        savedIdsOf(profile, judged.product).length > 0 ? [] : [{ id: randomId(), savedAt, of: judged, card }];
      const { stored, reason = "" } = await keep({ now, saved }, act);
      if (!stored && reason === "erased") throw refusalOf(reason);
      await announceChange();
      const isLearned = (/** @type {import("../core/profile.js").Interaction} */ one) =>
        one.kind === "wishlist" &&
        one.product.shop === judged.product.shop &&
        one.product.itemId === judged.product.itemId;
      return { isLearned: now.length > 0 && profile.interactions().some(isLearned) };
    },
    async "item.unsave"({ item, actId }) {
      await takeBack(item, "wishlist", actId);
      await announceChange();
      return {};
    },
    async "items.pick"({ items, actId }, sender) {
      const act = await started(sender, actId);
      const cards = await Promise.all(items.map((item) => judgedCard(item, "pick", act)));
      const judged = cards.map((one) => one.judged);
      const { stored, reason = "" } = await keep({ now: await said(judged, "wishlist", models) }, act);
      if (!stored) throw refusalOf(reason);
      await announceChange();
      return { numLearned: judged.length };
    },
    async "saved.get"() {
      return { items: savedIn(await getProfile()) };
    },
  };
}
