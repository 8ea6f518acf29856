// @ts-check
// Everything in a store that may be used, readable: to encrypt it anew, and to put back what is missing.
import { decrypt } from "../envelope.js";
import { PART_KIND, partsIn, purposeOf } from "./building.js";
import { storedIn } from "./database.js";
import { isListed, readRecords, readable } from "./reading.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("./building.js").ReadPart} ReadPart
 * @typedef {import("./database.js").StoredPart} StoredPart
 * @typedef {import("./reading.js").Index} Index
 * @typedef {import("./reading.js").Opener} Opener
 * @typedef {import("./reading.js").ReadRecord} ReadRecord
 * @typedef {{records: ReadRecord[], parts: ReadPart[], storedIds: Set<unknown>}} Content `storedIds`: of what is there, whether it may be used or not
 */

/** @param {StoredPart} part @param {Opener} opener @returns {Promise<Bytes>} @throws {import("../../values/errors.js").EnvelopeError} */
export const openPart = async ({ id, envelope }, { profileId, dataKey }) =>
  decrypt(dataKey, envelope, { profileId, purpose: purposeOf(PART_KIND, id) });

/** @param {import("./database.js").Database} database @param {Index} index @param {Opener} opener @returns {Promise<Content>} */
export async function contentIn(database, index, opener) {
  const [found, parts] = await database.run("readonly", (places) => Promise.all([storedIn(places), partsIn(places)]));
  const { records } = await readRecords(found, index, opener);
  const usable = /** @type {StoredPart[]} */ (parts).filter((part) => isListed(index, part?.id, part?.envelope, true));
  const read = await Promise.all(
    usable.map((part) => readable(async () => ({ id: part.id, bytes: await openPart(part, opener) }))),
  );
  const stored = [...found.records, ...parts].map((one) => /** @type {{id?: unknown} | null} */ (one)?.id);
  return { records, parts: read.filter((one) => one !== null), storedIds: new Set(stored) };
}

/**
 * Return what a store holds together with what it lacks, from a copy. What may be used is at least as new as the copy, and what was deleted stays
 * deleted. Not deleted is what a page lists; what lies there unlisted, because a damaged page was replaced; and all that a damaged page may have listed.
 * @param {Content} content @param {Content} copy @param {Index} index of the store
 * @returns {Content}
 */
export function mended({ records, parts, storedIds }, copy, { pages }) {
  const usable = new Set([...records, ...parts].map(({ id }) => id));
  const isLacking = (/** @type {{id: string}} */ { id }) =>
    !usable.has(id) && (storedIds.has(id) || pages.get(id[0])?.has(id) !== false);
  return {
    records: [...records, ...copy.records.filter(isLacking)],
    parts: [...parts, ...copy.parts.filter(isLacking)],
    storedIds,
  };
}
