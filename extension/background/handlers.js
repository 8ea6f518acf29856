// @ts-check
import { dismiss, learn } from "../core/recommender.js";
import { CarryoverError } from "../values/errors.js";
import { shopOf } from "../values/identity.js";
import { checkedSettings } from "./settings.js";
import { createImportHandlers, createTasteHandlers } from "./taste.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../core/profile.js").Settings} Settings
 * @typedef {object} Parts what the handlers work with
 * @property {import("./store.js").GetProfile} getProfile
 * @property {import("./server.js").ServerSource} server
 * @property {import("./model.js").ModelSource} model
 * @property {import("./consent.js").Consent} consent
 * @property {import("./tabs.js").Tabs} tabs
 * @property {import("./towers-client.js").Ask} ask the towers' zone
 * @property {ReturnType<typeof import("./recommendations.js").createRecommendations>} recommendations
 * @property {import("./shelf.js").Shelves} shelves
 * @property {import("./shelf-opener.js").ShelfOpener} opener
 * @property {ReturnType<typeof import("./state.js").createStateReader>} stateOf
 * @property {() => Promise<void>} announceChange
 */

/** @type {import("../core/profile.js").Kind[]} */
const LEARNED_KINDS = ["view", "cart", "wishlist"];

/** @param {Parts} parts @returns {Handlers["page.seen"]} learns from a page of a shop with consent */
function pageSeenHandler({ getProfile, model, tabs, ask, announceChange }) {
  return async ({ html, url, kind }, sender) => {
    const shop = sender.url && shopOf(sender.url);
    const tabId = sender.tab?.id;
    if (!sender.tab || tabId === undefined || shopOf(url) !== shop)
      throw new CarryoverError("forbidden_sender", "A page may speak about its own shop only.");
    const learnedKind = LEARNED_KINDS.find((one) => one === kind);
    if (!learnedKind) throw new CarryoverError("invalid_message", `kind must be one of ${LEARNED_KINDS.join(", ")}.`);
    const profile = await getProfile();
    // Without consent the page is not even parsed. The privacy filter checks again, for the product itself.
    if (!profile.isConsented(shop)) return { stored: false, reason: "no_consent" };
    if (profile.settings.paused) return { stored: false, reason: "paused" };
    const { product } = await ask({ type: "page.read", html, url, hidden: [] });
    /** @type {import("../core/recommender.js").ReadImage} */
    const readImage = async (image) => {
      const shown = await tabs.readImage(tabId, image, { mayRequest: false });
      if (shown) return shown;
      await profile.addToLedger({ method: "GET", url: image, body: "" });
      return tabs.readImage(tabId, image, { mayRequest: true });
    };
    const learned = await learn(
      {
        product,
        kind: learnedKind,
        incognito: sender.tab.incognito,
        ...(profile.settings.compareImages && { readImage }),
      },
      { profile, model: () => model.getModel() },
    );
    if (learned.stored) await announceChange();
    return learned;
  };
}

/**
 * @param {Parts} parts
 * @returns {Omit<Handlers, "page.seen" | "state.get" | "recommend" | "shelf.read" | "shelf.stop" | "item.dismiss" | `taste.${string}` | `import.${string}`>} handlers that change or hand out the profile
 */
function profileHandlers({ getProfile, server, model, consent, stateOf }) {
  /** Forget what was asked and downloaded before the settings changed. @param {Settings} before */
  async function forgetServer(before) {
    server.forget();
    model.reset();
    const { serverUrl } = (await getProfile()).settings;
    if (serverUrl === before.serverUrl) return;
    await model.dropDownloads();
    await server.giveBack(before.serverUrl, Object.keys(before.consents));
  }
  return {
    async "consent.ask"({ shop, tabId }) {
      await consent.noteQuestion(shop, tabId);
      return {};
    },
    async "consent.set"({ shop, allowed, tabId }) {
      await consent.set(shop, allowed, tabId);
      return { state: await stateOf(tabId) };
    },
    async "pause.set"({ paused }) {
      await (await getProfile()).changeSettings({ paused });
      return { state: await stateOf() };
    },
    async "profile.erase"() {
      const profile = await getProfile();
      const before = profile.settings;
      await profile.erase();
      await forgetServer({ ...before, consents: {} });
      await consent.withdrawAll(Object.keys(before.consents));
      return { state: await stateOf() };
    },
    async "profile.export"() {
      return { profile: (await getProfile()).export() };
    },
    async "settings.set"(fields) {
      const profile = await getProfile();
      const before = profile.settings;
      const changes = checkedSettings(fields);
      const isLeft = changes.serverUrl !== undefined && changes.serverUrl !== before.serverUrl;
      await profile.changeSettings({ ...changes, ...(isLeft && { serverBundleUrl: "", signedBy: "" }) });
      await forgetServer(before);
      return { state: await stateOf() };
    },
    async "ledger.get"() {
      return { entries: (await getProfile()).ledger() };
    },
  };
}

/**
 * Return the handlers of every message to the background (contracts/messages.json).
 * @param {Parts} parts
 * @returns {Handlers}
 */
export function createHandlers(parts) {
  const { getProfile, model, tabs, recommendations, shelves, stateOf } = parts;
  return {
    ...profileHandlers(parts),
    ...createTasteHandlers(parts),
    ...createImportHandlers(parts),
    "page.seen": pageSeenHandler(parts),
    async "state.get"({ tabId }) {
      return { state: await stateOf(tabId) };
    },
    async recommend({ tabId }) {
      const tab = await tabs.describe(tabId);
      if (!tab?.shop)
        throw new CarryoverError("no_shop", "Open a shop's page, and click Carryover's icon in the toolbar there.");
      return { recommendations: await recommendations(tab.shop, tab.tabId) };
    },
    async "shelf.read"({ tabId }) {
      await shelves.read(await tabs.describe(tabId));
      return { state: await stateOf(tabId) };
    },
    async "shelf.stop"({ tabId }) {
      await shelves.stop((await tabs.describe(tabId))?.shop);
      return { state: await stateOf(tabId) };
    },
    async "item.dismiss"({ item }) {
      await dismiss(item, { profile: await getProfile(), model: () => model.getModel() });
      return { stored: true };
    },
  };
}
