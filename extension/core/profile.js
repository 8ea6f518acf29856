// @ts-check
import { ByTime } from "./by-time.js";
import { exportOf } from "./profile-export.js";
import { partsOf, randomId, repeated, requestTime } from "./profile-records.js";
import { forgotten, interrupted, removalOf, restored, storedParts } from "./removal.js";
import { outdated } from "./retention.js";
import { savedIn } from "./saved.js";
import { DEFAULT_SETTINGS, currentSettings } from "./settings.js";
import { Changes } from "./vault/changes.js";
import { utf8 } from "../values/encoding.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("./vault/vault.js").Vault} Vault
 * @typedef {import("../generated/contract-types.js").InteractionKind} Kind
 * @typedef {import("../generated/contract-types.js").KeptInteraction} Interaction
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").ForgottenShop} ForgottenShop
 * @typedef {import("../generated/contract-types.js").KeptShopMeans} KeptShopMeans
 * @typedef {import("../generated/contract-types.js").LedgerEntry} LedgerEntry
 * @typedef {import("../generated/contract-types.js").Removal} Removal
 * @typedef {import("../generated/contract-types.js").Settings} Settings
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {{kind: string, id: string, value: object}} Entry a record, readable
 * @typedef {import("./vault/vault.js").PartChanges} PartChanges of shelves
 */

/** Why an erased profile takes nothing more: what began before the erase must not come back after it. */
const erased = () => new CarryoverError("erased", "Expected a profile, it was erased meanwhile.");

/** Profile of one person on one device: interactions, settings, ledger, shelves. The vault holds the truth, and this object a cache of it. */
export class Profile {
  #changes = new Changes(() => this.#loadAgain());
  /** Ends when a closed profile is erased or locked. @type {Promise<void>} */
  ended = Promise.resolve();
  /** @type {Promise<void> | undefined} */
  #erasing;
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
  #vault;
  #now;
  /** Number of records that may not be used: damaged, put there by somebody else, or missing. */
  unreadable = 0;

  /** @param {Vault} vault @param {() => number} now milliseconds since 1970 */
  constructor(vault, now) {
    this.#vault = vault;
    this.#now = now;
  }

  /** Open the profile in a vault, and delete what is older than the retention allows. @param {Vault} vault @param {{now?: () => number}} [options] @returns {Promise<Profile>} */
  static async open(vault, { now = Date.now } = {}) {
    const profile = new Profile(vault, now);
    await profile.#load();
    return profile;
  }

  async #load() {
    const { records, numSetAside } = await this.#vault.open();
    this.#forget();
    this.unreadable = numSetAside;
    for (const { kind, id, bytes } of records) this.#remember(kind, id, JSON.parse(new TextDecoder().decode(bytes)));
    await this.#enforceRetention();
  }

  /** Forget what is cached of the vault. */
  #forget() {
    for (const kept of [this.#interactions, this.#ledger, this.#shelves, this.#others]) kept.clear();
    this.#shopMeans = null;
    this.#settings = { ...DEFAULT_SETTINGS };
    this.unreadable = 0;
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

  /** Read what somebody else changed. A profile that is another one now was erased. */
  async #loadAgain() {
    const before = this.#vault.profileId;
    await this.#load();
    if (before !== null && this.#vault.profileId !== before) this.#close(erased());
  }

  /** @param {CarryoverError} reason */
  #close(reason) {
    this.#changes.close(reason);
    this.#forget();
  }

  /** @returns {boolean} whether the profile was erased or locked, so that it has to be opened anew */
  get isClosed() {
    return this.#changes.isClosed;
  }

  /** @returns {Promise<string>} made at the first change */
  async #ownId() {
    if (this.#vault.profileId === null) await this.#vault.write({});
    return /** @type {string} */ (this.#vault.profileId);
  }

  /** Write records and parts of shelves, and delete by id, in one transaction. @param {Entry[]} entries @param {string[]} [deletes] @param {PartChanges} [parts] */
  async #write(entries, deletes = [], parts = {}) {
    const puts = entries.map(({ kind, id, value }) => ({ kind, id, bytes: utf8(JSON.stringify(value)) }));
    await this.#vault.write({ puts, deletes, parts });
    for (const { kind, id, value } of entries) this.#remember(kind, id, value);
  }

  async #enforceRetention() {
    const kept = { interactions: this.interactions(), ledger: this.ledger(), shelves: this.shelves() };
    const { ids, shelves } = outdated(kept, this.#now());
    if (ids.length === 0) return;
    await this.#vault.write({ deletes: ids, parts: { deletes: shelves.flatMap(partsOf) } });
    for (const id of ids) for (const from of [this.#interactions, this.#ledger, this.#shelves]) from.delete(id);
  }

  get settings() {
    return { ...this.#settings, consents: { ...this.#settings.consents } };
  }

  /** Return whether the shopper allowed a shop. @param {string} shop */
  isConsented(shop) {
    return Object.hasOwn(this.#settings.consents, shop);
  }

  /** @returns {Interaction[]} most recent first, not to be changed: the same list until an interaction is */
  interactions() {
    return this.#interactions.newest();
  }

  /** @returns {LedgerEntry[]} most recent first, not to be changed */
  ledger() {
    return this.#ledger.newest();
  }

  /** Change settings. @param {Partial<Omit<Settings, "consents">>} changes */
  changeSettings(changes) {
    return this.#changes.run(() =>
      this.#write([{ kind: "settings", id: "settings", value: { ...this.#settings, ...changes } }]),
    );
  }

  /** Record consent with its time, or forget the shop. @param {string} shop @param {boolean} allowed */
  async setConsent(shop, allowed) {
    if (!allowed) await this.forgetShop(shop);
    else await this.#changes.run(() => this.#write([this.#consenting(shop)]));
  }

  /** @param {string} shop @param {string} [since] now, unless it is allowed already @returns {Entry} of the settings */
  #consenting(shop, since = this.#settings.consents[shop] ?? new Date(this.#now()).toISOString()) {
    return this.#settingsWith({ ...this.#settings.consents, [shop]: since });
  }

  /** @param {Settings["consents"]} consents @returns {Entry} of the settings */
  #settingsWith(consents) {
    return { kind: "settings", id: "settings", value: { ...this.#settings, consents } };
  }

  /**
   * Delete the consent for a shop together with the shop's catalogues.
   * @param {string} shop
   * @returns {Promise<ForgottenShop | null>} what was taken away, for `rememberShop`; null where the shop was not allowed
   */
  forgetShop(shop) {
    return this.#changes.run(async () => {
      const { [shop]: since, ...consents } = this.#settings.consents;
      if (since === undefined) return null;
      const shelves = this.shelves().filter((one) => one.shop === shop);
      const [ids, partIds] = [shelves.map(({ id }) => id), shelves.flatMap(partsOf)];
      const parts = await this.#vault.storedParts(partIds);
      await this.#write([this.#settingsWith(consents)], ids, { deletes: partIds });
      for (const id of ids) this.#shelves.delete(id);
      return forgotten({ shop, since, shelves }, parts);
    });
  }

  /**
   * Put back what `forgetShop` took away. Catalogues come back where the shop has got none since.
   * @param {string} profileId of the profile that it was taken from @param {ForgottenShop} forgotten
   * @returns {Promise<boolean>} false where the profile was erased since: nothing comes back
   */
  rememberShop(profileId, { shop, since, shelves, parts }) {
    return this.#changes.run(async () => {
      if (this.#vault.profileId !== profileId) return false;
      const sealed = storedParts(parts);
      const hasShelf = this.shelves().some((one) => one.shop === shop) || !(await this.#vault.opens(sealed));
      const entries = hasShelf ? [] : shelves.map((one) => ({ kind: "shelf", id: one.id, value: interrupted(one) }));
      await this.#write([this.#consenting(shop, since), ...entries], [], { sealed: hasShelf ? [] : sealed });
      return true;
    });
  }

  /** @returns {KeptShelf[]} the catalogues that were read from shops, and packs */
  shelves() {
    return [...this.#shelves.values()];
  }

  /** @param {string} shop @returns {KeptShelf | null} what was read from the shop itself */
  shelf(shop) {
    return this.shelves().find((one) => one.shop === shop && one.kind !== "pack") ?? null;
  }

  /**
   * Keep the state of a shelf, and with it in one transaction what changes of its parts.
   * @param {KeptShelf} shelf @param {PartChanges} [parts]
   * @returns {Promise<boolean>} false where the shop's consent was withdrawn, or the shelf deleted, since it was read: nothing is kept
   */
  keepShelf(shelf, parts = {}) {
    return this.#changes.run(async () => {
      const isGone = shelf.parts.length > 0 && !this.#shelves.has(shelf.id);
      if (isGone || !this.isConsented(shelf.shop)) return false;
      await this.#write([{ kind: "shelf", id: shelf.id, value: shelf }], [], parts);
      return true;
    });
  }

  /** Delete a shelf with its parts. @param {KeptShelf} shelf */
  deleteShelf(shelf) {
    return this.#changes.run(async () => {
      const kept = this.#shelves.get(shelf.id);
      if (!kept) return;
      await this.#write([], [kept.id], { deletes: partsOf(kept) });
      this.#shelves.delete(kept.id);
    });
  }

  /** Return parts of shelves, readable. @param {string[]} ids @returns {Promise<Bytes[]>} @throws {import("../values/errors.js").EnvelopeError} where one may not be used */
  shelfParts(ids) {
    return this.#vault.readParts(ids);
  }

  /**
   * Keep an interaction. The same kind with the same item on the same day is one interaction: its time becomes now and its weight grows.
   * @param {{product: KeptProduct, kind: Kind, space: string, embedding: string, adds?: 0 | 1}} happened `adds` 0: only what is kept changes
   * @param {() => boolean} [mayKeep] asked once all earlier changes are made
   * @returns {Promise<boolean>} false where it may not be kept, or adds nothing to nothing
   */
  addInteraction({ adds = 1, ...happened }, mayKeep = () => true) {
    return this.#changes.run(async () => {
      const kept =
        mayKeep() && repeated(this.interactions(), { ...happened, adds, time: new Date(this.#now()).toISOString() });
      if (!kept) return false;
      await this.#write([{ kind: "interaction", id: kept.id, value: kept }]);
      await this.#enforceRetention();
      return true;
    });
  }

  /** Keep interactions that happened before now, in one transaction. @param {Omit<Interaction, "id">[]} happened @param {(one: Omit<Interaction, "id">) => boolean} [mayKeep] as above @returns {Promise<string[]>} their ids */
  addPast(happened, mayKeep = () => true) {
    return this.#changes.run(async () => {
      const entries = happened.filter(mayKeep).map((one) => {
        const id = randomId();
        return { kind: "interaction", id, value: { id, ...one } };
      });
      await this.#write(entries);
      await this.#enforceRetention();
      return entries.map(({ id }) => id);
    });
  }

  /**
   * Remove interactions, and what the ledger tells of items of which nothing is left: addresses that name them, and tastes that they
   * were part of. Of such a request time, method and host stay. All of it in one transaction.
   * @param {(one: Interaction) => boolean} isRemoved
   * @param {string[]} [savedIds] what was saved for later and goes with them
   * @returns {Promise<Removal>} what was taken away, for `restore`; it is in no storage any more
   */
  removeInteractions(isRemoved, savedIds = []) {
    return this.#changes.run(async () => {
      const profileId = await this.#ownId();
      const kept = { interactions: this.interactions(), ledger: this.ledger(), saved: savedIn(this) };
      const { removal, entries, ids } = removalOf(kept, { isRemoved, savedIds });
      await this.#write(entries, ids);
      for (const id of ids) for (const from of [this.#interactions, this.#others]) from.delete(id);
      return { profileId, ...removal };
    });
  }

  /**
   * Put back what `removeInteractions` took away.
   * @param {Removal} removal
   * @returns {Promise<boolean>} false where the profile was erased since: nothing comes back
   */
  restore(removal) {
    return this.#changes.run(async () => {
      if (this.#vault.profileId !== removal.profileId) return false;
      await this.#write(restored(removal, this.ledger()));
      await this.#enforceRetention();
      return true;
    });
  }

  /** Replace an embedding by one of another space, after the bundle changed. @param {string} id @param {string} space @param {string} embedding */
  replaceEmbedding(id, space, embedding) {
    return this.#changes.run(async () => {
      const interaction = this.#interactions.get(id);
      if (!interaction) return;
      await this.#write([{ kind: "interaction", id, value: { ...interaction, space, embedding } }]);
    });
  }

  /** Write a request to the ledger before it leaves the device. @param {{method: string, url: string, body: string}} request */
  addToLedger(request) {
    return this.#changes.run(async () => {
      const id = randomId();
      const value = { id, time: requestTime(this.#now(), this.ledger()[0]), ...request };
      await this.#write([{ kind: "ledger", id, value }]);
      await this.#enforceRetention();
    });
  }

  /** Return the server's means of shops, as they were fetched last. @returns {KeptShopMeans | null} */
  get shopMeans() {
    return this.#shopMeans;
  }

  /** Keep the server's means of shops in place of those fetched before. @param {KeptShopMeans} means */
  keepShopMeans(means) {
    return this.#changes.run(() => this.#write([{ kind: "shop_means", id: "shop_means", value: means }]));
  }

  /** @param {string} kind @returns {object[]} the values of the records of a kind that another module keeps here, with the profile's key */
  others(kind) {
    return [...this.#others.values()].filter((one) => one.kind === kind).map(({ value }) => value);
  }

  /** Keep and delete such records in one transaction. @param {Entry[] | (() => Entry[])} entries worked out once all earlier changes are made @param {string[]} [deletes] ids */
  changeOthers(entries, deletes = []) {
    return this.#changes.run(async () => {
      await this.#write(typeof entries === "function" ? entries() : entries, deletes);
      for (const id of deletes) this.#others.delete(id);
    });
  }

  /** Return everything that is kept, readable. @returns {import("../generated/contract-types.js").ProfileExport} */
  export() {
    return exportOf(this, this.#now());
  }

  /**
   * Set, change or remove the passphrase (`Vault.protect`).
   * @param {string | null} passphrase @param {string} [current]
   * @returns {Promise<string | null>} the recovery code
   */
  protect(passphrase, current) {
    return this.#changes.run(() => this.#vault.protect(passphrase, current));
  }

  /** Take what may not be used out of the vault. */
  dropUnreadable() {
    return this.#changes.run(async () => {
      await this.#vault.dropSetAside();
      this.unreadable = 0;
    });
  }

  /** Lock the vault, and forget what was read of it. */
  lock() {
    const reason = new CarryoverError("locked", "Expected the profile to be unlocked, it was locked meanwhile.");
    return this.#end(reason, () => this.#vault.lock());
  }

  /** Delete all records and the key. From now on this object takes nothing more; what is being written ends first. */
  erase() {
    // Two windows may ask at once.
    return (this.#erasing ??= this.#end(erased(), () => this.#vault.erase()));
  }

  /** Put the backup in place of the profile, which has to be opened anew. */
  restoreBackup() {
    return this.#end(erased(), () => this.#vault.restoreBackup());
  }

  /** @param {CarryoverError} reason @param {() => Promise<void>} end @returns {Promise<void>} */
  #end(reason, end) {
    this.#close(reason);
    this.ended = this.#changes.settled().then(end);
    return this.ended;
  }
}
