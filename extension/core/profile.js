// @ts-check
import { actsWith, assertNew } from "./acts.js";
import { ByTime } from "./by-time.js";
import { decrypt, encrypt, generateDataKey } from "./envelope.js";
import { exportOf } from "./profile-export.js";
import { entriesOf, partsOf, randomId, requestTime } from "./profile-records.js";
import { forgotten, interrupted, removalOf, restored, storedParts } from "./removal.js";
import { due, today } from "./retention.js";
import { savedIn } from "./saved.js";
import { DEFAULT_SETTINGS, currentSettings } from "./settings.js";
import { utf8 } from "../values/encoding.js";
import { CarryoverError, EnvelopeError } from "../values/errors.js";

/**
 * @typedef {import("./indexeddb-storage.js").Storage} Storage
 * @typedef {import("./profile-records.js").Told} Told
 * @typedef {import("../generated/contract-types.js").InteractionKind} Kind
 * @typedef {import("../generated/contract-types.js").KeptInteraction} Interaction
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").ForgottenShop} ForgottenShop
 * @typedef {import("../generated/contract-types.js").KeptShopMeans} KeptShopMeans
 * @typedef {import("../generated/contract-types.js").LedgerEntry} LedgerEntry
 * @typedef {import("../generated/contract-types.js").Removal} Removal
 * @typedef {import("../generated/contract-types.js").Settings} Settings
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {{kind: string, id: string, value: object}} Entry a record, readable
 * @typedef {{puts?: {id: string, bytes: Bytes}[], deletes?: string[]}} PartChanges of shelves
 */

/** Why an erased profile takes nothing more: what began before the erase must not come back after it. */
const erased = () => new CarryoverError("erased", "Expected a profile, it was erased meanwhile.");

/** Profile of one person on one device: interactions, settings, ledger, shelves. The storage holds the truth, and this object a cache of it. */
export class Profile {
  /** @type {import("./indexeddb-storage.js").Identity | null} */
  #identity = null;
  /** @type {ByTime<Interaction>} */
  #interactions = new ByTime();
  /** @type {ByTime<LedgerEntry>} */
  #ledger = new ByTime();
  /** @type {KeptShopMeans | null} */
  #shopMeans = null;
  /** By id. @type {Map<string, KeptShelf>} */
  #shelves = new Map();
  /** Records of other kinds, by id. @type {Map<string, Entry>} */
  #others = new Map();
  /** @type {Settings} */
  #settings = { ...DEFAULT_SETTINGS };
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve();
  /** Of the act whose change is being made. */
  #actId = "";
  /** Ends with the erase. From its beginning on this object takes nothing more, and the profile has to be opened anew. @type {Promise<void> | null} */
  closing = null;
  #storage;
  #now;
  /** Number of records that could not be opened: damaged, or put there by somebody else. They stay where they are. */
  unreadable = 0;

  /** @param {Storage} storage @param {() => number} now milliseconds since 1970 */
  constructor(storage, now) {
    this.#storage = storage;
    this.#now = now;
  }

  /** Open the profile in a storage, and delete what is older than the retention allows. @param {Storage} storage @param {{now?: () => number}} [options] @returns {Promise<Profile>} */
  static async open(storage, { now = Date.now } = {}) {
    const profile = new Profile(storage, now);
    await profile.#load();
    await profile.#enforceRetention();
    return profile;
  }

  /** Read everything, at first and before settings are changed: another instance of the extension may have written, and they are one record. */
  async #load() {
    const { identity, records } = await this.#storage.read();
    if (this.#identity && this.#identity.profileId !== identity?.profileId) this.closing = Promise.resolve();
    if (this.closing) throw erased();
    this.#identity = identity;
    // All at once: a browser takes its time for each.
    const values = await Promise.all((identity ? records : []).map((record) => this.#readable(record)));
    this.#forget();
    for (const [i, value] of values.entries())
      if (value) this.#remember(records[i].kind, records[i].id, value);
      else this.unreadable += 1;
  }

  #forget() {
    for (const kept of [this.#interactions, this.#ledger, this.#shelves, this.#others]) kept.clear();
    [this.#shopMeans, this.#settings, this.unreadable] = [null, { ...DEFAULT_SETTINGS }, 0];
  }

  /** @param {import("./indexeddb-storage.js").StoredRecord} record @returns {Promise<object | null>} null where it cannot be opened */
  async #readable({ id, kind, envelope }) {
    const { profileId, dataKey } = /** @type {import("./indexeddb-storage.js").Identity} */ (this.#identity);
    try {
      const plaintext = await decrypt(dataKey, envelope, { profileId, purpose: `${kind}/${id}` });
      return JSON.parse(new TextDecoder().decode(plaintext));
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      return null;
    }
  }

  /** @param {string} kind @param {string} id @param {object} value as it was put under this kind */
  #remember(kind, id, value) {
    if (kind === "interaction") this.#interactions.set(id, /** @type {Interaction} */ (value));
    else if (kind === "ledger") this.#ledger.set(id, /** @type {LedgerEntry} */ (value));
    else if (kind === "shelf") this.#shelves.set(id, /** @type {KeptShelf} */ (value));
    else if (kind === "shop_means") this.#shopMeans = /** @type {KeptShopMeans} */ (value);
    else if (kind === "settings") this.#settings = currentSettings(value);
    else this.#others.set(id, { kind, id, value });
  }

  /**
   * Run a change after all earlier ones, so that two of them never interleave.
   * @template T
   * @param {() => Promise<T>} change
   * @param {string} [actId] of the act whose change it is, where it may be offered again
   * @returns {Promise<T>}
   * @throws {CarryoverError} erased, or done where the act was written already: nothing was changed
   */
  #enqueue(change, actId = "") {
    const run = () => {
      if (this.closing) throw erased();
      assertNew(actId, this.#others);
      this.#actId = actId;
      return change();
    };
    const next = this.#queue.then(run, run);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** @returns {Promise<import("./indexeddb-storage.js").Identity>} made at the first change */
  async #ownIdentity() {
    if (!this.#identity) {
      const identity = { profileId: randomId(), dataKey: await generateDataKey() };
      await this.#storage.create(identity);
      this.#identity = identity;
    }
    return this.#identity;
  }

  /** @param {string} kind @param {string} id @param {Bytes} plaintext @returns {Promise<Bytes>} */
  async #sealed(kind, id, plaintext) {
    const { profileId, dataKey } = await this.#ownIdentity();
    return encrypt(dataKey, plaintext, { profileId, purpose: `${kind}/${id}` });
  }

  /** Write records and parts of shelves, and delete by id, in one transaction. @param {Entry[]} entries @param {string[]} [deletes] @param {PartChanges & {sealed?: import("./indexeddb-storage.js").StoredPart[]}} [parts] */
  async #write(entries, deletes = [], { puts = [], sealed = [], deletes: oldParts = [] } = {}) {
    const written = this.#actId ? [...entries, actsWith(this.#others, this.#actId)] : entries;
    this.#actId = "";
    const records = [];
    for (const { kind, id, value } of written)
      records.push({ id, kind, envelope: await this.#sealed(kind, id, utf8(JSON.stringify(value))) });
    const parts = [...sealed];
    for (const { id, bytes } of puts) parts.push({ id, envelope: await this.#sealed("shelf_part", id, bytes) });
    await this.#storage.write(records, deletes, { puts: parts, deletes: oldParts });
    for (const { kind, id, value } of written) this.#remember(kind, id, value);
  }

  /** @param {string} kind @param {string} id @param {object} value */
  #put = (kind, id, value) => this.#write([{ kind, id, value }]);

  async #enforceRetention() {
    if (!this.#identity) return;
    const kept = { interactions: this.interactions(), ledger: this.ledger(), shelves: this.shelves() };
    const { entries, ids, shelves } = due({ ...kept, others: this.#others }, this.#now());
    if (entries.length + ids.length === 0) return;
    await this.#write(entries, ids, { deletes: shelves.flatMap(partsOf) });
    for (const id of ids) for (const from of [this.#interactions, this.#ledger, this.#shelves]) from.delete(id);
  }

  /** @returns {number} milliseconds since 1970, and never before a time that is known to be past */
  today = () => today(this.#others, this.#now());

  /** @returns {Settings} */
  get settings() {
    return { ...this.#settings, consents: { ...this.#settings.consents } };
  }

  /** Return whether the shopper allowed a shop. @param {string} shop */
  isConsented = (shop) => Object.hasOwn(this.#settings.consents, shop);

  /** @returns {Interaction[]} most recent first, not to be changed: the same list until an interaction is */
  interactions = () => this.#interactions.newest();

  /** @returns {LedgerEntry[]} most recent first, not to be changed */
  ledger = () => this.#ledger.newest();

  /**
   * Change settings, field by field: what somebody else changed stays.
   * @param {Partial<Omit<Settings, "consents">>} changes @param {string} [actId]
   * @param {(settings: Settings) => boolean} [isMeant] whether the settings are still those that the change was made for
   */
  changeSettings(changes, actId, isMeant = () => true) {
    return this.#enqueue(async () => {
      await this.#load();
      if (isMeant(this.settings)) await this.#put("settings", "settings", { ...this.#settings, ...changes });
    }, actId);
  }

  /** Record consent with its time, or forget the shop. @param {string} shop @param {boolean} allowed @param {string} [actId] */
  async setConsent(shop, allowed, actId) {
    if (!allowed) await this.forgetShop(shop, actId);
    else await this.#enqueue(() => this.#load().then(() => this.#write([this.#consenting(shop)])), actId);
  }

  /** @param {string} shop @param {string} [since] now, unless it is allowed already @returns {Entry} of the settings */
  #consenting(shop, since = this.#settings.consents[shop] ?? new Date(this.today()).toISOString()) {
    return this.#settingsWith({ ...this.#settings.consents, [shop]: since });
  }

  /** @param {Settings["consents"]} consents @returns {Entry} of the settings */
  #settingsWith(consents) {
    return { kind: "settings", id: "settings", value: { ...this.#settings, consents } };
  }

  /**
   * Delete the consent for a shop together with the shop's catalogues.
   * @param {string} shop @param {string} [actId]
   * @returns {Promise<ForgottenShop | null>} what was taken away, for `rememberShop`; null where the shop was not allowed
   */
  forgetShop(shop, actId) {
    return this.#enqueue(async () => {
      await this.#load();
      const { [shop]: since, ...consents } = this.#settings.consents;
      if (since === undefined) return null;
      const shelves = this.shelves().filter((one) => one.shop === shop);
      const [ids, partIds] = [shelves.map(({ id }) => id), shelves.flatMap(partsOf)];
      const parts = await this.#storage.readParts(partIds);
      await this.#write([this.#settingsWith(consents)], ids, { deletes: partIds });
      for (const id of ids) this.#shelves.delete(id);
      return forgotten({ shop, since, shelves }, parts);
    }, actId);
  }

  /**
   * Put back what `forgetShop` took away. Catalogues come back where the shop has got none since.
   * @param {string} profileId of the profile that it was taken from @param {ForgottenShop} forgotten
   * @returns {Promise<boolean>} false where the profile was erased since: nothing comes back
   */
  rememberShop(profileId, { shop, since, shelves, parts }) {
    return this.#enqueue(async () => {
      if (this.#identity?.profileId !== profileId) return false;
      await this.#load();
      const hasShelf = this.shelves().some((one) => one.shop === shop);
      const entries = hasShelf ? [] : shelves.map((one) => ({ kind: "shelf", id: one.id, value: interrupted(one) }));
      await this.#write([this.#consenting(shop, since), ...entries], [], {
        sealed: hasShelf ? [] : storedParts(parts),
      });
      return true;
    });
  }

  /** @returns {KeptShelf[]} the catalogues that were read from shops, and packs */
  shelves = () => [...this.#shelves.values()];

  /** @param {string} shop @returns {KeptShelf | null} what was read from the shop itself */
  shelf = (shop) => this.shelves().find((one) => one.shop === shop && one.kind !== "pack") ?? null;

  /**
   * Keep the state of a shelf, and with it in one transaction what changes of its parts.
   * @param {KeptShelf} shelf @param {PartChanges} [parts]
   * @returns {Promise<boolean>} false where the shop's consent was withdrawn, or the shelf deleted, since it was read: nothing is kept
   */
  keepShelf(shelf, parts = {}) {
    return this.#enqueue(async () => {
      const isGone = shelf.parts.length > 0 && !this.#shelves.has(shelf.id);
      if (isGone || !this.isConsented(shelf.shop)) return false;
      await this.#write([{ kind: "shelf", id: shelf.id, value: shelf }], [], parts);
      return true;
    });
  }

  /** Delete a shelf with its parts. @param {KeptShelf} shelf */
  deleteShelf(shelf) {
    return this.#enqueue(async () => {
      const kept = this.#shelves.get(shelf.id);
      if (!kept) return;
      await this.#write([], [kept.id], { deletes: partsOf(kept) });
      this.#shelves.delete(kept.id);
    });
  }

  /** Return parts of shelves, readable. @param {string[]} ids @returns {Promise<Bytes[]>} @throws {EnvelopeError} where one is missing or damaged */
  async shelfParts(ids) {
    const stored = await this.#storage.readParts(ids);
    const own = this.#identity;
    return Promise.all(
      stored.map((part, i) => {
        if (!part || !own) throw new EnvelopeError();
        return decrypt(own.dataKey, part.envelope, { profileId: own.profileId, purpose: `shelf_part/${ids[i]}` });
      }),
    );
  }

  /**
   * Keep what is told of products, in one transaction. Only the door (door.js) may ask for it.
   * @param {() => Told} told is called when this change has its turn, so that nothing comes between the last check and the disk
   * @param {string} [actId]
   * @returns {Promise<string[]>} the ids of the records; what adds nothing to nothing has none
   */
  keep(told, actId) {
    return this.#enqueue(async () => {
      const entries = entriesOf(told(), this.interactions(), new Date(this.today()).toISOString());
      if (entries.length > 0) await this.#write(entries);
      await this.#enforceRetention();
      return entries.map(({ id }) => id);
    }, actId);
  }

  /** Keep one interaction, as `keep` does. @param {import("./profile-records.js").Happened} one @returns {Promise<boolean>} false where it adds nothing to nothing */
  addInteraction = async (one) => (await this.keep(() => ({ happened: [one] }))).length > 0;

  /**
   * Remove interactions, and what the ledger tells of items of which nothing is left: addresses that name them, and tastes that they
   * were part of. Of such a request time, method and host stay. All of it in one transaction.
   * @param {(one: Interaction) => boolean} isRemoved
   * @param {string[]} [savedIds] what was saved for later and goes with them
   * @param {string} [actId]
   * @returns {Promise<Removal>} what was taken away, for `restore`; it is in no storage any more
   */
  removeInteractions(isRemoved, savedIds = [], actId = "") {
    return this.#enqueue(async () => {
      const { profileId } = await this.#ownIdentity();
      const kept = { interactions: this.interactions(), ledger: this.ledger(), saved: savedIn(this) };
      const { removal, entries, ids } = removalOf(kept, { isRemoved, savedIds });
      await this.#write(entries, ids);
      for (const id of ids) for (const from of [this.#interactions, this.#others]) from.delete(id);
      return { profileId, ...removal };
    }, actId);
  }

  /**
   * Put back what `removeInteractions` took away. Only the door may ask for it.
   * @param {Removal} removal @param {string} [actId]
   * @returns {Promise<boolean>} false where the profile was erased since: nothing comes back
   */
  restore(removal, actId) {
    return this.#enqueue(async () => {
      if (this.#identity?.profileId !== removal.profileId) return false;
      await this.#write(restored(removal, this.ledger()));
      await this.#enforceRetention();
      return true;
    }, actId);
  }

  /** Replace an embedding by one of another space, after the bundle changed. @param {string} id @param {string} space @param {string} embedding */
  replaceEmbedding(id, space, embedding) {
    return this.#enqueue(async () => {
      const interaction = this.#interactions.get(id);
      if (interaction) await this.#put("interaction", id, { ...interaction, space, embedding });
    });
  }

  /** Write a request to the ledger before it leaves the device. @param {{method: string, url: string, body: string}} request */
  addToLedger(request) {
    return this.#enqueue(async () => {
      const id = randomId();
      await this.#put("ledger", id, { id, time: requestTime(this.today(), this.ledger()[0]), ...request });
      await this.#enforceRetention();
    });
  }

  /** Return the server's means of shops, as they were fetched last. @returns {KeptShopMeans | null} */
  get shopMeans() {
    return this.#shopMeans;
  }

  /** Keep the server's means of shops in place of those fetched before. @param {KeptShopMeans} means */
  keepShopMeans(means) {
    return this.#enqueue(() => this.#put("shop_means", "shop_means", means));
  }

  /** @param {string} kind @returns {object[]} the values of the records of a kind that another module keeps here, with the profile's key */
  others = (kind) => [...this.#others.values()].filter((one) => one.kind === kind).map(({ value }) => value);

  /** Keep and delete such records in one transaction. @param {Entry[] | (() => Entry[])} entries worked out once all earlier changes are made @param {string[]} [deletes] ids @param {string} [actId] */
  changeOthers(entries, deletes = [], actId = "") {
    return this.#enqueue(async () => {
      await this.#write(typeof entries === "function" ? entries() : entries, deletes);
      for (const id of deletes) this.#others.delete(id);
    }, actId);
  }

  /** Return everything that is kept, readable. @returns {import("../generated/contract-types.js").ProfileExport} */
  export = () => exportOf(this, this.#now());

  /** Delete all records and the key. What is being written ends first. Two windows may ask at once. @returns {Promise<void>} */
  erase() {
    const failed = (/** @type {unknown} */ error) => {
      this.closing = null;
      throw error;
    };
    return (this.closing ??= this.#queue.then(() => this.#storage.destroy()).then(() => this.#forget(), failed));
  }
}
