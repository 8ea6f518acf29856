// @ts-check
// Reading a store by all rules of docs/envelope.md: what may be used of it, or why it may not be used.
import { assertNotOlder } from "./marker.js";
import { readIndex, readRecords } from "./reading.js";

/**
 * Return what may be used of a store.
 * @param {import("./marker.js").Marker | null} marker
 * @param {import("./database.js").Stored} stored
 * @param {import("./reading.js").Opener} opener of the identity that `identityOf` found in it
 * @returns {Promise<{index: import("./reading.js").Index, records: import("./reading.js").ReadRecord[], numSetAside: number}>}
 * @throws {import("../../values/errors.js").CarryoverError} store_damaged or store_older
 */
export async function readStore(marker, stored, opener) {
  const index = await readIndex(stored.index, opener);
  assertNotOlder(marker, index.counter);
  return { index, ...(await readRecords(stored, index, opener)) };
}
