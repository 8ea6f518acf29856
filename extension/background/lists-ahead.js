// @ts-check
import { keepLastList, lastList } from "../messaging/last-list.js";
import { shopOf } from "../values/identity.js";

/** @typedef {ReturnType<typeof createListsAhead>} ListsAhead */

/** A page that has just been shown has enough to do: the list is made so much later. */
const AFTER_MS = 1500;

/**
 * Lists that are made before the panel is opened, so that it opens with one: once a visit, for the tab in front at a shop that the shopper
 * allowed and whose catalogue is on this device. Nothing is sent, and the list is kept where the panel keeps the one that it showed last.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {Pick<import("./shelf.js").Shelves, "kept">} parts.shelves
 * @param {import("./recommendations.js").Source} parts.source which sends nothing
 * @param {ReturnType<typeof import("./state.js").createStateReader>} parts.stateOf
 * @param {(ms: number, signal: AbortSignal) => Promise<void>} parts.wait
 */
export function createListsAhead({ browser, getProfile, shelves, source, stateOf, wait }) {
  /** Tabs for which a list is being made. @type {Set<number>} */
  const busy = new Set();

  /** @param {string} shop @param {number} tabId @returns {Promise<boolean>} whether the tab is in front, shows the shop and has no list, and one is allowed */
  async function isWanted(shop, tabId) {
    const profile = await getProfile();
    if (!profile.isConsented(shop) || profile.settings.paused || !(await shelves.kept(shop))) return false;
    const tab = await browser.tabs.get(tabId).catch(() => null);
    if (!tab?.active || !tab.url || shopOf(tab.url) !== shop) return false;
    return !(await lastList(tabId, browser));
  }

  /** @param {string} shop @param {number} tabId */
  async function make(shop, tabId) {
    if (!(await isWanted(shop, tabId))) return;
    await wait(AFTER_MS, new AbortController().signal);
    if (!(await isWanted(shop, tabId))) return;
    const answer = await source({ shop, tabId, choice: {}, isFaceted: false });
    if (!answer || answer.items.length === 0) return;
    const state = await stateOf(tabId);
    // The shopper may have left, opened the panel or withdrawn the consent meanwhile.
    if (await isWanted(shop, tabId)) await keepLastList({ state, answer }, browser);
  }

  return {
    /** Make a list for a tab that shows a shop, unless it has one. @param {string} shop @param {chrome.tabs.Tab} tab */
    async prepare(shop, { id, incognito }) {
      if (id === undefined || incognito || busy.has(id)) return;
      busy.add(id);
      await make(shop, id).finally(() => busy.delete(id));
    },
  };
}
