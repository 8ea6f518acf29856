// @ts-check
import { fromBase64, toBase64 } from "../values/encoding.js";

/**
 * What a removal takes from the profile, and what undoing it puts back.
 * @typedef {import("../generated/contract-types.js").ForgottenShop} ForgottenShop
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").Removal} Removal
 * @typedef {import("../generated/contract-types.js").SavedItem} SavedItem
 * @typedef {import("./vault/database.js").StoredPart} StoredPart
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

/**
 * Return what a removal changes: the records that go, and the entries of the ledger that are shortened.
 * @param {{interactions: KeptInteraction[], ledger: LedgerEntry[], saved: SavedItem[]}} kept
 * @param {{isRemoved: (one: KeptInteraction) => boolean, savedIds: string[]}} wanted
 * @returns {{removal: Omit<Removal, "profileId">, entries: {kind: string, id: string, value: LedgerEntry}[], ids: string[]}} `ids` of the records that go
 */
export function removalOf(kept, { isRemoved, savedIds }) {
  const removed = kept.interactions.filter(isRemoved);
  const gone = new Set(removed);
  const left = kept.interactions.filter((one) => !gone.has(one));
  const changes = shortened(removed, left, kept.ledger);
  const changed = new Set(changes.map(({ id }) => id));
  const saved = kept.saved.filter(({ id }) => savedIds.includes(id));
  const before = kept.ledger.filter(({ id }) => changed.has(id));
  return {
    removal: { interactions: removed, ledger: before, ...(saved.length > 0 && { saved }) },
    entries: changes.map((value) => ({ kind: "ledger", id: value.id, value })),
    ids: [...removed, ...saved].map(({ id }) => id),
  };
}

/** Return the records that undoing a removal puts back. @param {Removal} removal @param {LedgerEntry[]} present of the ledger */
export function restored({ interactions, ledger, saved = [] }, present) {
  const known = new Set(present.map(({ id }) => id));
  return [
    ...interactions.map((value) => ({ kind: "interaction", id: value.id, value })),
    ...ledger.filter(({ id }) => known.has(id)).map((value) => ({ kind: "ledger", id: value.id, value })),
    ...saved.map((value) => ({ kind: "saved", id: value.id, value })),
  ];
}

/** @param {Omit<ForgottenShop, "parts">} shop @param {(StoredPart | undefined)[]} parts @returns {ForgottenShop} what a message can carry */
export function forgotten(shop, parts) {
  const sealed = parts.flatMap((part) => (part ? [{ id: part.id, envelope: toBase64(part.envelope) }] : []));
  return { ...shop, parts: sealed };
}

/** @param {ForgottenShop["parts"]} parts @returns {StoredPart[]} */
export const storedParts = (parts) => parts.map(({ id, envelope }) => ({ id, envelope: fromBase64(envelope) }));

/** @param {KeptShelf} shelf @returns {KeptShelf} it without a reading that nobody continues; a pack's download continues by itself */
export const interrupted = (shelf) =>
  shelf.status === "reading" && shelf.kind !== "pack" ? { ...shelf, status: "stopped" } : shelf;
