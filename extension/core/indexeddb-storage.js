// @ts-check

/**
 * Storage of a profile in IndexedDB. It sees envelopes and one non-extractable key, never a plaintext.
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {{profileId: string, dataKey: CryptoKey}} Identity
 * @typedef {{id: string, kind: string, envelope: Bytes}} StoredRecord
 * @typedef {{id: string, envelope: Bytes}} StoredPart a piece of a shop's catalogue: large, and read only where it is asked for
 * @typedef {{puts: StoredPart[], deletes: string[]}} PartChanges
 * @typedef {object} Storage
 * @property {() => Promise<{identity: Identity | null, records: StoredRecord[]}>} read
 * @property {(identity: Identity) => Promise<void>} create
 * @property {(puts: StoredRecord[], deletes: string[], parts?: PartChanges) => Promise<void>} write one transaction: all of it or nothing
 * @property {(ids: string[]) => Promise<(StoredPart | undefined)[]>} readParts in the order of the ids
 * @property {() => Promise<void>} destroy key, records and parts
 */

/** Return a promise of a request's result. @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Return a promise that resolves when a transaction is committed.
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function openDatabase(name) {
  const request = indexedDB.open(name, 2);
  request.onupgradeneeded = ({ oldVersion }) => {
    if (oldVersion < 1) {
      request.result.createObjectStore("identity");
      request.result.createObjectStore("records", { keyPath: "id" });
    }
    request.result.createObjectStore("parts", { keyPath: "id" });
  };
  return result(request);
}

/** Return the storage in a database, which is opened at first use. @param {string} [name] of the database @returns {Storage} */
export function indexedDbStorage(name = "carryover") {
  /** @type {Promise<IDBDatabase> | undefined} */
  let opened;
  // A failed opening is not remembered: the next call tries again.
  const database = () =>
    (opened ??= openDatabase(name).catch((error) => {
      opened = undefined;
      throw error;
    }));
  /** @param {IDBTransactionMode} mode */
  const begin = async (mode) => (await database()).transaction(["identity", "records", "parts"], mode);

  return {
    async read() {
      const transaction = await begin("readonly");
      const [identity, records] = await Promise.all([
        result(transaction.objectStore("identity").get("profile")),
        result(transaction.objectStore("records").getAll()),
      ]);
      return { identity: identity ?? null, records };
    },
    async create(identity) {
      const transaction = await begin("readwrite");
      transaction.objectStore("identity").put(identity, "profile");
      await done(transaction);
    },
    async write(puts, deletes, parts = { puts: [], deletes: [] }) {
      const transaction = await begin("readwrite");
      try {
        for (const [kept, changes] of Object.entries({ records: { puts, deletes }, parts })) {
          const store = transaction.objectStore(kept);
          for (const id of changes.deletes) store.delete(id);
          for (const record of changes.puts) store.put(record);
        }
      } catch (error) {
        // A value that cannot be stored throws here, and would leave the changes before it to be committed.
        transaction.abort();
        throw error;
      }
      await done(transaction);
    },
    async readParts(ids) {
      const store = (await begin("readonly")).objectStore("parts");
      return Promise.all(ids.map((id) => result(store.get(id))));
    },
    async destroy() {
      const transaction = await begin("readwrite");
      for (const kept of transaction.objectStoreNames) transaction.objectStore(kept).clear();
      await done(transaction);
    },
  };
}
