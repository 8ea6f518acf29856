// @ts-check
import { unlessDone } from "../core/acts.js";
import { isPrivatePath, keptUrl } from "../core/privacy-filter.js";
import { learn } from "../core/recommender.js";
import { relationOf, shownOf } from "../core/shown-product.js";
import { CarryoverError } from "../values/errors.js";
import { itemIdOf, shopOf } from "../values/identity.js";

/**
 * @typedef {import("../core/door.js").Act} Act
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

/** Return the product of a card: what the page around it says about it, and no more. @param {import("../generated/contract-types.js").ListedCard} card @returns {Product} */
function productOfCard({ image, ...fields }) {
  return { ...fields, ...(image && { images: [image] }), verdict: "product", provenance: { url: "dom" } };
}

/** Take back an earlier click: what was put on a wish list or in a cart was taken out again. @param {Act} act @param {Kind} kind @param {{shop: string, itemId: string}} item @returns {Promise<Learned>} */
async function takeBack({ profile, id }, kind, { shop, itemId }) {
  const isItem = (/** @type {import("../core/profile.js").Interaction} */ one) =>
    one.kind === kind && one.product.shop === shop && one.product.itemId === itemId;
  await unlessDone(profile.removeInteractions(isItem, [], id));
  return { stored: false, reason: "taken_back" };
}

/**
 * What is learned from pages of shops, after consent and pause were checked.
 * @param {object} parts
 * @param {import("./model.js").ModelSource} parts.model
 * @param {import("./tabs.js").Tabs} parts.tabs
 * @param {import("./towers-client.js").Ask} parts.ask the towers' zone
 */
export function createPageLearner({ model, tabs, ask }) {
  /** @param {Act} act @param {number} tabId @returns {import("../core/recommender.js").ReadImage} */
  const imageReader =
    ({ profile }, tabId) =>
    async (image) => {
      const shown = await tabs.readImage(tabId, image, { mayRequest: false });
      if (shown) return shown;
      await profile.addToLedger({ method: "GET", url: image, body: "", purpose: "compared" });
      return tabs.readImage(tabId, image, { mayRequest: true });
    };

  /** @param {Act} act @param {string} itemId @returns {boolean} whether a view of it was counted today */
  function isCounted({ profile }, itemId) {
    const day = new Date(profile.today()).toISOString().slice(0, 10);
    const isView = (/** @type {import("../core/profile.js").Interaction} */ one) =>
      one.kind === "view" && one.product.itemId === itemId && one.time.startsWith(day);
    return profile.interactions().some(isView);
  }

  /** @param {Act} act @param {Seen} seen @param {Speaker} speaker @param {Product} product @param {0 | 1} adds @returns {Promise<Learned>} */
  async function keep(act, { kind, isAgain }, { tab, tabId }, product, adds) {
    // A page that was open when the extension was updated is read anew, and was looked at once.
    const isRead = isAgain === true && isCounted(act, await itemIdOf(keptUrl(product.url)));
    const readImage = act.profile.settings.compareImages ? imageReader(act, tabId) : undefined;
    return learn(
      { product, kind, adds: isRead ? 0 : adds, incognito: tab.incognito, ...(readImage && { readImage }) },
      { profile: act.profile, model: () => model.getModel(), act },
    );
  }

  return {
    /**
     * Learn the product that a page shows.
     * @param {Act} act @param {Seen} seen @param {Speaker} speaker
     * @returns {Promise<Learned>}
     */
    async learnPage(act, seen, speaker) {
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
      if (seen.isRemoved)
        return { ...(await takeBack(act, seen.kind, { shop: product.shop, itemId: shown.itemId })), ...read };
      if (relation === "same" && seen.kind === "view") return { stored: false, reason: "same", ...read };
      // Another variant changes what is kept of the view, and is no second view.
      const adds = relation === "variant" && seen.kind === "view" ? 0 : 1;
      return { ...(await keep(act, seen, speaker, product, adds)), ...read };
    },

    /**
     * Learn the product of a card, whose own control was used.
     * @param {Act} act @param {Seen & {card: string}} seen @param {Speaker} speaker
     * @returns {Promise<Learned>}
     * @throws {CarryoverError} forbidden_sender, where the card leads to another shop
     */
    async learnCard(act, seen, speaker) {
      if (shopOf(seen.card) !== speaker.shop)
        throw new CarryoverError("forbidden_sender", "A page may speak about its own shop only.");
      if (seen.isRemoved)
        return takeBack(act, seen.kind, { shop: speaker.shop, itemId: await itemIdOf(keptUrl(seen.card)) });
      if (isPrivatePath(seen.url)) return { stored: false, reason: "private_path" };
      const { html, url, card: target } = seen;
      const { card } = await ask({ type: "page.read", html, url, hidden: [], card: target });
      if (!card) return { stored: false, reason: "no_such_card" };
      return keep(act, seen, speaker, productOfCard(card), 1);
    },
  };
}
