// @ts-check
import { toHex } from "../values/encoding.js";

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

/** @param {import("../generated/contract-types.js").KeptShelf} shelf @returns {string[]} the ids of all its parts */
export function partsOf({ parts, addressesId, momentsId }) {
  return [...parts.map(({ id }) => id), addressesId, momentsId].filter((id) => id !== undefined);
}
