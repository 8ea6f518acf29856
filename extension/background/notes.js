// @ts-check
// Values beside the database: in chrome.storage.local what outlives the browser, in chrome.storage.session what lives in memory only.
import { HELD } from "../messaging/offers.js";

/** Key of the data key in session storage while the profile is unlocked. */
export const UNLOCKED = "unlocked";

/**
 * Return one value of a storage area.
 * @param {chrome.storage.StorageArea} area @param {string} key
 * @returns {import("../core/vault/marker.js").Note}
 */
export function noteIn(area, key) {
  return {
    read: async () => /** @type {Record<string, unknown>} */ (await area.get(key))[key] ?? null,
    write: (value) => area.set({ [key]: value }),
    remove: () => area.remove(key),
  };
}

/**
 * Return a note that is no obstacle where the browser's files are damaged: what cannot be read is not there, and what cannot be written is missing.
 * @param {import("../core/vault/marker.js").Note} note
 * @returns {import("../core/vault/marker.js").Note}
 */
export function lenient({ read, write, remove }) {
  const warn = (/** @type {unknown} */ error) => {
    console.warn(error);
    return null;
  };
  return {
    read: () => read().catch(warn),
    write: async (value) => void (await write(value).catch(warn)),
    remove: async () => void (await remove().catch(warn)),
  };
}

/**
 * Delete what pages and panels remember of shops. The key stays: withdrawing a consent does not lock the profile. Acts that are held stay, too: they
 * are checked when they are kept.
 * @param {typeof chrome} browser
 */
export async function clearVisits(browser) {
  const kept = Object.keys(await browser.storage.session.get(null));
  await browser.storage.session.remove(kept.filter((key) => key !== UNLOCKED && !key.startsWith(HELD)));
}
