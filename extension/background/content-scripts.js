// @ts-check
import { originPatternOf } from "../messaging/origins.js";

/** @typedef {ReturnType<typeof createContentScripts>} ContentScripts */

/** Classic scripts that run in a page, in this order. */
export const CONTENT_SCRIPTS = [
  "generated/private-addresses.js",
  "generated/click-words.js",
  "content/page-state.js",
  "content/clicks.js",
  "content/reader.js",
  "content/offers.js",
  "content/content.js",
  "content/product-image.js",
];

/** Tell the content script, which comes after it, that the page was read before. It runs in the page's tab. */
const markAsRead = () => {
  /** @type {typeof globalThis & {carryoverIsAgain?: boolean}} */ (globalThis).carryoverIsAgain = true;
};

const PREFIX = "shop ";

/** @param {string} shop @returns {chrome.scripting.RegisteredContentScript} what is registered for it */
const scriptOf = (shop) => ({
  id: PREFIX + shop,
  matches: [originPatternOf(shop)],
  js: CONTENT_SCRIPTS,
  runAt: "document_idle",
  persistAcrossSessions: true,
});

/**
 * Content scripts and host permissions of shops, as the browser keeps them.
 * @param {{browser: typeof chrome}} parts the browser's extension APIs
 */
export function createContentScripts({ browser }) {
  /** @param {string} shop @returns {Promise<chrome.scripting.RegisteredContentScript | undefined>} */
  const registeredOf = async (shop) =>
    (await browser.scripting.getRegisteredContentScripts({ ids: [PREFIX + shop] }))[0];

  /** @param {string} shop */
  async function add(shop) {
    const before = await registeredOf(shop);
    const script = scriptOf(shop);
    if (!before) await browser.scripting.registerContentScripts([script]);
    // A version before may have registered other files.
    else if (before.js?.join() !== CONTENT_SCRIPTS.join()) await browser.scripting.updateContentScripts([script]);
  }

  /** @param {string} shop */
  async function remove(shop) {
    if (await registeredOf(shop)) await browser.scripting.unregisterContentScripts({ ids: [PREFIX + shop] });
  }

  /** @type {Promise<void>} */
  let queue = Promise.resolve();

  /** @param {() => Promise<void>} change of what is registered, after all earlier ones */
  function inTurn(change) {
    const changed = queue.then(change);
    queue = changed.catch(() => undefined);
    return changed;
  }

  return {
    /** Return whether the browser lets the extension read the shop. @param {string} shop */
    isPermitted: (shop) => browser.permissions.contains({ origins: [originPatternOf(shop)] }),

    /**
     * Run the content script in every page of the shop that loads from now on. The browser tells of its permission while the panel that
     * asked for it sends the consent: both come here at once.
     * @param {string} shop
     */
    register: (shop) => inTurn(() => add(shop)),

    /** Return the shops whose content script is registered. @returns {Promise<string[]>} */
    async registered() {
      const all = await browser.scripting.getRegisteredContentScripts();
      return all.map(({ id }) => id.slice(PREFIX.length));
    },

    /** Remove the shop's content script, and give back a permission that the manifest does not require. @param {string} shop */
    async unregister(shop) {
      await inTurn(() => remove(shop));
      const origin = originPatternOf(shop);
      const isRequired = browser.runtime.getManifest().host_permissions?.includes(origin);
      if (!isRequired && (await browser.permissions.contains({ origins: [origin] })))
        await browser.permissions.remove({ origins: [origin] });
    },

    /** Remove every shop's content script, and give back every permission that the manifest does not require: a server's, too. */
    async withdrawAll() {
      for (const { id } of await browser.scripting.getRegisteredContentScripts())
        await inTurn(() => remove(id.slice(PREFIX.length)));
      const required = browser.runtime.getManifest().host_permissions ?? [];
      const { origins = [] } = await browser.permissions.getAll();
      const given = origins.filter((origin) => !required.includes(origin));
      if (given.length > 0) await browser.permissions.remove({ origins: given });
    },

    /**
     * Run the content script in a tab at once. A script that is already there ignores the second one.
     * @param {number} tabId @param {{isAgain?: boolean}} [how] `isAgain`: the page may have been read before, and was looked at once
     * @throws {unknown} the browser's refusal, where the extension may not see the page
     */
    async inject(tabId, { isAgain = false } = {}) {
      if (isAgain) await browser.scripting.executeScript({ target: { tabId }, func: markAsRead });
      await browser.scripting.executeScript({ target: { tabId }, files: CONTENT_SCRIPTS });
    },
  };
}
