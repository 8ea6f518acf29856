// @ts-check
import { privacy } from "../generated/contracts.js";
import { decrypt, encrypt, generateDataKey } from "./envelope.js";
import { DEFAULT_SETTINGS, currentSettings } from "./settings.js";
import { toHex, utf8 } from "../values/encoding.js";
import { EnvelopeError } from "../values/errors.js";

/**
 * @typedef {import("./indexeddb-storage.js").Storage} Storage
 * @typedef {import("../generated/contract-types.js").InteractionKind} Kind
 * @typedef {import("../generated/contract-types.js").KeptInteraction} Interaction
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 * @typedef {import("../generated/contract-types.js").KeptShopMeans} KeptShopMeans
 * @typedef {import("../generated/contract-types.js").LedgerEntry} LedgerEntry
 * @typedef {import("../generated/contract-types.js").Settings} Settings
 */

const DAY_MS = 86_400_000;
const MAX_LEDGER_ENTRIES = 500;

/** Return a random id of 32 hexadecimal digits, which tells nothing about the record. @returns {string} */
function randomId() {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}

/**
 * Compare by time, and what has one time by its id, so that a profile that is opened again keeps the order.
 * @param {{ time: string, id: string }} a
 * @param {{ time: string, id: string }} b
 */
function newestFirst(a, b) {
  if (a.time !== b.time) return a.time < b.time ? 1 : -1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Profile of one person on one device: interactions, settings, ledger. The storage holds the truth, and this object a cache of it. */
export class Profile {
  /** @type {import("./indexeddb-storage.js").Identity | null} */
  #identity = null;
  /** @type {Map<string, Interaction>} */
  #interactions = new Map();
  /** @type {Map<string, LedgerEntry>} */
  #ledger = new Map();
  /** @type {KeptShopMeans | null} */
  #shopMeans = null;
  /** @type {Settings} */
  #settings = { ...DEFAULT_SETTINGS };
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve();
  #storage;
  #now;
  /** Number of records that could not be opened: damaged, or put there by somebody else. They stay where they are. */
  unreadable = 0;

  /** @param {Storage} storage @param {() => number} now milliseconds since 1970 */
  constructor(storage, now) {
    this.#storage = storage;
    this.#now = now;
  }

  /**
   * Open the profile in a storage, and delete what is older than the retention allows.
   * @param {Storage} storage
   * @param {{now?: () => number}} [options]
   * @returns {Promise<Profile>}
   */
  static async open(storage, { now = Date.now } = {}) {
    const profile = new Profile(storage, now);
    await profile.#load();
    return profile;
  }

  async #load() {
    const { identity, records } = await this.#storage.read();
    this.#identity = identity;
    for (const record of identity ? records : []) {
      try {
        this.#remember(record.kind, record.id, await this.#decrypted(record));
      } catch (error) {
        if (!(error instanceof EnvelopeError)) throw error;
        this.unreadable += 1;
      }
    }
    await this.#enforceRetention();
  }

  /** @param {import("./indexeddb-storage.js").StoredRecord} record */
  async #decrypted({ id, kind, envelope }) {
    const { profileId, dataKey } = /** @type {import("./indexeddb-storage.js").Identity} */ (this.#identity);
    const plaintext = await decrypt(dataKey, envelope, { profileId, purpose: `${kind}/${id}` });
    return JSON.parse(new TextDecoder().decode(plaintext));
  }

  /** @param {string} kind @param {string} id @param {object} value as it was put under this kind */
  #remember(kind, id, value) {
    if (kind === "interaction") this.#interactions.set(id, /** @type {Interaction} */ (value));
    else if (kind === "ledger") this.#ledger.set(id, /** @type {LedgerEntry} */ (value));
    else if (kind === "shop_means") this.#shopMeans = /** @type {KeptShopMeans} */ (value);
    else if (kind === "settings") this.#settings = currentSettings(value);
  }

  /**
   * Run a change after all earlier ones, so that two of them never interleave.
   * @template T
   * @param {() => Promise<T>} change
   * @returns {Promise<T>}
   */
  #enqueue(change) {
    const next = this.#queue.then(change, change);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** @param {string} kind @param {string} id @param {object} value */
  async #put(kind, id, value) {
    if (!this.#identity) {
      const identity = { profileId: randomId(), dataKey: await generateDataKey() };
      await this.#storage.create(identity);
      this.#identity = identity;
    }
    const { profileId, dataKey } = this.#identity;
    const envelope = await encrypt(dataKey, utf8(JSON.stringify(value)), { profileId, purpose: `${kind}/${id}` });
    await this.#storage.write([{ id, kind, envelope }], []);
    this.#remember(kind, id, value);
  }

  async #enforceRetention() {
    const oldest = new Date(this.#now() - privacy.retentionDays * DAY_MS).toISOString();
    const interactions = this.interactions();
    const ledger = this.ledger();
    const gone = [
      ...interactions.filter((one, i) => one.time < oldest || i >= privacy.maxInteractions),
      ...ledger.filter((one, i) => one.time < oldest || i >= MAX_LEDGER_ENTRIES),
    ].map(({ id }) => id);
    if (gone.length === 0) return;
    await this.#storage.write([], gone);
    for (const id of gone) {
      this.#interactions.delete(id);
      this.#ledger.delete(id);
    }
  }

  /** @returns {Settings} */
  get settings() {
    return { ...this.#settings, consents: { ...this.#settings.consents } };
  }

  /** Return whether the shopper allowed a shop. @param {string} shop */
  isConsented(shop) {
    return Object.hasOwn(this.#settings.consents, shop);
  }

  /** @returns {Interaction[]} most recent first */
  interactions() {
    return [...this.#interactions.values()].sort(newestFirst);
  }

  /** @returns {LedgerEntry[]} most recent first */
  ledger() {
    return [...this.#ledger.values()].sort(newestFirst);
  }

  /** Change settings. @param {Partial<Omit<Settings, "consents">>} changes */
  changeSettings(changes) {
    return this.#enqueue(() => this.#put("settings", "settings", { ...this.#settings, ...changes }));
  }

  /** Record consent with its time, or delete it. @param {string} shop @param {boolean} allowed */
  setConsent(shop, allowed) {
    return this.#enqueue(() => {
      const consents = { ...this.#settings.consents };
      if (allowed) consents[shop] ??= new Date(this.#now()).toISOString();
      else delete consents[shop];
      return this.#put("settings", "settings", { ...this.#settings, consents });
    });
  }

  /**
   * Keep an interaction. The same kind with the same item on the same day is one interaction: its time becomes now and its
   * weight grows.
   * @param {{product: KeptProduct, kind: Kind, space: string, embedding: string}} happened
   * @returns {Promise<void>}
   */
  addInteraction({ product, kind, space, embedding }) {
    return this.#enqueue(async () => {
      const time = new Date(this.#now()).toISOString();
      const same = this.interactions().find(
        (one) =>
          one.kind === kind &&
          one.product.shop === product.shop &&
          one.product.itemId === product.itemId &&
          one.time.slice(0, 10) === time.slice(0, 10),
      );
      const id = same?.id ?? randomId();
      const weight = Math.min(5, (same?.weight ?? 0) + 1);
      await this.#put("interaction", id, { id, kind, time, weight, space, embedding, product });
      await this.#enforceRetention();
    });
  }

  /**
   * Replace an embedding by one of another space, after the bundle changed.
   * @param {string} id
   * @param {string} space
   * @param {string} embedding
   */
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
      await this.#put("ledger", id, { id, time: new Date(this.#now()).toISOString(), ...request });
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

  /** Return everything that is kept, readable. @returns {import("../generated/contract-types.js").ProfileExport} */
  export() {
    return {
      format: 1,
      exportedAt: new Date(this.#now()).toISOString(),
      settings: this.settings,
      interactions: this.interactions(),
      ledger: this.ledger(),
      ...(this.#shopMeans && { shopMeans: this.#shopMeans }),
    };
  }

  /** Delete all records and the key, so that nothing left on the disk can be opened. */
  erase() {
    return this.#enqueue(async () => {
      await this.#storage.destroy();
      this.#identity = null;
      this.#interactions.clear();
      this.#ledger.clear();
      this.#shopMeans = null;
      this.#settings = { ...DEFAULT_SETTINGS };
      this.unreadable = 0;
    });
  }
}
