// @ts-check
import { CarryoverError } from "../values/errors.js";
import { originPatternOf } from "../messaging/origins.js";
import { getProfile } from "./store.js";

/** @param {string} shop */
const scriptId = (shop) => `shop ${shop}`;

/** @param {string} shop */
async function register(shop) {
  const present = await chrome.scripting.getRegisteredContentScripts({ ids: [scriptId(shop)] });
  if (present.length > 0) return;
  await chrome.scripting.registerContentScripts([
    {
      id: scriptId(shop),
      matches: [originPatternOf(shop)],
      js: ["content/content.js"],
      runAt: "document_idle",
      persistAcrossSessions: true,
    },
  ]);
}

/** @param {string} shop gives the browser's permission back too, where it was asked for */
async function unregister(shop) {
  const present = await chrome.scripting.getRegisteredContentScripts({ ids: [scriptId(shop)] });
  if (present.length > 0) await chrome.scripting.unregisterContentScripts({ ids: [scriptId(shop)] });
  const origin = originPatternOf(shop);
  const isRequired = chrome.runtime.getManifest().host_permissions?.includes(origin);
  if (!isRequired && (await chrome.permissions.contains({ origins: [origin] })))
    await chrome.permissions.remove({ origins: [origin] });
}

/** @param {number} tabId runs the content script at once; a second time does nothing */
export async function inject(tabId) {
  try {
    await chrome.scripting.executeScript({ target: { tabId }, files: ["content/content.js"] });
  } catch (error) {
    throw new CarryoverError(
      "page_not_visible",
      "Carryover cannot see this page. Click its icon in the toolbar while the shop's page is open.",
      { cause: error },
    );
  }
}

/** @param {string} shop @param {boolean} allowed @param {number} [tabId] a tab of the shop that is open now */
export async function setConsent(shop, allowed, tabId) {
  const profile = await getProfile();
  if (!allowed) {
    await profile.setConsent(shop, false);
    await unregister(shop);
    return;
  }
  if (!(await chrome.permissions.contains({ origins: [originPatternOf(shop)] }))) {
    throw new CarryoverError("permission_missing", `The browser has not allowed Carryover to read ${shop}.`);
  }
  await profile.setConsent(shop, true);
  await register(shop);
  if (tabId !== undefined) await inject(tabId);
}

const ASK_VALID_MS = 5 * 60_000;

/**
 * Notes that the browser is about to ask the shopper. Its question closes the popup that posed it, so the answer is taken up
 * here. In storage.session: in memory, and there when the worker died meanwhile.
 * @param {string} shop @param {number} [tabId]
 */
export async function noteQuestion(shop, tabId) {
  await chrome.storage.session.set({ asked: { shop, tabId, at: Date.now() } });
}

/** The browser gave a permission: if it is the one asked for, that is the consent. @param {string[]} origins */
export async function onGranted(origins) {
  const { asked } = /** @type {{asked?: {shop: string, tabId?: number, at: number}}} */ (
    await chrome.storage.session.get("asked")
  );
  if (!asked || Date.now() - asked.at > ASK_VALID_MS || !origins.includes(originPatternOf(asked.shop))) return;
  await chrome.storage.session.remove("asked");
  await setConsent(asked.shop, true, asked.tabId);
}

/** The shopper took permissions back in the browser's own settings: consent goes with them. */
export async function onRevoked() {
  const profile = await getProfile();
  for (const shop of Object.keys(profile.settings.consents)) {
    if (!(await chrome.permissions.contains({ origins: [originPatternOf(shop)] }))) await setConsent(shop, false);
  }
}

/** Browsers forget registrations on an update of the extension; the profile does not. */
export async function restoreContentScripts() {
  const { consents } = (await getProfile()).settings;
  for (const shop of Object.keys(consents)) await register(shop);
}

/** @param {string[]} shops whose content scripts and permissions go away */
export async function withdrawAll(shops) {
  for (const shop of shops) await unregister(shop);
}
