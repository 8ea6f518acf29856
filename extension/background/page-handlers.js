// @ts-check
import { CarryoverError } from "../values/errors.js";
import { shopOf } from "../values/identity.js";

/**
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {import("../core/profile.js").Kind} Kind
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("./page-learner.js").Learned} Learned
 * @typedef {import("./page-learner.js").Speaker} Speaker
 * @typedef {object} Parts
 * @property {import("./store.js").GetProfile} getProfile
 * @property {import("./page-learner.js").PageLearner} pageLearner
 * @property {import("./page-readings.js").PageReadings} readings
 * @property {() => Promise<void>} announceChange
 */

/** @type {Kind[]} */
const LEARNED_KINDS = ["view", "cart", "wishlist", "purchase"];

/** @param {string} url @param {chrome.runtime.MessageSender} sender @returns {Speaker} @throws {CarryoverError} forbidden_sender */
function speakerOf(url, sender) {
  const shop = sender.url && shopOf(sender.url);
  const tabId = sender.tab?.id;
  if (!shop || !sender.tab || tabId === undefined || shopOf(url) !== shop)
    throw new CarryoverError("forbidden_sender", "A page may speak about its own shop only.");
  return { tab: sender.tab, tabId, shop };
}

/** @param {string} name @returns {Kind} @throws {CarryoverError} invalid_message */
function learnedKind(name) {
  const kind = LEARNED_KINDS.find((one) => one === name);
  if (!kind) throw new CarryoverError("invalid_message", `kind must be one of ${LEARNED_KINDS.join(", ")}.`);
  return kind;
}

/**
 * Return the handlers of what pages of shops tell: which product is on the screen, and what the shopper did with it.
 * @param {Parts} parts
 * @returns {Pick<Handlers, "page.seen" | "page.stayed" | "page.changed">}
 */
export function createPageHandlers({ getProfile, pageLearner, readings, announceChange }) {
  /** @param {Profile} profile @param {string} url @param {chrome.tabs.Tab} tab @param {Learned} learned */
  async function noteReading(profile, url, tab, { verdict, confidence, product, stored, reason }) {
    const isLearned = stored || profile.interactions().some((one) => one.product.itemId === product?.itemId);
    await readings.note(tab, url, {
      isLearned,
      ...(verdict && { verdict }),
      ...(confidence !== undefined && { confidence }),
      ...(!isLearned && reason && { reason }),
    });
  }

  return {
    async "page.seen"(fields, sender) {
      const { tab, tabId, shop } = speakerOf(fields.url, sender);
      const seen = { ...fields, kind: learnedKind(fields.kind) };
      const profile = await getProfile();
      // Without consent the page is not even parsed. The privacy filter checks again, for the product itself.
      if (!profile.isConsented(shop)) return { stored: false, reason: "no_consent" };
      if (profile.settings.paused) return { stored: false, reason: "paused" };
      const { card } = seen;
      const learned =
        card === undefined
          ? await pageLearner.learnPage(profile, seen, { tab, tabId, shop })
          : await pageLearner.learnCard(profile, { ...seen, card }, { tab, tabId, shop });
      const isView = seen.kind === "view" && !tab.incognito;
      if (isView) await noteReading(profile, seen.url, tab, learned);
      if (isView || learned.stored || learned.reason === "taken_back") await announceChange();
      const { stored, reason, product } = learned;
      return { stored, ...(reason && { reason }), ...(product && { product }) };
    },

    async "page.stayed"({ itemId }, sender) {
      const { shop, tab } = speakerOf(sender.url ?? "", sender);
      const profile = await getProfile();
      if (tab.incognito || profile.settings.paused || !profile.isConsented(shop)) return { stored: false };
      const find = () =>
        profile
          .interactions()
          .find((one) => one.kind === "view" && one.product.shop === shop && one.product.itemId === itemId);
      const view = find();
      // What the shopper removes at this moment does not come back.
      return { stored: view !== undefined && (await profile.addInteraction(view, () => find() !== undefined)) };
    },

    async "page.changed"({ url }, sender) {
      const { tab } = speakerOf(url, sender);
      await readings.noteChange(tab, url);
      if (!tab.incognito) await announceChange();
      return {};
    },
  };
}
