// @ts-check
import { CarryoverError } from "../values/errors.js";
import { shopOf } from "../values/identity.js";
import { unwrap } from "../messaging/messages.js";
import { inject } from "./consent.js";
import { ask } from "./towers-client.js";

/**
 * @typedef {object} TabDescription
 * @property {number} tabId
 * @property {string | null} url null where the browser does not let the extension see it
 * @property {string | null} shop
 * @property {boolean} isIncognito
 */

/** @param {number} [tabId] else the one in front @returns {Promise<TabDescription | null>} */
export async function describeTab(tabId) {
  const tab =
    tabId === undefined
      ? (await chrome.tabs.query({ active: true, lastFocusedWindow: true }))[0]
      : await chrome.tabs.get(tabId);
  if (tab?.id === undefined) return null;
  const url = tab.url && /^https?:/.test(tab.url) ? tab.url : null;
  return { tabId: tab.id, url, shop: url && shopOf(url), isIncognito: tab.incognito };
}

/** @param {number} tabId @returns {Promise<Record<string, any>>} the page's product and listing, read now */
export async function readPage(tabId) {
  await inject(tabId);
  const { html, url, hidden } = await pageOf(tabId);
  return ask({ type: "page.read", html, url, hidden });
}

/** @param {number} tabId */
async function pageOf(tabId) {
  try {
    return unwrap(await chrome.tabs.sendMessage(tabId, { type: "page.extract" }));
  } catch (error) {
    if (error instanceof CarryoverError) throw error;
    throw new CarryoverError("page_not_visible", "This page did not answer. Reload it and try again.", {
      cause: error,
    });
  }
}
