// @ts-check
// Service worker (Chromium) or event page (Firefox): composes the background's parts and adds its listeners. The listeners are
// added at the top level, so that a wake-up never misses an event. What the worker remembers, storage holds too.
import { createActs } from "./background/acts.js";
import { createBadge } from "./background/badge.js";
import { createConsent } from "./background/consent.js";
import { createContentScripts } from "./background/content-scripts.js";
import { createForgettingRest } from "./background/forgetting.js";
import { createHandlers } from "./background/handlers.js";
import { createHeldActs } from "./background/held-acts.js";
import { createListsAhead } from "./background/lists-ahead.js";
import { createMeansSource } from "./background/means.js";
import { createModelSource } from "./background/model.js";
import { createOpenPages } from "./background/open-pages.js";
import { createOwnSource } from "./background/own-source.js";
import { createPackClient } from "./background/pack-client.js";
import { createPackList } from "./background/pack-list.js";
import { createPackLoads } from "./background/pack-loads.js";
import { createPackSource } from "./background/pack-source.js";
import { createPacks } from "./background/packs.js";
import { createHolding } from "./background/page-handlers.js";
import { createPageLearner } from "./background/page-learner.js";
import { createPageReadings } from "./background/page-readings.js";
import { createPageSource } from "./background/page-source.js";
import { createPairings } from "./background/pairing.js";
import { createPublicFetch } from "./background/public-fetch.js";
import { createRecommendations } from "./background/recommendations.js";
import { createServerSource } from "./background/server.js";
import { createShelves } from "./background/shelf.js";
import { createShelfOpener } from "./background/shelf-opener.js";
import { createReadings } from "./background/shelf-readings.js";
import { createShelfSource } from "./background/shelf-source.js";
import { createShopClient } from "./background/shop-client.js";
import { createAnnouncer, createStateReader } from "./background/state.js";
import { createProfileStore } from "./background/store.js";
import { createSync } from "./background/sync.js";
import { createTabs } from "./background/tabs.js";
import { createTowersAsk } from "./background/towers-client.js";
import { LOCK_ALARM, createLock, createVault } from "./background/vault.js";
import { wait } from "./background/wait.js";
import { BUNDLE_CACHE, PACKAGED, packagedFiles } from "./core/bundle.js";
import { createListener } from "./messaging/messages.js";
import { argon2id } from "./vendor/argon2.mjs";

const browser = chrome;
const now = () => Date.now();
const contentScripts = createContentScripts({ browser });
const openCache = () => caches.open(BUNDLE_CACHE);
const forgetRest = createForgettingRest({ browser, contentScripts, openCache });
const vault = createVault({ browser, argon2: argon2id, now, forgetRest });
const getProfile = createProfileStore({ vault, now, onUse: () => lock.use() });
const ask = createTowersAsk({
  browser,
  loadHandlers: async () => (await import("./offscreen/handlers.js")).createTowersHandlers(),
});
const tabs = createTabs({ browser, contentScripts, ask });
const consent = createConsent({ browser, getProfile, contentScripts, inject: tabs.inject, now });
const openPages = createOpenPages({ browser, getProfile, contentScripts, tabs });
const acts = createActs(createHeldActs({ browser, mayHold: createHolding({ getProfile }), now }));
const pairings = createPairings({ browser, getProfile });
const server = createServerSource({ browser, getProfile, pairings, now });
const model = createModelSource({
  getProfile,
  getServer: server.getServer,
  ask,
  packaged: packagedFiles(browser.runtime.getURL(PACKAGED)),
  openCache,
  now,
});
const means = createMeansSource({ getProfile, getServer: server.getServer, now });
const announceChange = createAnnouncer({ browser });
const announceErasure = createAnnouncer({ browser, isErased: true });
const lock = createLock({ browser, vault, getProfile, announceErasure, now });
const sync = createSync({ getProfile, getServer: server.getServer, model, announceChange, now });
const opener = createShelfOpener({ getProfile, model });
const publicFetch = createPublicFetch({ getProfile });
const fetchAnswer = createShopClient({ publicFetch });
const readings = createReadings({ getProfile, model, ask, fetchAnswer, wait, announceChange, now, opener });
const shelves = createShelves({ getProfile, model, readings, now });
const fetchFile = createPackClient({ browser, publicFetch });
const packs = createPacks({
  getProfile,
  model,
  list: createPackList({ getProfile, fetchFile, now }),
  loads: createPackLoads({ getProfile, model, fetchFile, opener, announceChange, now }),
  now,
});
// The first that can serve a shop is taken: the one that sends the fewest bytes about a person. The page serves every shop.
const fromShelf = createShelfSource({ getProfile, model, shelves, opener });
const fromPack = createPackSource({ getProfile, model, packs, opener });
const fromPage = createPageSource({ getProfile, model, tabs });
const recommendations = createRecommendations({
  sources: [fromShelf, fromPack, createOwnSource({ getProfile, server, model, means }), fromPage],
});
// The number on the icon and a list ahead come without a question of the shopper: they use only sources that send nothing.
const fromKept = createShelfSource({ getProfile, model, shelves: { of: shelves.kept }, opener });
const badge = createBadge({
  browser,
  getProfile,
  recommendations: createRecommendations({ sources: [fromKept, fromPage] }),
});
const pageReadings = createPageReadings({ browser });
const stateOf = createStateReader({ getProfile, tabs, readings: pageReadings });
/** Report what failed in the background; a profile that is locked is no failure. @param {unknown} error */
function report(error) {
  if (/** @type {{code?: string}} */ (error)?.code !== "locked") console.error(error);
}
const handlers = createHandlers({
  getProfile,
  vault,
  lock,
  onOpened: async () => {
    shelves.resume().catch(report);
    await consent.restore().catch(report);
  },
  server,
  pairings,
  sync,
  model,
  consent,
  tabs,
  recommendations,
  shelves,
  packs,
  opener,
  stateOf,
  badge,
  listsAhead: createListsAhead({ browser, getProfile, shelves, source: fromKept, stateOf, wait }),
  pageLearner: createPageLearner({ model, tabs, ask }),
  readings: pageReadings,
  acts,
  openPages,
  announceChange,
  announceErasure,
  now,
});

browser.runtime.onMessage.addListener(createListener("background", acts.wrap(handlers)));
browser.permissions.onAdded.addListener(({ origins = [] }) => {
  consent.onGranted(origins).then(announceChange).catch(report);
});
browser.permissions.onRemoved.addListener(() => {
  consent.onRevoked().then(announceChange).catch(report);
});
acts.resume().catch(report);
browser.alarms.onAlarm.addListener(({ name }) => {
  if (name === LOCK_ALARM) lock.lock().catch(report);
});
shelves.resume().catch(report);
browser.runtime.onInstalled.addListener(({ reason }) => {
  const restored = consent.restore();
  (reason === "update" ? restored.then(openPages.readOn) : restored).catch(report);
});
browser.runtime.onStartup.addListener(() => {
  consent.restore().catch(report);
  vault.tidy().catch(report);
});
