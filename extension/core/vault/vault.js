// @ts-check
import { CarryoverError } from "../../values/errors.js";
import { fromBase64, toBase64 } from "../../values/encoding.js";
import { sealOf } from "../envelope.js";
import { randomId } from "../profile-records.js";
import { contentOfCopy, copyIn, createBackups, keepCopy, restoreStore } from "./backup.js";
import {
  buildStore,
  changedPages,
  plainIdentity,
  replaceStore,
  sealIndex,
  sealParts,
  sealRecords,
} from "./building.js";
import { contentIn, mended } from "./content.js";
import { PROFILE, createDatabase, result, storedIn } from "./database.js";
import { eraseDatabase, fill } from "./erasing.js";
import { FORMAT, PAGES, ROOT, nameOf, recordIdOf } from "./index-format.js";
import { generateKey, keyOf, newKeyBytes } from "./keys.js";
import { makeLocks } from "./locks.js";
import { emptied, identityOf, isEmpty, isErasing, isFormer, markerFrom, noteInMemory } from "./marker.js";
import { migrate } from "./migration.js";
import { eraseFormer, moveStore, tidyFormer } from "./moving.js";
import { doOpen, openParts, storedParts } from "./parts.js";
import { noIndex, readable } from "./reading.js";
import { readStore } from "./opening.js";
import { createTurns } from "./turns.js";
import { openWithDelay } from "./unlocking.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {import("./building.js").ReadPart} ReadPart
 * @typedef {import("./database.js").Database} Database
 * @typedef {import("./database.js").StoredPart} StoredPart
 * @typedef {import("./keys.js").Key} Key
 * @typedef {import("../passphrase.js").Argon2} Argon2
 * @typedef {import("./marker.js").Identity} Identity
 * @typedef {import("./marker.js").Note} Note
 * @typedef {import("./reading.js").Opener} Opener
 * @typedef {import("./reading.js").ReadRecord} ReadRecord
 * @typedef {{puts?: ReadPart[], sealed?: StoredPart[], deletes?: string[]}} PartChanges `sealed` were taken out of this store
 * @typedef {{puts?: ReadRecord[], deletes?: string[], parts?: PartChanges}} Changes
 * @typedef {object} Parts
 * @property {Database} database
 * @property {Note} note the marker, outside the database
 * @property {Note} keyNote the key while it is unlocked, in memory
 * @property {Note} attempts wrong passphrases, kept over restarts
 * @property {Database | null} backup
 * @property {import("./moving.js").Former | null} former
 * @property {number} [numFills] how many MiB make the browser compact what was overwritten
 * @property {() => Promise<void>} [forgetRest] deletes what an erase deletes besides; called before the marker goes
 * @property {Argon2} [argon2]
 * @property {() => number} now milliseconds since 1970
 */

const changed = () => new CarryoverError("store_changed", "Somebody else changed the store meanwhile.");

/** Store of one profile: encrypted records and parts with an authenticated index (docs/envelope.md). It holds no readable record. */
export class Vault {
  /** @type {Identity | null} */
  #identity = null;
  /** @type {Opener | null} */
  #opener = null;
  /** @type {import("./reading.js").Index} */
  #index = noIndex();
  #parts;
  #database;
  #numFills;
  #backups = createBackups(() => this.backUp());
  /** How much was set aside when the store was opened. */
  #numSetAside = 0;
  /** For what would bring back what an erase meanwhile deletes. */
  #inTurn = createTurns();

  /** @param {Partial<Parts> & {name?: string}} [parts] name: of the database, where none is given */
  constructor(parts = {}) {
    const { name = "carryover", database = createDatabase(name), numFills = 0 } = parts;
    const notes = { note: noteInMemory(), keyNote: noteInMemory(), attempts: noteInMemory() };
    this.#parts = { backup: null, former: null, now: Date.now, ...notes, ...parts, database };
    this.#database = database;
    this.#numFills = numFills;
  }

  /** @returns {string | null} null before the first write */
  get profileId() {
    return this.#opener?.profileId ?? null;
  }

  /** @returns {boolean} whether the key is wrapped by a passphrase */
  get hasPassphrase() {
    return this.#identity?.locks !== undefined;
  }

  #forget() {
    this.#identity = null;
    this.#opener = null;
    this.#index = noIndex();
    this.#numSetAside = 0;
  }

  /**
   * Open the store, read anew.
   * @returns {Promise<{records: ReadRecord[], numSetAside: number}>} records under their names, and how much may not be used
   * @throws {CarryoverError} locked, store_empty, store_older, store_foreign, store_damaged, or what the storage throws
   */
  async open() {
    try {
      return await this.#opened();
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** @returns {Promise<{records: ReadRecord[], numSetAside: number}>} */
  async #opened() {
    const { note, former } = this.#parts;
    const noted = await note.read();
    if (isErasing(noted)) await this.#finishErasing();
    const marker = markerFrom(noted);
    let stored = await this.#database.run("readonly", storedIn);
    if (former && isEmpty(stored) && (await moveStore(former, this.#database)))
      stored = await this.#database.run("readonly", storedIn);
    let identity = identityOf(marker, stored);
    let numLost = 0;
    if (identity && isFormer(identity)) {
      numLost = await migrate(this.#database, identity);
      stored = await this.#database.run("readonly", storedIn);
      identity = identityOf(marker, stored);
    }
    if (!identity || isFormer(identity)) {
      // Marker and store may be gone together. An erase deletes the copy, too.
      if (await this.backupState().catch(() => null)) throw emptied();
      this.#forget();
      return { records: [], numSetAside: 0 };
    }
    const opener = { profileId: identity.profileId, ...(await this.#keyOf(identity)) };
    const { index, records, numSetAside } = await readStore(marker, stored, opener);
    [this.#identity, this.#opener, this.#index, this.#numSetAside] = [identity, opener, index, numSetAside];
    if (marker?.counter !== index.counter || marker.fingerprint !== opener.fingerprint) {
      await this.#mark();
      // After a migration, or where the browser ended before the copy was made.
      void this.#backups.run();
    }
    return { records: records.map((one) => ({ ...one, id: nameOf(one.id) })), numSetAside: numSetAside + numLost };
  }

  /**
   * Delete what is left of a store elsewhere that was taken over. At each start of the browser: it may have ended in the middle, and it deletes what it
   * compacted when it opens the files again.
   */
  tidy = async () => this.#parts.former && tidyFormer(this.#parts.former, this.#database);

  /** @param {Identity} identity @returns {Promise<Key>} @throws {CarryoverError} locked */
  async #keyOf({ fingerprint, dataKey }) {
    if (dataKey) return { fingerprint, dataKey };
    const kept = /** @type {{fingerprint?: string, key?: string} | null} */ (await this.#parts.keyNote.read());
    if (kept?.fingerprint !== fingerprint || typeof kept.key !== "string")
      throw new CarryoverError("locked", "Expected the profile to be unlocked, it is locked.");
    return keyOf(fromBase64(kept.key));
  }

  /** Write the marker. Being behind is normal, so a failure is not fatal. @param {object} [more] */
  async #mark(more = {}) {
    if (!this.#opener) return;
    const { profileId, fingerprint } = this.#opener;
    const marker = { format: FORMAT, profileId, fingerprint, counter: this.#index.counter, ...more };
    await this.#parts.note.write(marker).catch(console.warn);
  }

  /** @param {import("./database.js").Places} places @throws {CarryoverError} store_changed, where the store is not as this vault knows it */
  async #assertUnchanged(places) {
    const [identity, root] = await Promise.all([
      result(places("identity").get(PROFILE)),
      result(places("index").get(ROOT)),
    ]);
    const isSame = this.#opener ? identity && root && sealOf(root) === this.#index.rootSeal : !identity && !root;
    if (!isSame) throw changed();
  }

  /**
   * Write and delete in one transaction. The first write makes profile and key.
   * @param {Changes} changes
   * @throws {CarryoverError} store_changed, where somebody else wrote since: open anew and try again
   */
  async write({ puts = [], deletes = [], parts = {} }) {
    const opener = this.#opener ?? { profileId: randomId(), ...(await generateKey()) };
    const identity = this.#identity ?? plainIdentity(opener.profileId, opener);
    const named = puts.map((one) => ({ ...one, id: recordIdOf(one.id) }));
    const records = await sealRecords(named, opener);
    const changedParts = [...(parts.sealed ?? []), ...(await sealParts(parts.puts ?? [], opener))];
    const goneRecords = deletes.map(recordIdOf);
    const goneParts = (parts.deletes ?? []).map(recordIdOf);
    const before = this.#opener ? this.#index.pages : null;
    const pages = changedPages(before, records, changedParts, [...goneRecords, ...goneParts]);
    const counter = this.#index.counter + 1;
    const { stored, ...sealed } = await sealIndex(pages, this.#index.seals, counter, opener);
    await this.#database.run("readwrite", async (places) => {
      await this.#assertUnchanged(places);
      for (const id of goneRecords) places("records").delete(id);
      for (const id of goneParts) places("parts").delete(id);
      for (const record of records) places("records").put(record);
      for (const part of changedParts) places("parts").put(part);
      for (const [name, envelope] of stored) places("index").put(envelope, name);
      if (!this.#opener) places("identity").put(identity, PROFILE);
    });
    const numDamaged = PAGES.length - new Set([...this.#index.pages.keys(), ...pages.keys()]).size;
    this.#index = { counter, ...sealed, pages: new Map([...this.#index.pages, ...pages]), numDamaged };
    [this.#identity, this.#opener] = [identity, opener];
    await this.#mark();
    void this.#backups.run();
  }

  /**
   * Return parts as they are stored, encrypted.
   * @param {string[]} ids
   * @returns {Promise<(StoredPart | undefined)[]>} in the order of the ids; undefined where one is missing or may not be used
   */
  storedParts = (ids) => storedParts(this.#database, this.#index, ids);

  /** Return parts, readable. @param {string[]} ids @returns {Promise<Bytes[]>} @throws {EnvelopeError} where one may not be used */
  readParts = async (ids) => openParts(await this.storedParts(ids), /** @type {Opener} */ (this.#opener));

  /** Return whether parts that were taken out of the store can be put back: not after its key was changed. @param {StoredPart[]} parts */
  opens = (parts) => doOpen(parts, /** @type {Opener} */ (this.#opener));

  /** Delete everything, with the key, the backup and the marker. From its beginning on nothing older is written. */
  erase = () =>
    this.#inTurn(async () => {
      await this.#parts.note.write({ format: FORMAT, isErasing: true });
      await this.#finishErasing();
    });

  /** @returns {Promise<boolean>} whether an erase left files that the browser can neither open nor delete */
  hasLeftFiles = async () => Boolean(await this.#parts.former?.lost.read());

  async #finishErasing() {
    const { note, keyNote, attempts, backup, former, forgetRest } = this.#parts;
    this.#forget();
    await eraseDatabase(this.#database);
    // What is being copied would else be written after it.
    await this.#backups.settled();
    if (backup) await eraseDatabase(backup);
    if (former) await eraseFormer(former);
    await keyNote.remove();
    await attempts.remove();
    await forgetRest?.().catch(console.warn);
    await note.remove();
  }

  /** Return the identity of the store, which may be locked. @returns {Promise<Identity | null>} */
  async #lockedIdentity() {
    const marker = markerFrom(await this.#parts.note.read());
    const identity = identityOf(marker, await this.#database.run("readonly", storedIn));
    return identity && !isFormer(identity) ? identity : null;
  }

  /** @returns {Promise<boolean>} whether a passphrase is needed to open the store */
  async isLocked() {
    const identity = this.#opener ? null : await this.#lockedIdentity();
    if (!identity?.locks) return false;
    return readable(() => this.#keyOf(identity)).then(
      () => false,
      () => true,
    );
  }

  /**
   * Unlock the store until `lock` or the end of the browser's session.
   * @param {string} secret passphrase or recovery code
   * @throws {CarryoverError} passphrase_wrong or passphrase_wait
   */
  unlock = (secret) =>
    this.#inTurn(async () => {
      const identity = await this.#lockedIdentity();
      if (identity?.locks) await this.#keep(await this.#proven(identity, secret));
    });

  /** @param {Identity} identity with locks @param {string} secret @returns {Promise<Bytes>} the bytes of the data key */
  #proven({ locks = [], profileId, fingerprint }, secret) {
    const { attempts, now, argon2 } = this.#parts;
    return openWithDelay(locks, secret, { profileId, fingerprint }, { attempts, now, argon2 });
  }

  /** Keep the key in memory while the store is unlocked. @param {Bytes} bytes */
  async #keep(bytes) {
    const { fingerprint } = await keyOf(bytes);
    await this.#parts.keyNote.write({ fingerprint, key: toBase64(bytes) });
  }

  /** Lock the store, where it has a passphrase. */
  async lock() {
    if (!this.#identity?.locks) return;
    await this.#parts.keyNote.remove();
    this.#forget();
  }

  /** @returns {Promise<import("./content.js").Content>} everything that may be used */
  #content = () => contentIn(this.#database, this.#index, /** @type {Opener} */ (this.#opener));

  /**
   * Set, change or remove the passphrase: everything is encrypted anew under another key. What was set aside is gone afterwards.
   * @param {string | null} passphrase @param {string} [current] the present passphrase, or the recovery code
   * @returns {Promise<string | null>} the recovery code
   * @throws {CarryoverError} passphrase_unfit, passphrase_wrong, passphrase_wait or store_changed
   */
  async protect(passphrase, current = "") {
    if (!this.#opener) await this.write({});
    const identity = /** @type {Identity} */ (this.#identity);
    if (identity.locks) (await this.#proven(identity, current)).fill(0);
    const { profileId } = identity;
    const bytes = newKeyBytes();
    const key = await keyOf(bytes);
    const owner = { profileId, fingerprint: key.fingerprint };
    const { argon2, backup } = this.#parts;
    const made = passphrase === null ? null : await makeLocks(bytes, passphrase, owner, { argon2 });
    /** @type {Identity} */
    const next = made ? { format: FORMAT, ...owner, locks: made.locks } : plainIdentity(profileId, key);
    const built = await buildStore(await this.#content(), this.#index.counter + 1, { profileId, ...key });
    await this.#mark({ next: key.fingerprint });
    await this.#database.run("readwrite", async (places) => {
      await this.#assertUnchanged(places);
      replaceStore(places, next, built);
    });
    if (made) await this.#keep(bytes);
    else await this.#parts.keyNote.remove();
    bytes.fill(0);
    await this.open();
    await this.#backups.run();
    // The key before and what it opens lie in the browser's files until they are compacted.
    for (const database of [this.#database, backup])
      if (database) await fill(database, this.#numFills).catch(console.warn);
    return made?.code ?? null;
  }

  /** Take what was set aside out of the store. @throws {CarryoverError} store_changed */
  async dropSetAside() {
    if (this.#opener) await this.#encryptAnew(await this.#content(), this.#opener);
  }

  /** Put a content in place of what is there, under the same key. @param {import("./content.js").Content} content @param {Opener} opener @throws {CarryoverError} store_changed */
  async #encryptAnew(content, opener) {
    const identity = /** @type {Identity} */ (this.#identity);
    const built = await buildStore(content, this.#index.counter + 1, opener);
    await this.#database.run("readwrite", async (places) => {
      await this.#assertUnchanged(places);
      replaceStore(places, identity, built);
    });
    await this.open();
  }

  /** Bring the backup up to date. Not while something is set aside: it may be whole there. @returns {Promise<boolean>} */
  async backUp() {
    const { backup, now } = this.#parts;
    if (!backup || !this.#opener || this.#numSetAside > 0) return false;
    return keepCopy(this.#database, backup, this.#opener, now());
  }

  /** @returns {Promise<{at: number, isForeign: boolean} | null>} at: when the backup was made, in milliseconds since 1970; isForeign: it is another profile's */
  async backupState() {
    const { backup, note } = this.#parts;
    const copy = backup && (await copyIn(backup));
    if (!copy) return null;
    const known = this.profileId ?? markerFrom(await note.read())?.profileId ?? copy.profileId;
    return { at: copy.at, isForeign: copy.profileId !== known };
  }

  /** Make a new backup in place of another profile's. */
  async replaceBackup() {
    await this.#parts.backup?.remove();
    await this.#backups.run();
  }

  /**
   * Put back from the backup what was set aside. Where the store itself may not be used, put the backup in its place.
   * @param {{ofAnother?: boolean}} [options] ofAnother: also one of another profile, as the shopper chose
   * @throws {CarryoverError} no_backup; or store_changed
   */
  restoreBackup = ({ ofAnother = false } = {}) => this.#inTurn(() => this.#restored(ofAnother));

  /** @param {boolean} ofAnother */
  async #restored(ofAnother) {
    const { backup, note } = this.#parts;
    if (!backup) throw new CarryoverError("no_backup", "Expected a backup, there is none.");
    const copy = this.#opener && this.#numSetAside > 0 ? await contentOfCopy(backup, this.#opener) : null;
    if (copy) {
      await this.#encryptAnew(mended(await this.#content(), copy, this.#index), /** @type {Opener} */ (this.#opener));
      return;
    }
    const { profileId } = markerFrom(await note.read()) ?? {};
    await restoreStore(backup, this.#database, ofAnother ? undefined : profileId);
    this.#forget();
    // After the transaction: a marker that is gone over an empty store would make a new shopper of it.
    await note.remove();
  }

  /** Use a store although the marker knows a newer one, or another profile, as the shopper chose. */
  accept = () => this.#inTurn(() => this.#parts.note.remove());
}
