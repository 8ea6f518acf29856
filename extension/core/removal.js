// @ts-check

/**
 * @typedef {import("../generated/contract-types.js").KeptInteraction} KeptInteraction
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 * @typedef {import("../generated/contract-types.js").LedgerEntry} LedgerEntry
 */

/** The member of a request to the shopper's own server that holds their taste. */
const TASTE = '"vector":';

/** @param {KeptProduct} product @returns {string} the same for one item of one shop */
const keyOf = ({ shop, itemId }) => `${itemId} ${shop}`;

/**
 * Return the entries of the ledger that tell of items of which no interaction is left, without what they tell: an address that names such an
 * item is cut to its origin, and a body that names it, or holds a taste of its time, goes.
 * @param {KeptInteraction[]} removed @param {KeptInteraction[]} kept @param {LedgerEntry[]} ledger
 * @returns {LedgerEntry[]} the changed entries only
 */
export function shortened(removed, kept, ledger) {
  const left = new Set(kept.map(({ product }) => keyOf(product)));
  const gone = removed.filter(({ product }) => !left.has(keyOf(product)));
  if (gone.length === 0) return [];
  const ids = [...new Set(gone.map(({ product }) => product.itemId))];
  const addresses = new Set(gone.flatMap(({ product: { url, images = [] } }) => [url, ...images]));
  // An interaction that was repeated has the time of its last, and began on the same day.
  const since = gone.reduce((first, { time }) => (time < first ? time : first), gone[0].time).slice(0, 10);
  const isIdIn = (/** @type {string} */ text) => ids.some((id) => text.includes(id));
  const isAddressIn = (/** @type {string} */ body) => [...addresses].some((url) => body.includes(JSON.stringify(url)));
  return ledger.flatMap((entry) => {
    const isUrlCut = addresses.has(entry.url) || isIdIn(entry.url);
    const hasTaste = entry.time >= since && entry.body.includes(TASTE);
    const isBodyCut = hasTaste || isIdIn(entry.body) || isAddressIn(entry.body);
    if (!isUrlCut && !isBodyCut) return [];
    const url = isUrlCut ? `${new URL(entry.url).origin}/` : entry.url;
    return [{ ...entry, url, body: isBodyCut ? "" : entry.body, isShortened: true }];
  });
}
