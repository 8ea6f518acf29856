// @ts-check
import { CarryoverError, ServerError } from "../values/errors.js";
import { dismiss, isOwnServer, learn, recommendOwn, recommendPage } from "../core/recommender.js";
import { shopOf } from "../values/identity.js";
import { noteQuestion, setConsent, withdrawAll } from "./consent.js";
import { forgetModel, forgetServer, getKnownShops, getModel, getServer } from "./model.js";
import { getProfile } from "./store.js";
import { describeTab, readPage } from "./tabs.js";
import { ask } from "./towers-client.js";

/** @typedef {import("../messaging/messages.js").Handler} Handler */
/** @typedef {import("../core/recommender.js").Recommendations} Recommendations */

const LEARNED_KINDS = ["view", "cart", "wishlist"];

/** @param {number} [tabId] @returns {Promise<Record<string, any>>} what the extension's own pages show */
async function stateOf(tabId) {
  const profile = await getProfile();
  const { consents, bundleUrl, ...settings } = profile.settings;
  const interactions = profile.interactions();
  const tab = await describeTab(tabId);
  return {
    ...settings,
    isOwnServer: isOwnServer(profile.settings),
    hasBundle: bundleUrl !== "",
    consents: Object.entries(consents).map(([shop, since]) => ({ shop, since })),
    numKnown: interactions.filter(({ kind }) => kind !== "dismiss").length,
    numDismissed: interactions.filter(({ kind }) => kind === "dismiss").length,
    unreadable: profile.unreadable,
    tab: tab && { ...tab, isConsented: tab.shop !== null && profile.isConsented(tab.shop) },
  };
}

/** Tells open pages of the extension that the profile changed; none may be open. */
export async function announceChange() {
  try {
    await chrome.runtime.sendMessage({ type: "state.changed" });
  } catch (error) {
    // "Receiving end does not exist": nobody is looking.
    if (!(error instanceof Error) || !/receiving end|message port closed/i.test(error.message)) throw error;
  }
}

/** @param {string} shop @param {number} tabId @returns {Promise<Recommendations>} */
async function fromPage(shop, tabId) {
  const { listing } = await readPage(tabId);
  return recommendPage({ shop, listing }, { profile: await getProfile(), model: await getModel() });
}

/** @param {string} shop @returns {Promise<Recommendations>} */
async function fromServer(shop) {
  const profile = await getProfile();
  const server = await getServer();
  try {
    return await recommendOwn({ shop }, { profile, server, model: await getModel() });
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== "space_mismatch") throw error;
    // The server changed its bundle since it was last asked: once more, with the new one.
    forgetModel();
    return recommendOwn({ shop }, { profile, server, model: await getModel() });
  }
}

/** @param {string} shop @param {number} tabId @returns {Promise<Recommendations & {problem?: {code: string, message: string}}>} */
async function recommendations(shop, tabId) {
  const { settings } = await getProfile();
  if (settings.mode === "page" || !isOwnServer(settings)) return fromPage(shop, tabId);
  try {
    if ((await getKnownShops()).has(shop)) return await fromServer(shop);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    // Without the server the page itself can still be ranked, if the towers are on this device.
    if (error.code === "server_unreachable" && !settings.bundleUrl) throw error;
    return { ...(await fromPage(shop, tabId)), problem: { code: error.code, message: error.message } };
  }
  return fromPage(shop, tabId);
}

/** @param {string} text @returns {string} the origin of a server @throws {CarryoverError} */
function serverOrigin(text) {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CarryoverError(
      "invalid_server",
      `Expected an address such as http://127.0.0.1:8710, got ${JSON.stringify(text)}.`,
    );
  }
  return new URL(text).origin;
}

/** @param {Record<string, any>} fields of settings.set @returns {Record<string, any>} */
function checkedSettings({ serverUrl, serverIsMine, mode }) {
  if (mode !== undefined && mode !== "auto" && mode !== "page") {
    throw new CarryoverError("invalid_mode", `Expected auto or page, got ${JSON.stringify(mode)}.`);
  }
  return {
    ...(serverUrl !== undefined && { serverUrl: serverOrigin(serverUrl) }),
    ...(serverIsMine !== undefined && { serverIsMine }),
    ...(mode !== undefined && { mode }),
  };
}

/** @type {Record<string, Handler>} */
export const handlers = {
  async "page.seen"({ html, url, kind }, sender) {
    const shop = sender.url && shopOf(sender.url);
    if (!sender.tab || shopOf(url) !== shop)
      throw new CarryoverError("forbidden_sender", "A page may speak about its own shop only.");
    if (!LEARNED_KINDS.includes(kind))
      throw new CarryoverError("invalid_message", `kind must be one of ${LEARNED_KINDS.join(", ")}.`);
    const profile = await getProfile();
    // Not even read without consent; the filter asks again, about the product itself.
    if (!profile.isConsented(shop)) return { stored: false, reason: "no_consent" };
    if (profile.settings.paused) return { stored: false, reason: "paused" };
    const { product } = await ask({ type: "page.read", html, url, hidden: [] });
    const learned = await learn({ product, kind, incognito: sender.tab.incognito }, { profile, model: getModel });
    if (learned.stored) await announceChange();
    return learned;
  },
  async "state.get"({ tabId }) {
    return { state: await stateOf(tabId) };
  },
  async "consent.ask"({ shop, tabId }) {
    await noteQuestion(shop, tabId);
    return {};
  },
  async "consent.set"({ shop, allowed, tabId }) {
    await setConsent(shop, allowed, tabId);
    return { state: await stateOf(tabId) };
  },
  async "pause.set"({ paused }) {
    await (await getProfile()).changeSettings({ paused });
    return { state: await stateOf() };
  },
  async "profile.erase"() {
    const profile = await getProfile();
    const shops = Object.keys(profile.settings.consents);
    await profile.erase();
    forgetServer();
    await withdrawAll(shops);
    return { state: await stateOf() };
  },
  async "profile.export"() {
    return { profile: (await getProfile()).export() };
  },
  async "settings.set"(fields) {
    await (await getProfile()).changeSettings(checkedSettings(fields));
    forgetServer();
    return { state: await stateOf() };
  },
  async recommend({ tabId }) {
    const tab = await describeTab(tabId);
    if (!tab?.shop)
      throw new CarryoverError("no_shop", "Open a shop's page, and click Carryover's icon in the toolbar there.");
    return { recommendations: await recommendations(tab.shop, tab.tabId) };
  },
  async "item.dismiss"({ item }) {
    await dismiss(item, { profile: await getProfile(), model: getModel });
    return { stored: true };
  },
  async "ledger.get"() {
    return { entries: (await getProfile()).ledger() };
  },
};
