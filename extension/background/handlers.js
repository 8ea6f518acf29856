// @ts-check
import { CarryoverError } from "../values/errors.js";
import { shopOf } from "../values/identity.js";
import { createItemHandlers } from "./item-handlers.js";
import { createPageHandlers } from "./page-handlers.js";
import { createForgetting, createSettingsHandlers } from "./settings-handlers.js";
import { notesOf } from "./shown-images.js";
import { refresh } from "./sync.js";
import { createSyncHandlers } from "./sync-handlers.js";
import { createImportHandlers, createTasteHandlers } from "./taste.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../core/profile.js").Settings} Settings
 * @typedef {import("../generated/contract-types.js").State} State
 * @typedef {object} Parts what the handlers work with
 * @property {import("./store.js").GetProfile} getProfile
 * @property {import("./server.js").ServerSource} server
 * @property {import("./pairing.js").Pairings} pairings
 * @property {import("./sync.js").Sync} sync
 * @property {import("./model.js").ModelSource} model
 * @property {import("./consent.js").Consent} consent
 * @property {import("./tabs.js").Tabs} tabs
 * @property {ReturnType<typeof import("./recommendations.js").createRecommendations>} recommendations
 * @property {import("./shelf.js").Shelves} shelves
 * @property {import("./packs.js").Packs} packs
 * @property {import("./shelf-opener.js").ShelfOpener} opener
 * @property {ReturnType<typeof import("./state.js").createStateReader>} stateOf
 * @property {import("./badge.js").Badge} badge
 * @property {import("./lists-ahead.js").ListsAhead} listsAhead
 * @property {import("./page-learner.js").PageLearner} pageLearner
 * @property {import("./page-readings.js").PageReadings} readings
 * @property {() => Promise<void>} announceChange
 * @property {() => Promise<void>} announceErasure
 * @property {() => number} now milliseconds since 1970
 */

/**
 * @param {Parts} parts
 * @returns {Omit<Handlers, "state.get" | "recommend" | "shelf.read" | "shelf.stop" | keyof ReturnType<typeof createItemHandlers> | keyof ReturnType<typeof createPageHandlers> | keyof ReturnType<typeof createSettingsHandlers> | `sync.${string}` | `taste.${string}` | `import.${string}`>} handlers that change or hand out the profile
 */
function profileHandlers(parts) {
  const { getProfile, consent, stateOf, ...announcers } = parts;
  const forgetServer = createForgetting(parts);
  /** Tell the other open pages of a change: a panel may have to rank anew. @param {number} [tabId] @returns {Promise<State>} */
  async function changed(tabId) {
    await announcers.announceChange();
    return stateOf(tabId);
  }
  return {
    async "consent.ask"({ shop, tabId }) {
      await consent.noteQuestion(shop, tabId);
      return {};
    },
    async "consent.set"({ shop, allowed, tabId }) {
      await consent.set(shop, allowed, tabId);
      return { state: await changed(tabId) };
    },
    async "pause.set"({ paused }) {
      await (await getProfile()).changeSettings({ paused });
      return { state: await changed() };
    },
    async "profile.erase"() {
      const profile = await getProfile();
      const before = profile.settings;
      await profile.erase();
      await forgetServer({ ...before, consents: {} });
      await consent.withdrawAll(Object.keys(before.consents));
      await announcers.announceErasure();
      await consent.forgetPages();
      return { state: await stateOf() };
    },
    "profile.export": async () => ({ profile: (await getProfile()).export() }),
    async "images.show"({ urls }) {
      const profile = await getProfile();
      for (const note of notesOf(urls)) await profile.addToLedger(note);
      return {};
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
  const { tabs, model, recommendations, shelves, stateOf, badge, listsAhead, sync } = parts;
  const pageHandlers = createPageHandlers(parts);
  return {
    ...profileHandlers(parts),
    ...createSettingsHandlers(parts),
    ...createSyncHandlers(parts),
    ...createItemHandlers(parts),
    ...pageHandlers,
    ...createTasteHandlers(parts),
    ...createImportHandlers(parts),
    async "page.seen"(fields, sender) {
      const reply = await pageHandlers["page.seen"](fields, sender);
      // Not awaited: the page waits for no ranking.
      const tab = /** @type {chrome.tabs.Tab} */ (sender.tab);
      badge.show(shopOf(fields.url), /** @type {number} */ (tab.id)).catch(console.error);
      listsAhead.prepare(shopOf(fields.url), tab).catch(console.error);
      return reply;
    },
    async "state.get"({ tabId }) {
      return { state: await stateOf(tabId) };
    },
    async recommend({ tabId, choice = {}, isFaceted = false }) {
      model.prepare();
      const tab = await tabs.describe(tabId);
      if (!tab?.shop)
        throw new CarryoverError("no_shop", "Open a shop's page, and click Carryover's icon in the toolbar there.");
      // Not awaited: the panel waits for no other browser.
      refresh(sync, parts).catch(console.error);
      const wanted = { shop: tab.shop, tabId: tab.tabId, choice, isFaceted };
      return { recommendations: await recommendations(wanted) };
    },
    async "shelf.read"({ tabId }) {
      await shelves.read(await tabs.describe(tabId));
      return { state: await stateOf(tabId) };
    },
    async "shelf.stop"({ tabId }) {
      await shelves.stop((await tabs.describe(tabId))?.shop);
      return { state: await stateOf(tabId) };
    },
  };
}
