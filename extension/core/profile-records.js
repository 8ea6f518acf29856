// @ts-check
import { toHex } from "../values/encoding.js";

/**
 * @typedef {import("../generated/contract-types.js").KeptInteraction} KeptInteraction
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
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

/** Return the reports of interest clusters, for an export. @param {object[]} kept records of that kind, one at most @returns {{interestReports?: import("../generated/contract-types.js").KeptReports}} */
export const reportsOf = ([reports]) =>
  reports ? { interestReports: /** @type {import("../generated/contract-types.js").KeptReports} */ (reports) } : {};
