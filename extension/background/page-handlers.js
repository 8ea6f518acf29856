// @ts-check
import { admitKept, begin, keep } from "../core/door.js";
import { isPrivatePath } from "../core/privacy-filter.js";
import { CarryoverError } from "../values/errors.js";
import { shopOf } from "../values/identity.js";

/**
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {import("../core/profile.js").Kind} Kind
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("./page-learner.js").Learned} Learned
 * @typedef {import("./page-learner.js").Speaker} Speaker
 * @typedef {object} Parts
 * @property {import("./store.js").GetProfile} getProfile
 * @property {import("./page-learner.js").PageLearner} pageLearner
 * @property {import("./page-readings.js").PageReadings} readings
 * @property {() => Promise<void>} announceChange
 */

/** @type {Kind[]} */
const LEARNED_KINDS = ["view", "cart", "wishlist", "purchase"];

/** @param {string} url @param {chrome.runtime.MessageSender} sender @returns {Speaker} @throws {CarryoverError} forbidden_sender */
function speakerOf(url, sender) {
  const shop = sender.url && shopOf(sender.url);
  const tabId = sender.tab?.id;
  if (!shop || !sender.tab || tabId === undefined || shopOf(url) !== shop)
    throw new CarryoverError("forbidden_sender", "A page may speak about its own shop only.");
  return { tab: sender.tab, tabId, shop };
}

/** Larger pages are offered again by themselves alone: session storage has 10 MB. */
const MOST_HELD_CHARS = 1_000_000;

/**
 * Return a function that says whether an act of a page may be held in memory while it is worked on: only what may be learned is.
 * @param {Pick<Parts, "getProfile">} parts
 * @returns {(act: import("../messaging/messages.js").Message, sender: chrome.runtime.MessageSender) => Promise<boolean>}
 */
export function createHolding({ getProfile }) {
  return async ({ type, html, url = "" }, { tab, url: from = "" }) => {
    if (!["page.seen", "page.stayed"].includes(type) || !tab || tab.incognito || !URL.canParse(from)) return false;
    const isShort = typeof html !== "string" || html.length <= MOST_HELD_CHARS;
    if (!isShort || isPrivatePath(from) || (URL.canParse(String(url)) && isPrivatePath(String(url)))) return false;
    const profile = await getProfile();
    return !profile.settings.paused && profile.isConsented(shopOf(from));
  };
}

/** @param {string} name @returns {Kind} @throws {CarryoverError} invalid_message */
function learnedKind(name) {
  const kind = LEARNED_KINDS.find((one) => one === name);
  if (!kind) throw new CarryoverError("invalid_message", `kind must be one of ${LEARNED_KINDS.join(", ")}.`);
  return kind;
}

/** Why a profile takes nothing: it is locked, was erased meanwhile, or its store may not be used. */
const UNUSABLE = /^(?:locked|erased|store_\w+)$/;

/** @param {unknown} reason @returns {boolean} whether nothing was kept because the profile cannot be used */
export const isUnusable = (reason) => UNUSABLE.test(String(reason));

/**
 * Return what a handler replies, or that nothing was kept where the profile cannot be used: that is no error of a page.
 * @template T @param {() => Promise<T>} handle @returns {Promise<T | {stored: false, reason: string}>}
 */
async function kept(handle) {
  try {
    return await handle();
  } catch (error) {
    if (!(error instanceof CarryoverError) || !isUnusable(error.code)) throw error;
    return { stored: false, reason: error.code };
  }
}

/**
 * Return the handlers of what pages of shops tell: which product is on the screen, and what the shopper did with it.
 * @param {Parts} parts
 * @returns {Pick<Handlers, "page.seen" | "page.stayed" | "page.changed">}
 */
export function createPageHandlers({ getProfile, pageLearner, readings, announceChange }) {
  /** @param {Profile} profile @param {string} url @param {chrome.tabs.Tab} tab @param {Learned} learned */
  async function noteReading(profile, url, tab, { verdict, confidence, product, stored, reason }) {
    const isLearned = stored || profile.interactions().some((one) => one.product.itemId === product?.itemId);
    await readings.note(tab, url, {
      isLearned,
      ...(verdict && { verdict }),
      ...(confidence !== undefined && { confidence }),
      ...(!isLearned && reason && { reason }),
    });
  }

  /** @type {Handlers["page.seen"]} */
  const seenOn = async (fields, sender) => {
    const { tab, tabId, shop } = speakerOf(fields.url, sender);
    const seen = { ...fields, kind: learnedKind(fields.kind) };
    const profile = await getProfile();
    const act = begin(profile, { actId: seen.actId, isPrivate: tab.incognito });
    // Without consent the page is not even parsed. The door asks again, for the product itself.
    if (!profile.isConsented(shop)) return { stored: false, reason: "no_consent" };
    if (profile.settings.paused) return { stored: false, reason: "paused" };
    const { card } = seen;
    const learned =
      card === undefined
        ? await pageLearner.learnPage(act, seen, { tab, tabId, shop })
        : await pageLearner.learnCard(act, { ...seen, card }, { tab, tabId, shop });
    // Locked or erased meanwhile: the page is not even noted.
    if (profile.isClosed) return { stored: false, reason: "locked" };
    const isView = seen.kind === "view" && !tab.incognito;
    if (isView) await noteReading(profile, seen.url, tab, learned);
    if (isView || learned.stored || learned.reason === "taken_back") await announceChange();
    const { stored, reason, product } = learned;
    return { stored, ...(reason && { reason }), ...(product && { product }) };
  };
  /** @type {Handlers["page.stayed"]} */
  const stayedOn = async ({ itemId, actId }, sender) => {
    const { shop, tab } = speakerOf(sender.url ?? "", sender);
    const profile = await getProfile();
    const act = begin(profile, { actId, isPrivate: tab.incognito });
    const viewed = () =>
      profile
        .interactions()
        .find((one) => one.kind === "view" && one.product.shop === shop && one.product.itemId === itemId);
    const view = viewed();
    if (!view) return { stored: false };
    const { admitted } = await admitKept(view.product, "stay", act);
    if (!admitted) return { stored: false };
    const { kind, space, embedding } = view;
    const told = { of: admitted, kind, space, embedding, isStill: () => viewed() !== undefined };
    const { stored } = await keep({ now: [told] }, act);
    return { stored };
  };

  return {
    "page.seen": (fields, sender) => kept(() => seenOn(fields, sender)),
    "page.stayed": async (fields, sender) => ({ stored: (await kept(() => stayedOn(fields, sender))).stored }),

    async "page.changed"({ url }, sender) {
      const { tab } = speakerOf(url, sender);
      await kept(async () => {
        // While the profile is locked not even the page's address is noted. A page that changes by itself does not put off locking.
        await getProfile({ isUse: false });
        await readings.noteChange(tab, url);
        if (!tab.incognito) await announceChange();
      });
      return {};
    },
  };
}
