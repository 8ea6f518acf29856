// @ts-check
import { originOf } from "./packs.js";
import { shelfStateOf } from "./shelf.js";

/** @param {import("../core/profile.js").Profile} profile @returns {import("../generated/contract-types.js").PackOrigin[]} of the packs that can serve, by shop */
function packsIn(profile) {
  const packs = profile.shelves().filter(({ kind, numItems }) => kind === "pack" && numItems > 0);
  return packs.map(originOf).sort((a, b) => (a.shop < b.shop ? -1 : 1));
}

/** @param {import("../core/profile.js").Interaction[]} interactions @returns {number} how many things they are with, as "What it knows" counts them */
const numThings = (interactions) =>
  new Set(interactions.map(({ product }) => `${product.itemId} ${product.shop}`)).size;

/**
 * Return a function that describes the profile and one tab, for the extension's own pages.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./tabs.js").Tabs} parts.tabs
 * @param {import("./page-readings.js").PageReadings} parts.readings
 * @returns {(tabId?: number) => Promise<import("../generated/contract-types.js").State>} the `state` of contracts/messages.json
 */
export function createStateReader({ getProfile, tabs, readings }) {
  return async (tabId) => {
    const profile = await getProfile();
    const { consents, serverBundleUrl, ...settings } = profile.settings;
    const interactions = profile.interactions();
    const tab = await tabs.describe(tabId);
    return {
      ...settings,
      consents: Object.entries(consents).map(([shop, since]) => ({ shop, since })),
      numKnown: numThings(interactions.filter(({ kind }) => kind !== "dismiss")),
      numDismissed: interactions.filter(({ kind }) => kind === "dismiss").length,
      unreadable: profile.unreadable,
      packs: packsIn(profile),
      shelf: shelfStateOf(profile, tab?.shop),
      tab: tab && {
        ...tab,
        isConsented: tab.shop !== null && profile.isConsented(tab.shop),
        reading: await readings.of(tab.tabId, tab.url),
      },
    };
  };
}

/**
 * Return a function that tells open pages of the extension that the profile changed. None may be open, and one may be closed while it
 * hears of it: the browser then refuses the message in words of its own, and the change stands.
 * @param {{browser: typeof chrome, isErased?: boolean}} parts the browser's extension APIs; whether the change is an erasure
 */
export function createAnnouncer({ browser, isErased = false }) {
  return async () => {
    await browser.runtime.sendMessage({ type: "state.changed", ...(isErased && { isErased }) }).catch(() => undefined);
  };
}
