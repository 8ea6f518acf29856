// @ts-check

/**
 * What the shopper saved for later, in the encrypted profile. It is theirs: neither the retention nor a withdrawn consent takes it away,
 * only they do, or the erasure of everything.
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").SavedItem} SavedItem
 * @typedef {Pick<import("./profile.js").Profile, "others">} Records
 */

const KIND = "saved";

/** @param {Records} profile @returns {SavedItem[]} the newest first */
export function savedIn(profile) {
  const items = /** @type {SavedItem[]} */ (profile.others(KIND));
  return items.sort((a, b) => (a.savedAt < b.savedAt ? 1 : -1));
}

/** @param {SavedItem} saved @param {{shop: string, itemId: string}} item */
const isOf = (saved, { shop, itemId }) => saved.shop === shop && saved.card.itemId === itemId;

/**
 * Return what is saved, each with the wish-list interactions by which it counts for the taste.
 * @param {Pick<import("./profile.js").Profile, "others" | "interactions">} profile
 * @returns {import("../generated/contract-types.js").SavedThing[]} the newest first
 */
export function savedThings(profile) {
  const wishes = profile.interactions().filter(({ kind }) => kind === "wishlist");
  return savedIn(profile).map((saved) => {
    const { id: savedId, savedAt: time, shop, card } = saved;
    const ids = wishes.filter(({ product }) => isOf(saved, product)).map(({ id }) => id);
    return { savedId, ids, shop, url: card.url, title: card.title, time };
  });
}

/** Return the ids of the records of an item that is saved. @param {Records} profile @param {{shop: string, itemId: string}} item @returns {string[]} */
export const savedIdsOf = (profile, item) =>
  savedIn(profile)
    .filter((one) => isOf(one, item))
    .map(({ id }) => id);
