// @ts-check
// The marker outside the database: what it says about a store, by the table of docs/envelope.md.
import { CarryoverError } from "../../values/errors.js";
import { FORMAT, isRecordId } from "./index-format.js";
import { damaged } from "./reading.js";

/**
 * @typedef {{format: 2, profileId: string, fingerprint: string, counter: number, next?: string, isErasing?: boolean}} Marker
 * @typedef {{read: () => Promise<unknown>, write: (value: object) => Promise<void>, remove: () => Promise<void>}} Note one value outside the database
 * @typedef {import("./database.js").Stored} Stored
 * @typedef {import("./locks.js").Lock} Lock
 * @typedef {{format: 2, profileId: string, fingerprint: string, dataKey?: CryptoKey, locks?: Lock[]}} Identity
 * @typedef {{profileId: string, dataKey: CryptoKey}} FormerIdentity of format 1
 */

/** Note in memory alone: for pages and tests without an extension. @returns {Note} */
export function noteInMemory() {
  /** @type {unknown} */
  let kept = null;
  return {
    read: async () => kept,
    async write(value) {
      kept = structuredClone(value);
    },
    async remove() {
      kept = null;
    },
  };
}

/** @param {unknown} value @returns {Marker | null} null where it is not a marker */
export function markerFrom(value) {
  const { format, profileId, fingerprint, counter } = /** @type {Partial<Marker>} */ (value ?? {});
  const isMarker =
    format === FORMAT && isRecordId(profileId) && isRecordId(fingerprint) && Number.isSafeInteger(counter);
  return isMarker ? /** @type {Marker} */ (value) : null;
}

/** @param {unknown} value of the note @returns {boolean} whether an erase has begun */
export const isErasing = (value) => /** @type {{isErasing?: unknown} | null} */ (value)?.isErasing === true;

/** @param {unknown} identity read from a store @returns {identity is FormerIdentity} */
export function isFormer(identity) {
  const { format, profileId, dataKey } = /** @type {Record<string, unknown>} */ (identity ?? {});
  return format === undefined && isRecordId(profileId) && dataKey instanceof CryptoKey;
}

/** @param {unknown} identity read from a store @returns {identity is Identity} */
function isPresent(identity) {
  const { format, profileId, fingerprint, dataKey, locks } = /** @type {Record<string, unknown>} */ (identity ?? {});
  const hasNames = format === FORMAT && isRecordId(profileId) && isRecordId(fingerprint);
  return hasNames && (dataKey instanceof CryptoKey || (Array.isArray(locks) && locks.length > 0));
}

/** @param {Stored} stored @returns {boolean} whether there is nothing at all */
export const isEmpty = ({ identity, index, records, partIds }) =>
  identity === undefined && index.size + records.length + partIds.length === 0;

/**
 * Return the identity of a store that may be opened, or null for a new shopper.
 * @param {Marker | null} marker @param {Stored} stored
 * @returns {Identity | FormerIdentity | null}
 * @throws {CarryoverError} store_empty, store_older, store_foreign or store_damaged
 */
export function identityOf(marker, stored) {
  const { identity } = stored;
  if (isEmpty(stored) && marker) throw emptied();
  if (isEmpty(stored)) return null;
  if (isFormer(identity)) {
    if (marker) throw older();
    return identity;
  }
  if (!isPresent(identity)) throw damaged();
  const { profileId, fingerprint } = identity;
  const isKnown =
    !marker || (marker.profileId === profileId && [marker.fingerprint, marker.next].includes(fingerprint));
  if (!isKnown) throw new CarryoverError("store_foreign", "Expected this browser's profile, found another one.");
  return identity;
}

export const emptied = () => new CarryoverError("store_empty", "Expected the profile that was here, found nothing.");
const older = () => new CarryoverError("store_older", "Expected the newest state of the profile, found an older one.");

/** @param {Marker | null} marker @param {number} counter of the root @throws {CarryoverError} store_older */
export function assertNotOlder(marker, counter) {
  if (marker && counter < marker.counter) throw older();
}
