// @ts-check
import { actsWith, assertNew } from "./acts.js";
import { ProfileCache } from "./profile-cache.js";
import { exportOf } from "./profile-export.js";
import { partsOf, randomId, requestTime } from "./profile-records.js";
import { forgotten, interrupted, removalOf, restored, storedParts } from "./removal.js";
import { due, today } from "./retention.js";
import { savedIn } from "./saved.js";
import { changesOf } from "./told.js";
import { Changes } from "./vault/changes.js";
import { utf8 } from "../values/encoding.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("./vault/vault.js").Vault} Vault
 * @typedef {import("./profile-cache.js").Entry} Entry
 * @typedef {import("./told.js").Told} Told
 * @typedef {import("../generated/contract-types.js").InteractionKind} Kind
 * @typedef {import("../generated/contract-types.js").KeptInteraction} Interaction
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").ForgottenShop} ForgottenShop
 * @typedef {import("../generated/contract-types.js").KeptShopMeans} KeptShopMeans
 * @typedef {import("../generated/contract-types.js").LedgerEntry} LedgerEntry
 * @typedef {import("../generated/contract-types.js").Removal} Removal
 * @typedef {import("../generated/contract-types.js").Settings} Settings
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {import("./vault/vault.js").PartChanges} PartChanges of shelves
 */

/** Why an erased profile takes nothing more: what began before the erase must not come back after it. */
const erased = () => new CarryoverError("erased", "Expected a profile, it was erased meanwhile.");

/** Profile of one person on one device: interactions, settings, ledger, shelves. The vault holds the truth, and this object a cache of it. */
export class Profile {
  #changes = new Changes(() => this.#loadAgain());
  #cache = new ProfileCache();
  /** Of the act whose change is being made, until it is written. */
  #actId = "";
  /** Ends when a closed profile is erased or locked. @type {Promise<void>} */
  ended = Promise.resolve();
  /** @type {Promise<void> | undefined} */
  #erasing;
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
    await profile.#enforceRetention();
    return profile;
  }

  async #load() {
    const { records, numSetAside } = await this.#vault.open();
    this.#forget();
    this.unreadable = numSetAside;
    for (const { kind, id, bytes } of records)
      this.#cache.remember({ kind, id, value: JSON.parse(new TextDecoder().decode(bytes)) });
  }

  /** Forget what is cached of the vault. */
  #forget() {
    this.#cache.clear();
    this.unreadable = 0;
  }

  /** Read what somebody else changed. @throws {CarryoverError} erased, where the profile is another one now */
  async #loadAgain() {
    const before = this.#vault.profileId;
    await this.#load();
    if (before === null || this.#vault.profileId === before) return;
    this.#changes.close(erased());
    this.#forget();
    throw erased();
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

  /**
   * Make a change after all earlier ones. Where somebody else wrote meanwhile, it is made again on what is there then.
   * @template T
   * @param {() => Promise<T>} change
   * @param {string} [actId] of the act whose change it is, where it may be offered again
   * @returns {Promise<T>}
   * @throws {CarryoverError} erased, locked, or done where the act was written already: nothing was changed
   */
  #change(change, actId = "") {
    return this.#changes.run(async () => {
      assertNew(actId, this.#cache.others);
      this.#actId = actId;
      try {
        return await change();
      } finally {
        this.#actId = "";
      }
    });
  }

  /** Write records and parts of shelves, and delete by id, in one transaction. @param {Entry[]} entries @param {string[]} [deletes] @param {PartChanges} [parts] */
  async #write(entries, deletes = [], parts = {}) {
    const written = this.#actId ? [...entries, actsWith(this.#cache.others, this.#actId)] : entries;
    const puts = written.map(({ kind, id, value }) => ({ kind, id, bytes: utf8(JSON.stringify(value)) }));
    await this.#vault.write({ puts, deletes, parts });
    this.#actId = "";
    this.#cache.delete(deletes);
    for (const entry of written) this.#cache.remember(entry);
  }

  /** @param {string} kind @param {string} id @param {object} value */
  #put = (kind, id, value) => this.#write([{ kind, id, value }]);

  /** Delete what is kept no longer. What fails now is done with the next change: the one before it is written, and must not be made again. */
  async #enforceRetention() {
    if (this.#vault.profileId === null) return;
    const kept = { interactions: this.interactions(), ledger: this.ledger(), shelves: this.shelves() };
    const { entries, ids, shelves } = due({ ...kept, others: this.#cache.others }, this.#now());
    if (entries.length + ids.length === 0) return;
    try {
      await this.#write(entries, ids, { deletes: shelves.flatMap(partsOf) });
    } catch (error) {
      if (!(error instanceof CarryoverError)) throw error;
      console.warn(error);
    }
  }

  /** @returns {number} milliseconds since 1970, and never before a time that is known to be past */
  today = () => today(this.#cache.others, this.#now());

  /** @returns {Settings} */
  get settings() {
    return { ...this.#cache.settings, consents: { ...this.#cache.settings.consents } };
  }

  /** Return whether the shopper allowed a shop. @param {string} shop */
  isConsented = (shop) => Object.hasOwn(this.#cache.settings.consents, shop);

  /** @returns {Interaction[]} most recent first, not to be changed: the same list until an interaction is */
  interactions = () => this.#cache.interactions.newest();

  /** @returns {LedgerEntry[]} most recent first, not to be changed */
  ledger = () => this.#cache.ledger.newest();

  /**
   * Change settings, field by field: what somebody else changed stays.
   * @param {Partial<Omit<Settings, "consents">>} changes @param {string} [actId]
   * @param {(settings: Settings) => boolean} [isMeant] whether the settings are still those that the change was made for
   */
  changeSettings(changes, actId, isMeant = () => true) {
    return this.#change(async () => {
      if (!isMeant(this.settings)) await this.#loadAgain();
      if (isMeant(this.settings)) await this.#put("settings", "settings", { ...this.#cache.settings, ...changes });
    }, actId);
  }

  /** Record consent with its time, or forget the shop. @param {string} shop @param {boolean} allowed @param {string} [actId] */
  async setConsent(shop, allowed, actId) {
    if (!allowed) await this.forgetShop(shop, actId);
    else await this.#change(() => this.#write([this.#consenting(shop)]), actId);
  }

  /** @param {string} shop @param {string} [since] now, unless it is allowed already @returns {Entry} of the settings */
  #consenting(shop, since = this.#cache.settings.consents[shop] ?? new Date(this.today()).toISOString()) {
    return this.#settingsWith({ ...this.#cache.settings.consents, [shop]: since });
  }

  /** @param {Settings["consents"]} consents @returns {Entry} of the settings */
  #settingsWith(consents) {
    return { kind: "settings", id: "settings", value: { ...this.#cache.settings, consents } };
  }

  /**
   * Delete the consent for a shop together with the shop's catalogues.
   * @param {string} shop @param {string} [actId]
   * @returns {Promise<ForgottenShop | null>} what was taken away, for `rememberShop`; null where the shop was not allowed
   */
  forgetShop(shop, actId) {
    return this.#change(async () => {
      // Another instance of the extension may have allowed it.
      if (!this.isConsented(shop)) await this.#loadAgain();
      const { [shop]: since, ...consents } = this.settings.consents;
      if (since === undefined) return null;
      const shelves = this.shelves().filter((one) => one.shop === shop);
      const [ids, partIds] = [shelves.map(({ id }) => id), shelves.flatMap(partsOf)];
      const parts = await this.#vault.storedParts(partIds);
      await this.#write([this.#settingsWith(consents)], ids, { deletes: partIds });
      return forgotten({ shop, since, shelves }, parts);
    }, actId);
  }

  /**
   * Put back what `forgetShop` took away. Catalogues come back where the shop has got none since.
   * @param {string} profileId of the profile that it was taken from @param {ForgottenShop} forgotten
   * @returns {Promise<boolean>} false where the profile was erased since: nothing comes back
   */
  rememberShop(profileId, { shop, since, shelves, parts }) {
    return this.#change(async () => {
      if (this.#vault.profileId !== profileId) return false;
      const sealed = storedParts(parts);
      const hasShelf = this.shelves().some((one) => one.shop === shop) || !(await this.#vault.opens(sealed));
      const entries = hasShelf ? [] : shelves.map((one) => ({ kind: "shelf", id: one.id, value: interrupted(one) }));
      await this.#write([this.#consenting(shop, since), ...entries], [], { sealed: hasShelf ? [] : sealed });
      return true;
    });
  }

  /** @returns {KeptShelf[]} the catalogues that were read from shops, and packs */
  shelves = () => [...this.#cache.shelves.values()];

  /** @param {string} shop @returns {KeptShelf | null} what was read from the shop itself */
  shelf = (shop) => this.shelves().find((one) => one.shop === shop && one.kind !== "pack") ?? null;

  /**
   * Keep the state of a shelf, and with it in one transaction what changes of its parts.
   * @param {KeptShelf} shelf @param {PartChanges} [parts]
   * @returns {Promise<boolean>} false where the shop's consent was withdrawn, or the shelf deleted, since it was read: nothing is kept
   */
  keepShelf(shelf, parts = {}) {
    return this.#change(async () => {
      const isGone = shelf.parts.length > 0 && !this.#cache.shelves.has(shelf.id);
      if (isGone || !this.isConsented(shelf.shop)) return false;
      await this.#write([{ kind: "shelf", id: shelf.id, value: shelf }], [], parts);
      return true;
    });
  }

  /** Delete a shelf with its parts. @param {KeptShelf} shelf */
  deleteShelf(shelf) {
    return this.#change(async () => {
      const kept = this.#cache.shelves.get(shelf.id);
      if (kept) await this.#write([], [kept.id], { deletes: partsOf(kept) });
    });
  }

  /** Return parts of shelves, readable. @param {string[]} ids @returns {Promise<Bytes[]>} @throws {import("../values/errors.js").EnvelopeError} where one may not be used */
  shelfParts = (ids) => this.#vault.readParts(ids);

  /**
   * Keep what is told of products, in one transaction. Only the door (door.js) may ask for it.
   * @param {() => Told} told is called when this change has its turn, so that nothing comes between the last check and the disk
   * @param {string} [actId]
   * @returns {Promise<string[]>} the ids of the records; what adds nothing to nothing has none
   */
  keep(told, actId) {
    return this.#change(async () => {
      const { entries, deletes, ids } = changesOf(told(), this, new Date(this.today()).toISOString());
      if (entries.length + deletes.length > 0) await this.#write(entries, deletes);
      await this.#enforceRetention();
      return ids;
    }, actId);
  }

  /** Keep one interaction, as `keep` does. @param {import("./told.js").Happened} one @returns {Promise<boolean>} false where it adds nothing to nothing */
  addInteraction = async (one) => (await this.keep(() => ({ happened: [one] }))).length > 0;

  /**
   * Remove interactions, and what the ledger tells of items of which nothing is left: addresses that name them, and tastes that they
   * were part of. Of such a request time, method and host stay. All of it in one transaction.
   * @param {(one: Interaction) => boolean} isRemoved
   * @param {string[]} [savedIds] what was saved for later and goes with them
   * @param {string} [actId] @param {Entry[]} [notes] other records that are written with it
   * @returns {Promise<Removal>} what was taken away, for `restore`; it is in no storage any more
   */
  removeInteractions(isRemoved, savedIds = [], actId = "", notes = []) {
    return this.#change(async () => {
      const profileId = await this.#ownId();
      const kept = { interactions: this.interactions(), ledger: this.ledger(), saved: savedIn(this) };
      const { removal, entries, ids } = removalOf(kept, { isRemoved, savedIds });
      await this.#write([...entries, ...notes], ids);
      return { profileId, ...removal };
    }, actId);
  }

  /**
   * Put back what `removeInteractions` took away. Only the door may ask for it.
   * @param {Removal} removal @param {string} [actId]
   * @returns {Promise<boolean>} false where the profile was erased since: nothing comes back
   */
  restore(removal, actId) {
    return this.#change(async () => {
      if (this.#vault.profileId !== removal.profileId) return false;
      await this.#write(restored(removal, this.ledger()));
      await this.#enforceRetention();
      return true;
    }, actId);
  }

  /** Replace an embedding by one of another space, after the bundle changed. @param {string} id @param {string} space @param {string} embedding */
  replaceEmbedding(id, space, embedding) {
    return this.#change(async () => {
      const interaction = this.#cache.interactions.get(id);
      if (interaction) await this.#put("interaction", id, { ...interaction, space, embedding });
    });
  }

  /** Write a request to the ledger before it leaves the device. @param {import("../generated/contract-types.js").SentRequest} request */
  addToLedger(request) {
    return this.#change(async () => {
      const id = randomId();
      await this.#put("ledger", id, { id, time: requestTime(this.today(), this.ledger()[0]), ...request });
      await this.#enforceRetention();
    });
  }

  /** Return the server's means of shops, as they were fetched last. @returns {KeptShopMeans | null} */
  get shopMeans() {
    return this.#cache.shopMeans;
  }

  /** Keep the server's means of shops in place of those fetched before. @param {KeptShopMeans} means */
  keepShopMeans = (means) => this.#change(() => this.#put("shop_means", "shop_means", means));

  /** @param {string} kind @returns {object[]} the values of the records of a kind that another module keeps here, with the profile's key */
  others = (kind) => [...this.#cache.others.values()].filter((one) => one.kind === kind).map(({ value }) => value);

  /** Keep and delete such records in one transaction. @param {Entry[] | (() => Entry[])} entries worked out once all earlier changes are made @param {string[]} [deletes] ids @param {string} [actId] */
  changeOthers(entries, deletes = [], actId = "") {
    return this.#change(() => this.#write(typeof entries === "function" ? entries() : entries, deletes), actId);
  }

  /** Return everything that is kept, readable. @returns {import("../generated/contract-types.js").ProfileExport} */
  export = () => exportOf(this, this.#now());

  /**
   * Set, change or remove the passphrase (`Vault.protect`).
   * @param {string | null} passphrase @param {string} [current]
   * @returns {Promise<string | null>} the recovery code
   */
  protect = (passphrase, current) => this.#change(() => this.#vault.protect(passphrase, current));

  /** Take what may not be used out of the vault. */
  dropUnreadable() {
    return this.#change(async () => {
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

  /** Put the backup in place of the profile, which has to be opened anew. @param {{ofAnother?: boolean}} [options] also another profile's */
  restoreBackup(options) {
    return this.#end(erased(), () => this.#vault.restoreBackup(options));
  }

  /** @param {CarryoverError} reason @param {() => Promise<void>} end @returns {Promise<void>} */
  #end(reason, end) {
    this.#changes.close(reason);
    // Not before: the change that is being made counts on what is cached.
    this.ended = this.#changes.settled().then(() => {
      this.#forget();
      return end();
    });
    return this.ended;
  }
}
