// @ts-check
// A store of format 1 becomes one of format 2: read whole, encrypted anew, and replaced in one transaction.
import { FORMER_VERSION, decrypt } from "../envelope.js";
import { CarryoverError, EnvelopeError } from "../../values/errors.js";
import { PART_KIND, buildStore, partsIn, plainIdentity, purposeOf, replaceStore } from "./building.js";
import { PROFILE, result, storedIn } from "./database.js";
import { isKind, recordIdOf } from "./index-format.js";
import { generateKey } from "./keys.js";
import { isFormer } from "./marker.js";
import { readable } from "./reading.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("./marker.js").FormerIdentity} FormerIdentity
 */

/** @param {unknown} id of format 1 @returns {string | null} of format 2; null where Carryover wrote no such id */
function migratedId(id) {
  try {
    return recordIdOf(String(id));
  } catch {
    return null;
  }
}

/**
 * Open what a store of format 1 kept in a place.
 * @param {unknown} stored @param {FormerIdentity} identity @param {string} [kindOfAll]
 * @returns {Promise<{id: string, kind: string, bytes: Bytes} | null>} null where it does not open
 */
function openFormer(stored, { profileId, dataKey }, kindOfAll) {
  const { id, kind = kindOfAll, envelope } = /** @type {Record<string, unknown>} */ (stored ?? {});
  return readable(async () => {
    const to = migratedId(id);
    if (to === null || !isKind(kind)) throw new EnvelopeError();
    const binding = { profileId, purpose: purposeOf(kind, String(id)) };
    const bytes = await decrypt(dataKey, /** @type {Bytes} */ (envelope), binding, FORMER_VERSION);
    return { id: to, kind, bytes };
  });
}

/**
 * Migrate a store of format 1.
 * @param {import("./database.js").Database} database @param {FormerIdentity} identity
 * @returns {Promise<number>} how much did not open, and was left out
 * @throws {CarryoverError} store_changed, where somebody else migrated or wrote meanwhile
 */
export async function migrate(database, identity) {
  const { records, parts } = await database.run("readonly", async (places) => {
    const [stored, storedParts] = await Promise.all([storedIn(places), partsIn(places)]);
    return { records: stored.records, parts: storedParts };
  });
  const opened = await Promise.all(records.map((record) => openFormer(record, identity)));
  const openedParts = await Promise.all(parts.map((part) => openFormer(part, identity, PART_KIND)));
  const [kept, keptParts] = [opened, openedParts].map((all) => all.filter((one) => one !== null));
  const { profileId } = identity;
  const key = await generateKey();
  const built = await buildStore({ records: kept, parts: keptParts }, 1, { profileId, ...key });
  await database.run("readwrite", async (places) => {
    const [present, ids] = await Promise.all([
      result(places("identity").get(PROFILE)),
      result(places("records").getAllKeys()),
    ]);
    if (!isFormer(present) || present.profileId !== profileId || ids.length !== records.length)
      throw new CarryoverError("store_changed", "Somebody else changed the store meanwhile.");
    replaceStore(places, plainIdentity(profileId, key), built);
  });
  return records.length - kept.length + parts.length - keptParts.length;
}
