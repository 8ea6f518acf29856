// @ts-check
// A copy of the store in a second database: what changed is copied envelope by envelope, and only where it has its seal.
import { replaceStore } from "./building.js";
import { contentIn } from "./content.js";
import { PROFILE, result, storedIn } from "./database.js";
import { isListed, readIndex } from "./reading.js";
import { CarryoverError } from "../../values/errors.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("./database.js").Database} Database
 * @typedef {import("./database.js").Places} Places
 * @typedef {import("./database.js").StoredPart} StoredPart
 * @typedef {import("./database.js").StoredRecord} StoredRecord
 * @typedef {import("./marker.js").Identity} Identity
 * @typedef {import("./reading.js").Index} Index
 * @typedef {import("./reading.js").Opener} Opener
 * @typedef {{identity: Identity | undefined, index: Map<string, Bytes>}} Head
 */

/** Key in `identity` of the time of the copy. */
const COPIED_AT = "copied at";
const TRIES = 3;

/** @param {unknown} error @returns {boolean} whether the browser cannot open a database */
const isDamaged = (error) => error instanceof CarryoverError && error.code === "storage_damaged";

/** @param {Places} places @returns {Promise<Head>} */
async function headIn(places) {
  const [identity, names, pages] = await Promise.all([
    result(places("identity").get(PROFILE)),
    result(places("index").getAllKeys()),
    result(places("index").getAll()),
  ]);
  return { identity, index: new Map(names.map((name, i) => [String(name), pages[i]])) };
}

/** @param {Head} head @param {Opener} opener @returns {Promise<Index | null>} null where it cannot be read with this key */
async function indexOf({ identity, index }, opener) {
  if (identity?.fingerprint !== opener.fingerprint) return null;
  return readIndex(index, opener).catch((error) => {
    if (error instanceof CarryoverError) return null;
    throw error;
  });
}

/** @param {Index} index @returns {[string, import("./index-format.js").Listed][]} */
const entriesOf = ({ pages }) => [...pages.values()].flatMap((page) => [...page]);

/**
 * Read from a store what a copy of it lacks.
 * @param {Database} from @param {Index} index @param {Index | null} before of the copy
 * @returns {Promise<{records: StoredRecord[], parts: StoredPart[]} | null>} null where something does not have its seal
 */
async function lacking(from, index, before) {
  const old = new Map(before ? entriesOf(before) : []);
  const wanted = entriesOf(index).filter(([id, { seal }]) => String(old.get(id)?.seal) !== String(seal));
  // Chromium never ends a transaction without a request.
  if (wanted.length === 0) return { records: [], parts: [] };
  const stored = await from.run("readonly", (places) =>
    Promise.all(wanted.map(([id, { isPart }]) => result(places(isPart ? "parts" : "records").get(id)))),
  );
  const isWhole = stored.every((one, i) => isListed(index, wanted[i][0], one?.envelope, wanted[i][1].isPart));
  if (!isWhole) return null;
  return {
    records: stored.filter((_, i) => !wanted[i][1].isPart),
    parts: stored.filter((_, i) => wanted[i][1].isPart),
  };
}

/**
 * Bring the copy of a store up to date.
 * @param {Database} from @param {Database} to @param {Opener} opener @param {number} now milliseconds since 1970
 * @returns {Promise<boolean>} false where the copy stays as it was
 */
async function copyStore(from, to, opener, now) {
  const target = await to.run("readonly", headIn);
  // It may be the shopper's own, and the store another's that somebody put there.
  if (target.identity && target.identity.profileId !== opener.profileId) return false;
  const before = await indexOf(target, opener);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const source = await from.run("readonly", headIn);
    const index = await indexOf(source, opener);
    if (!source.identity || !index || index.numDamaged > 0) return false;
    const { identity } = source;
    const changes = await lacking(from, index, before);
    if (!changes) continue;
    const present = new Set(entriesOf(index).map(([id]) => id));
    const gone = before ? entriesOf(before).filter(([id]) => !present.has(id)) : [];
    return to.run("readwrite", async (places) => {
      // Another profile's may have come to lie there since it was looked at.
      const there = /** @type {Identity | undefined} */ (await result(places("identity").get(PROFILE)));
      if (there && there.profileId !== opener.profileId) return false;
      if (!before) for (const place of /** @type {const} */ (["index", "records", "parts"])) places(place).clear();
      for (const [id, { isPart }] of gone) places(isPart ? "parts" : "records").delete(id);
      for (const record of changes.records) places("records").put(record);
      for (const part of changes.parts) places("parts").put(part);
      for (const [name, envelope] of source.index) places("index").put(envelope, name);
      places("identity").put(identity, PROFILE);
      places("identity").put(now, COPIED_AT);
      return true;
    });
  }
  return false;
}

/**
 * Bring the copy of a store up to date, or make another where the browser can no longer open it: the store is whole.
 * @param {Database} from @param {Database} to @param {Opener} opener @param {number} now milliseconds since 1970
 * @returns {Promise<boolean>} false where the copy stays as it was: the store is damaged or changes all the time, or the copy is another profile's
 * @throws {CarryoverError} storage_damaged, where the browser can no longer read the store: the copy stays as it was
 */
export async function keepCopy(from, to, opener, now) {
  try {
    return await copyStore(from, to, opener, now);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    // Where it is the store that cannot be read, the copy is all there is.
    await wholeOf(from);
    await to.remove();
    return copyStore(from, to, opener, now);
  }
}

/** Return when a store was copied last, and whose. @param {Database} backup @returns {Promise<{at: number, profileId: string} | null>} at: milliseconds since 1970 */
export async function copyIn(backup) {
  const [identity, at] = await backup.run("readonly", (places) =>
    Promise.all([result(places("identity").get(PROFILE)), result(places("identity").get(COPIED_AT))]),
  );
  return identity && typeof at === "number" ? { at, profileId: identity.profileId } : null;
}

/** @param {Database} backup @param {Opener} opener @returns {Promise<import("./content.js").Content | null>} null where there is no copy under this key */
export async function contentOfCopy(backup, opener) {
  const index = await indexOf(await backup.run("readonly", headIn), opener);
  return index && contentIn(backup, index, opener);
}

/** @param {Database} from @returns {Promise<import("./database.js").Stored & {parts: StoredPart[]}>} everything in it, not checked */
function wholeOf(from) {
  return from.run("readonly", async (places) => {
    const [stored, parts] = await Promise.all([storedIn(places), result(places("parts").getAll())]);
    return { ...stored, parts };
  });
}

/** Put everything of one store, as it is, in place of what another holds. @param {Awaited<ReturnType<typeof wholeOf>>} whole @param {Database} to */
async function putWhole({ identity, index, records, parts }, to) {
  const built = {
    index: /** @type {Map<string, Bytes>} */ (index),
    records: /** @type {StoredRecord[]} */ (records),
    parts,
  };
  await to.run("readwrite", (places) => replaceStore(places, /** @type {Identity} */ (identity), built));
}

/** Copy a store as it is. @param {Database} from @param {Database} to */
export async function copyWhole(from, to) {
  await putWhole(await wholeOf(from), to);
}

/**
 * Put a copy in place of what a store holds.
 * @param {Database} backup @param {Database} to @param {string} [profileId] of the only profile that may be restored
 * @throws {CarryoverError} no_backup
 */
export async function restoreStore(backup, to, profileId) {
  const whole = await wholeOf(backup);
  const found = /** @type {Identity | undefined} */ (whole.identity);
  if (!found || (profileId !== undefined && found.profileId !== profileId))
    throw new CarryoverError("no_backup", `Expected a backup of this profile, got ${found ? "another's" : "none"}.`);
  try {
    await putWhole(whole, to);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    // What cannot be opened can be deleted. The copy has been read.
    await to.remove();
    await putWhole(whole, to);
  }
}

/**
 * Return what keeps a copy up to date, one copying at a time.
 * @param {() => Promise<unknown>} copy
 */
export function createBackups(copy) {
  /** @type {Promise<unknown> | null} */
  let running = null;
  let isWanted = false;
  async function copyAll() {
    while (isWanted) {
      isWanted = false;
      await copy().catch(console.warn);
    }
  }
  return {
    /** Copy what changed. @returns {Promise<unknown>} when the copy is up to date, or failed */
    run() {
      isWanted = true;
      running ??= copyAll().finally(() => {
        running = null;
      });
      return running;
    },

    /** @returns {Promise<void>} when nothing is copied any more */
    async settled() {
      await running;
    },
  };
}
