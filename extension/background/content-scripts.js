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

/** Runs before the page is there. */
export const WAKE_SCRIPT = "content/wake.js";

/** Tell the content script, which comes after it, that the page was read before. It runs in the page's tab. */
const markAsRead = () => {
  /** @type {typeof globalThis & {carryoverIsAgain?: boolean}} */ (globalThis).carryoverIsAgain = true;
};

/** What ids of scripts begin with; the shop follows. */
const READ = "shop ";
const WAKE = "wake ";

/** @param {string} shop @returns {chrome.scripting.RegisteredContentScript[]} what is registered for it */
function scriptsOf(shop) {
  const common = { matches: [originPatternOf(shop)], persistAcrossSessions: true };
  return [
    { ...common, id: `${READ}${shop}`, js: CONTENT_SCRIPTS, runAt: "document_idle" },
    { ...common, id: `${WAKE}${shop}`, js: [WAKE_SCRIPT], runAt: "document_start" },
  ];
}

/**
 * Content scripts and host permissions of shops, as the browser keeps them.
 * @param {{browser: typeof chrome}} parts the browser's extension APIs
 */
export function createContentScripts({ browser }) {
  /** @param {string} shop @returns {Promise<chrome.scripting.RegisteredContentScript[]>} */
  const registeredOf = (shop) =>
    browser.scripting.getRegisteredContentScripts({ ids: scriptsOf(shop).map(({ id }) => id) });

  /** @param {string} shop */
  async function add(shop) {
    const before = await registeredOf(shop);
    // A version before may have registered other files.
    const isOld = (/** @type {chrome.scripting.RegisteredContentScript} */ { id, js }) =>
      before.some((one) => one.id === id && one.js?.join() !== js?.join());
    const scripts = scriptsOf(shop);
    const missing = scripts.filter(({ id }) => !before.some((one) => one.id === id));
    if (scripts.some(isOld)) await browser.scripting.updateContentScripts(scripts.filter(isOld));
    if (missing.length > 0) await browser.scripting.registerContentScripts(missing);
  }

  /** @param {string} shop */
  async function remove(shop) {
    const ids = (await registeredOf(shop)).map(({ id }) => id);
    if (ids.length > 0) await browser.scripting.unregisterContentScripts({ ids });
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
     * Run the content scripts in every page of the shop that loads from now on. The browser tells of its permission while the panel that
     * asked for it sends the consent: both come here at once.
     * @param {string} shop
     */
    register: (shop) => inTurn(() => add(shop)),

    /** Return the shops of which a content script is registered. @returns {Promise<string[]>} */
    async registered() {
      const all = await browser.scripting.getRegisteredContentScripts();
      return [...new Set(all.map(({ id }) => id.slice(READ.length)))];
    },

    /** Remove the shop's content script, and give back a permission that the manifest does not require. @param {string} shop */
    async unregister(shop) {
      await inTurn(() => remove(shop));
      const origin = originPatternOf(shop);
      const isRequired = browser.runtime.getManifest().host_permissions?.includes(origin);
      if (!isRequired && (await browser.permissions.contains({ origins: [origin] })))
        await browser.permissions.remove({ origins: [origin] });
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
