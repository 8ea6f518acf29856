// @ts-check
import { dropDownloads } from "../core/bundle.js";
import { clearBadges } from "./badge.js";

/**
 * Return a function that deletes what tells of the shopper outside the store: notes in session storage, content scripts and permissions, downloaded
 * models, the numbers on the icon. An erase waits for it, and one that was interrupted does it again.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {import("./content-scripts.js").ContentScripts} parts.contentScripts
 * @param {() => Promise<import("../core/bundle.js").BundleCache>} parts.openCache
 * @returns {() => Promise<void>} which fails where one of them does, after it has tried the others
 */
export function createForgettingRest({ browser, contentScripts, openCache }) {
  return async () => {
    const done = await Promise.allSettled([
      browser.storage.session.clear(),
      contentScripts.withdrawAll(),
      openCache().then((cache) => dropDownloads(cache)),
      clearBadges(browser),
    ]);
    const failed = done.find((one) => one.status === "rejected");
    if (failed) throw failed.reason;
  };
}
