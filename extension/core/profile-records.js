// @ts-check
import { toHex } from "../values/encoding.js";

/**
 * @typedef {import("../generated/contract-types.js").KeptInteraction} KeptInteraction
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").SavedItem} SavedItem
 * @typedef {import("../generated/contract-types.js").InteractionKind} Kind
 * @typedef {{product: KeptProduct, kind: Kind, space: string, embedding: string, adds?: 0 | 1}} Happened now; `adds` 0: only what is kept of it
 *   changes
 * @typedef {{happened?: Happened[], past?: Omit<KeptInteraction, "id">[], saved?: SavedItem[]}} Told of products
 */

/** Return a random id of 32 hexadecimal digits, which tells nothing about the record. @returns {string} */
export function randomId() {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}

/**
 * Compare by time, and what has one time by its id, so that a profile that is opened again keeps the order.
 * @param {{ time: string, id: string }} a
 * @param {{ time: string, id: string }} b
 */
export function newestFirst(a, b) {
  if (a.time !== b.time) return a.time < b.time ? 1 : -1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/**
 * Return the time of a request that the ledger notes: now, or just after the one before, so that those of one millisecond keep their order.
 * @param {number} now @param {{time: string}} [latest] request in the ledger
 * @returns {string}
 */
export function requestTime(now, latest) {
  const sinceLatest = latest ? now - Date.parse(latest.time) : 1;
  // A clock that was set back by more is believed.
  const isSameMoment = sinceLatest <= 0 && sinceLatest > -1_000;
  return new Date(isSameMoment ? now - sinceLatest + 1 : now).toISOString();
}

/**
 * Return an interaction as it is kept. The same kind with the same item on the same day is one interaction: its time becomes now and its
 * weight grows, to 5 at most.
 * @param {KeptInteraction[]} kept
 * @param {Omit<KeptInteraction, "id" | "weight"> & {adds: 0 | 1}} happened `adds` 0: only what is kept of it changes
 * @returns {KeptInteraction | null} null where it adds nothing to nothing
 */
export function repeated(kept, { adds, ...happened }) {
  const { kind, time, product } = happened;
  const same = kept.find(
    (one) =>
      one.kind === kind &&
      one.product.shop === product.shop &&
      one.product.itemId === product.itemId &&
      one.time.slice(0, 10) === time.slice(0, 10),
  );
  if (!same && adds === 0) return null;
  return { id: same?.id ?? randomId(), ...happened, weight: Math.min(5, (same?.weight ?? 0) + adds) };
}

/**
 * Return the records of what is told of products.
 * @param {Told} told @param {KeptInteraction[]} before what is kept already @param {string} time of what happens now
 * @returns {{kind: string, id: string, value: KeptInteraction | SavedItem}[]}
 */
export function entriesOf({ happened = [], past = [], saved = [] }, before, time) {
  /** @type {Map<string, KeptInteraction>} by id: two things that are told at once may be one interaction */
  const changed = new Map();
  for (const { product, kind, space, embedding, adds = 1 } of happened) {
    const kept = repeated([...changed.values(), ...before], { product, kind, space, embedding, adds, time });
    if (kept) changed.set(kept.id, kept);
  }
  const interactions = [...changed.values(), ...past.map((one) => ({ id: randomId(), ...one }))];
  return [
    ...interactions.map((value) => ({ kind: "interaction", id: value.id, value })),
    ...saved.map((value) => ({ kind: "saved", id: value.id, value })),
  ];
}

/** Return the ids of all parts of a shelf. @param {KeptShelf} shelf @returns {string[]} */
export function partsOf({ parts, addressesId, momentsId, ready }) {
  return [...parts.map(({ id }) => id), addressesId, momentsId, ready?.rankingId, ready?.cardsId].filter(
    (id) => id !== undefined,
  );
}

/** Return the packs of a shop: the one that serves, and one that is on its way. @param {KeptShelf[]} shelves @param {string} shop */
export const packsOf = (shelves, shop) => shelves.filter((one) => one.shop === shop && one.kind === "pack");

/** Return the list of packs, for an export. @param {object[]} kept records of that kind, one at most @returns {{packList?: import("../generated/contract-types.js").KeptPackList}} */
export const packListOf = ([list]) =>
  list ? { packList: /** @type {import("../generated/contract-types.js").KeptPackList} */ (list) } : {};
