// @ts-check
import { unlessDone } from "../core/acts.js";
import { DEFAULT_SETTINGS } from "../core/settings.js";
import { CarryoverError } from "../values/errors.js";
import { shopOf } from "../values/identity.js";
import { createFilterHandlers } from "./filter.js";
import { createItemHandlers } from "./item-handlers.js";
import { createPageHandlers, isUnusable } from "./page-handlers.js";
import { createScreenHandlers } from "./screen-handlers.js";
import { createForgetting, createSettingsHandlers } from "./settings-handlers.js";
import { notesOf } from "./shown-images.js";
import { refresh } from "./sync.js";
import { createSyncHandlers } from "./sync-handlers.js";
import { createImportHandlers, createTasteHandlers } from "./taste.js";
import { createVaultHandlers } from "./vault.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../core/profile.js").Settings} Settings
 * @typedef {import("../generated/contract-types.js").State} State
 * @typedef {object} Parts what the handlers work with
 * @property {import("./store.js").GetProfile} getProfile
 * @property {import("../core/vault/vault.js").Vault} vault
 * @property {import("./vault.js").Lock} lock
 * @property {() => Promise<void>} onOpened continues what waited for the profile
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
 * @property {import("./acts.js").Acts} acts
 * @property {import("./open-pages.js").OpenPages} openPages
 * @property {() => Promise<void>} announceChange
 * @property {() => Promise<void>} announceErasure
 * @property {() => number} now milliseconds since 1970
 */

/**
 * @param {Parts} parts
 * @returns {Omit<Handlers, "state.get" | "recommend" | "screen.tell" | "shelf.read" | "shelf.stop" | keyof ReturnType<typeof createItemHandlers> | `filter.${string}` | keyof ReturnType<typeof createPageHandlers> | keyof ReturnType<typeof createSettingsHandlers> | `sync.${string}` | `taste.${string}` | `import.${string}` | `vault.${string}`>} handlers that change or hand out the profile
 */
function profileHandlers(parts) {
  const { getProfile, vault, model, consent, stateOf } = parts;
  const forgetServer = createForgetting(parts);
  /** When the last erasure began. Not kept: when the background is ended, every page has long been told. */
  let erasedAt = -Infinity;

  /** Tell the other open pages of a change: a panel may have to rank anew. @param {number} [tabId] @returns {Promise<State>} */
  async function changed(tabId) {
    await parts.announceChange();
    return stateOf(tabId);
  }
  return {
    async "consent.ask"({ shop, tabId }) {
      await consent.noteQuestion(shop, tabId);
      return {};
    },
    async "consent.set"({ shop, allowed, tabId, actId }) {
      await consent.set(shop, allowed, { tabId, actId });
      return { state: await changed(tabId) };
    },
    async "pause.set"({ paused, actId }) {
      await unlessDone((await getProfile()).changeSettings({ paused }, actId));
      return { state: await changed() };
    },
    async "profile.erase"() {
      erasedAt = parts.now();
      // A profile that cannot be read can be erased.
      const profile = await getProfile().catch(() => null);
      const before = profile?.settings ?? DEFAULT_SETTINGS;
      // From here on nothing that is older is kept, whoever offers it.
      const erased = (profile ?? vault).erase();
      await Promise.all([erased, parts.acts.forget(), parts.openPages.forget()]);
      await forgetServer({ ...before, consents: {} });
      await model.dropDownloads();
      await parts.announceErasure();
      await consent.forgetPages();
      if (await vault.hasLeftFiles())
        throw new CarryoverError(
          "erase_incomplete",
          "Expected to delete all files, the browser cannot delete old ones.",
        );
      return { state: await stateOf() };
    },
    "profile.export": async () => ({ profile: (await getProfile()).export() }),
    async "images.show"({ urls, since }) {
      const profile = await getProfile();
      // Which images a page shows tells of the profile that it shows. A page that has not heard of the erasure yet shows the erased one.
      if (since <= erasedAt)
        throw new CarryoverError("erased", "Expected images of this profile, got those of an erased one.");
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
    ...createScreenHandlers(parts),
    ...createFilterHandlers(parts),
    ...pageHandlers,
    ...createTasteHandlers(parts),
    ...createImportHandlers(parts),
    ...createVaultHandlers(parts),
    async "page.seen"(fields, sender) {
      const reply = await pageHandlers["page.seen"](fields, sender);
      if (isUnusable(reply.reason)) return reply;
      // Not awaited: the page waits for no ranking.
      const tab = /** @type {chrome.tabs.Tab & {id: number}} */ (sender.tab);
      if (tab.id < 0) return reply;
      badge.show(shopOf(fields.url), tab.id).catch(console.error);
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
