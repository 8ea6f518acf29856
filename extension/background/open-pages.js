// @ts-check

/** @typedef {ReturnType<typeof createOpenPages>} OpenPages */

/**
 * The pages of shops that are open when something changes for all of them.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./content-scripts.js").ContentScripts} parts.contentScripts
 * @param {import("./tabs.js").Tabs} parts.tabs
 */
export function createOpenPages({ browser, getProfile, contentScripts, tabs }) {
  return {
    /** Have every page forget what it has not told yet: everything is erased. */
    async forget() {
      const pages = await tabs.shopPages();
      const told = pages.map(({ tabId }) => browser.tabs.sendMessage(tabId, { type: "page.forget" }));
      // Pages without a content script do not hear it.
      await Promise.allSettled(told);
    },

    /** Read pages of allowed shops on after an update: the scripts of the version before have lost their other side. */
    async readOn() {
      const profile = await getProfile();
      const pages = await tabs.shopPages();
      for (const { tabId } of pages.filter(({ shop }) => profile.isConsented(shop)))
        // A page that may not be seen, or is being closed, has nothing to read on.
        await contentScripts.inject(tabId, { isAgain: true }).catch(console.warn);
    },
  };
}
