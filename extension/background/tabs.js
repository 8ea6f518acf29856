// @ts-check
import { unwrap } from "../messaging/messages.js";
import { CarryoverError } from "../values/errors.js";
import { shopOf } from "../values/identity.js";

/**
 * @typedef {ReturnType<typeof createTabs>} Tabs
 * @typedef {import("../generated/contract-types.js").TabDescription} TabDescription
 * @typedef {import("../messaging/messages.js").ReplyTo<"page.extract">} PageSnapshot
 */

/**
 * The browser's tabs, and the pages in them.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {import("./content-scripts.js").ContentScripts} parts.contentScripts
 * @param {import("./towers-client.js").Ask} parts.ask
 */
export function createTabs({ browser, contentScripts, ask }) {
  /** @param {number} tabId @param {{isAgain?: boolean}} [how] `isAgain`: it may have been read before @throws {CarryoverError} page_not_visible */
  async function inject(tabId, how) {
    try {
      await contentScripts.inject(tabId, how);
    } catch (error) {
      throw new CarryoverError(
        "page_not_visible",
        "Carryover cannot see this page. Click its icon in the toolbar while the shop's page is open.",
        { cause: error },
      );
    }
  }

  /** @param {number} tabId @returns {Promise<PageSnapshot>} the content script's answer to page.extract */
  async function pageOf(tabId) {
    try {
      return /** @type {PageSnapshot} */ (unwrap(await browser.tabs.sendMessage(tabId, { type: "page.extract" })));
    } catch (error) {
      if (error instanceof CarryoverError) throw error;
      throw new CarryoverError("page_not_visible", "This page did not answer. Reload it and try again.", {
        cause: error,
      });
    }
  }

  return {
    inject,

    /**
     * Describe a tab.
     * @param {number} [tabId] without it, the tab in front
     * @returns {Promise<TabDescription | null>} null where no tab is in front
     */
    async describe(tabId) {
      const tab =
        tabId === undefined
          ? (await browser.tabs.query({ active: true, lastFocusedWindow: true }))[0]
          : await browser.tabs.get(tabId);
      if (tab?.id === undefined) return null;
      const url = tab.url && /^https?:/.test(tab.url) ? tab.url : null;
      return { tabId: tab.id, url, shop: url && shopOf(url), isIncognito: tab.incognito };
    },

    /** @returns {Promise<{tabId: number, shop: string, title: string}[]>} the open pages of shops that the browser lets the extension see */
    async shopPages() {
      const open = await browser.tabs.query({});
      return open.flatMap(({ id, url, title = "" }) =>
        id !== undefined && url && /^https?:/.test(url) ? [{ tabId: id, shop: shopOf(url), title }] : [],
      );
    },

    /**
     * Read the image of a product on the page that a tab shows.
     * @param {number} tabId
     * @param {string} url
     * @param {{mayRequest: boolean}} how whether the page may read it from its address, or only what it shows
     * @returns {Promise<string>} base64, empty where it cannot be had
     * @throws {CarryoverError} page_not_visible, where the shopper has left the page
     */
    async readImage(tabId, url, { mayRequest }) {
      try {
        const answer = unwrap(await browser.tabs.sendMessage(tabId, { type: "page.image", url, mayRequest }));
        return /** @type {import("../messaging/messages.js").ReplyTo<"page.image">} */ (answer).image;
      } catch (error) {
        if (error instanceof CarryoverError) throw error;
        throw new CarryoverError("page_not_visible", "This page did not answer.", { cause: error });
      }
    },

    /**
     * Read the page that a tab shows now.
     * @param {number} tabId
     * @returns {Promise<import("../messaging/messages.js").ReplyTo<"page.read">>} its product and its listing
     * @throws {CarryoverError} page_not_visible
     */
    async readPage(tabId) {
      // A script that runs a second time reads its page anew and says so; whoever heard that and asked again would never end.
      const { html, url, hidden } = await pageOf(tabId).catch(async (error) => {
        if (error.code !== "page_not_visible") throw error;
        await inject(tabId);
        return pageOf(tabId);
      });
      return ask({ type: "page.read", html, url, hidden });
    },
  };
}
