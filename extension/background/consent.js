// @ts-check
import { unlessDone } from "../core/acts.js";
import { originPatternOf } from "../messaging/origins.js";
import { CarryoverError } from "../values/errors.js";
import { clearVisits } from "./notes.js";

/** @typedef {ReturnType<typeof createConsent>} Consent */
/** @typedef {import("../generated/contract-types.js").ForgottenShop} ForgottenShop */
/** @typedef {{shop: string, tabId?: number, at: number}} Question */

const QUESTION_VALID_MS = 5 * 60_000;

/**
 * Consent of the shopper to learn from a shop. It has three parts that change together: the profile's record, the browser's
 * permission and the registered content script.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./content-scripts.js").ContentScripts} parts.contentScripts
 * @param {(tabId: number, how: {isAgain: boolean}) => Promise<void>} parts.inject runs the content script in an open tab
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createConsent({ browser, getProfile, contentScripts, inject, now }) {
  /**
   * Withdraw consent: the catalogues of the shop go, too, and what is known of its open pages.
   * @param {string} shop @param {string} [actId] @returns {Promise<ForgottenShop | null>} for `remember`; null where it was not allowed
   */
  async function forget(shop, actId) {
    const forgotten = await unlessDone((await getProfile()).forgetShop(shop, actId));
    await contentScripts.unregister(shop);
    await clearVisits(browser);
    return forgotten;
  }

  /**
   * Record or withdraw consent.
   * @param {string} shop @param {boolean} allowed
   * @param {{tabId?: number, actId?: string}} [how] `tabId`: a tab that shows the shop now, which is read without a reload
   * @throws {CarryoverError} permission_missing
   */
  async function set(shop, allowed, { tabId, actId } = {}) {
    if (!allowed) {
      await forget(shop, actId);
      return;
    }
    const profile = await getProfile();
    if (!(await contentScripts.isPermitted(shop))) {
      throw new CarryoverError("permission_missing", `The browser has not allowed Carryover to read ${shop}.`);
    }
    const done = await unlessDone(profile.setConsent(shop, true, actId).then(() => true));
    await contentScripts.register(shop);
    // Where the worker was stopped after it, the page was read already, or it was not.
    if (tabId !== undefined) await inject(tabId, { isAgain: done === null });
  }

  return {
    set,
    forget,

    /**
     * Undo `forget`, where the browser allows the shop again.
     * @param {string} profileId of the profile that it was taken from @param {ForgottenShop} forgotten
     * @returns {Promise<boolean>} whether the shop may be read again
     */
    async remember(profileId, forgotten) {
      if (!(await contentScripts.isPermitted(forgotten.shop))) return false;
      if (!(await (await getProfile()).rememberShop(profileId, forgotten))) return false;
      await contentScripts.register(forgotten.shop);
      return true;
    },

    /**
     * Note that the browser is about to ask the shopper for a permission. Its question closes the popup, so onGranted records
     * the answer. The note lives in storage.session: in memory, and kept when the worker dies meanwhile.
     * @param {string} shop @param {number} [tabId]
     */
    async noteQuestion(shop, tabId) {
      await browser.storage.session.set({ asked: { shop, tabId, at: now() } });
    },

    /** Record consent if the granted permission is the one asked for in the last five minutes. @param {string[]} origins */
    async onGranted(origins) {
      const { asked } = /** @type {{asked?: Question}} */ (await browser.storage.session.get("asked"));
      if (!asked || now() - asked.at > QUESTION_VALID_MS || !origins.includes(originPatternOf(asked.shop))) return;
      await browser.storage.session.remove("asked");
      await set(asked.shop, true, { tabId: asked.tabId });
    },

    /** Withdraw consent for every shop whose permission the shopper removed in the browser's own settings. */
    async onRevoked() {
      const profile = await getProfile();
      for (const shop of Object.keys(profile.settings.consents)) {
        if (!(await contentScripts.isPermitted(shop))) await set(shop, false);
      }
    },

    /**
     * Register the content script of every shop with consent: browsers forget it when the extension is updated. One of a shop without goes:
     * the worker may have ended between the withdrawal and this.
     */
    async restore() {
      const profile = await getProfile();
      for (const shop of Object.keys(profile.settings.consents)) await contentScripts.register(shop);
      for (const shop of await contentScripts.registered())
        if (!profile.isConsented(shop)) await contentScripts.unregister(shop);
    },

    /** Forget what pages remember once they heard of an erasure: until then a panel may have kept the list that it showed. */
    forgetPages: () => clearVisits(browser),
  };
}
