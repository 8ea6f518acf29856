// @ts-check
import { isPrivatePath, keptUrl } from "../core/privacy-filter.js";
import { learn } from "../core/recommender.js";
import { relationOf, shownOf } from "../core/shown-product.js";
import { CarryoverError } from "../values/errors.js";
import { itemIdOf, shopOf } from "../values/identity.js";

/**
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {import("../core/profile.js").Kind} Kind
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("../generated/contract-types.js").ShownProduct} ShownProduct
 * @typedef {import("../messaging/messages.js").MessageOf<"page.seen">} Message
 * @typedef {Omit<Message, "type" | "kind"> & {kind: Kind}} Seen what a page says that it shows, or that was done with it
 * @typedef {{tab: chrome.tabs.Tab, tabId: number, shop: string}} Speaker a page, as the browser names it
 * @typedef {{stored: boolean, reason?: string, product?: ShownProduct, verdict?: Product["verdict"], confidence?: number}} Learned
 * @typedef {ReturnType<typeof createPageLearner>} PageLearner
 */

/** A page is learned only where it is at least this sure that it shows one product. */
const LEAST_CONFIDENCE = 0.5;
/** A message that is sent again within this time may have been heard the first time. */
const RESENT_WITHIN_MS = 15_000;

/** Return the product of a card: what the page around it says about it, and no more. @param {import("../generated/contract-types.js").ListedCard} card @returns {Product} */
function productOfCard({ image, ...fields }) {
  return { ...fields, ...(image && { images: [image] }), verdict: "product", provenance: { url: "dom" } };
}

/** Take back an earlier click: what was put on a wish list or in a cart was taken out again. @param {Profile} profile @param {Kind} kind @param {string} itemId @returns {Promise<Learned>} */
async function takeBack(profile, kind, itemId) {
  await profile.removeInteractions((one) => one.kind === kind && one.product.itemId === itemId);
  return { stored: false, reason: "taken_back" };
}

/**
 * What is learned from pages of shops, after consent and pause were checked.
 * @param {object} parts
 * @param {import("./model.js").ModelSource} parts.model
 * @param {import("./tabs.js").Tabs} parts.tabs
 * @param {import("./towers-client.js").Ask} parts.ask the towers' zone
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createPageLearner({ model, tabs, ask, now }) {
  /** @param {Profile} profile @param {number} tabId @returns {import("../core/recommender.js").ReadImage} */
  const imageReader = (profile, tabId) => async (image) => {
    const shown = await tabs.readImage(tabId, image, { mayRequest: false });
    if (shown) return shown;
    await profile.addToLedger({ method: "GET", url: image, body: "", purpose: "compared" });
    return tabs.readImage(tabId, image, { mayRequest: true });
  };

  /** @param {Profile} profile @param {Kind} kind @param {string} itemId @returns {boolean} whether it was counted a moment ago */
  function isFresh(profile, kind, itemId) {
    return profile
      .interactions()
      .some(
        (one) => one.kind === kind && one.product.itemId === itemId && now() - Date.parse(one.time) < RESENT_WITHIN_MS,
      );
  }

  /** @param {Profile} profile @param {Seen} seen @param {Speaker} speaker @param {Product} product @param {0 | 1} adds @returns {Promise<Learned>} */
  async function keep(profile, { kind, isResent }, { tab, tabId }, product, adds) {
    const isCounted = isResent === true && isFresh(profile, kind, await itemIdOf(keptUrl(product.url)));
    const readImage = profile.settings.compareImages ? imageReader(profile, tabId) : undefined;
    return learn(
      { product, kind, adds: isCounted ? 0 : adds, incognito: tab.incognito, ...(readImage && { readImage }) },
      { profile, model: () => model.getModel() },
    );
  }

  return {
    /**
     * Learn the product that a page shows.
     * @param {Profile} profile @param {Seen} seen @param {Speaker} speaker
     * @returns {Promise<Learned>}
     */
    async learnPage(profile, seen, speaker) {
      if (isPrivatePath(seen.url)) return { stored: false, reason: "private_path" };
      const { product, confidence } = await ask({ type: "page.read", html: seen.html, url: seen.url, hidden: [] });
      const { verdict } = product;
      if (verdict !== "product") return { stored: false, reason: verdict, verdict, confidence };
      if (confidence < LEAST_CONFIDENCE) return { stored: false, reason: "unsure", verdict, confidence };
      const shown = await shownOf(product);
      const relation = relationOf(seen.before, shown, { isSettling: seen.isSettling === true });
      if (relation === "unchanged" || relation === "unclear")
        return { stored: false, reason: relation, verdict, confidence };
      const read = { product: shown, verdict, confidence };
      if (seen.isRemoved) return { ...(await takeBack(profile, seen.kind, shown.itemId)), ...read };
      if (relation === "same" && seen.kind === "view") return { stored: false, reason: "same", ...read };
      // Another variant changes what is kept of the view, and is no second view.
      const adds = relation === "variant" && seen.kind === "view" ? 0 : 1;
      return { ...(await keep(profile, seen, speaker, product, adds)), ...read };
    },

    /**
     * Learn the product of a card, whose own control was used.
     * @param {Profile} profile @param {Seen & {card: string}} seen @param {Speaker} speaker
     * @returns {Promise<Learned>}
     * @throws {CarryoverError} forbidden_sender, where the card leads to another shop
     */
    async learnCard(profile, seen, speaker) {
      if (shopOf(seen.card) !== speaker.shop)
        throw new CarryoverError("forbidden_sender", "A page may speak about its own shop only.");
      if (seen.isRemoved) return takeBack(profile, seen.kind, await itemIdOf(keptUrl(seen.card)));
      if (isPrivatePath(seen.url)) return { stored: false, reason: "private_path" };
      const { html, url, card: target } = seen;
      const { card } = await ask({ type: "page.read", html, url, hidden: [], card: target });
      if (!card) return { stored: false, reason: "no_such_card" };
      return keep(profile, seen, speaker, productOfCard(card), 1);
    },
  };
}
