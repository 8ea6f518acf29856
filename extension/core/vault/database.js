// @ts-check
// The database of a store: transactions on a connection that is opened again where the browser closed it. It sees no plaintext.
import { CarryoverError } from "../../values/errors.js";

/**
 * @typedef {import("../../values/encoding.js").Bytes} Bytes
 * @typedef {{id: string, kind: string, envelope: Bytes}} StoredRecord
 * @typedef {{id: string, envelope: Bytes}} StoredPart a piece of a shop's catalogue: large, and read only where it is asked for
 * @typedef {"identity" | "index" | "records" | "parts"} Place
 * @typedef {(place: Place) => IDBObjectStore} Places
 * @typedef {{identity: unknown, index: Map<string, unknown>, records: unknown[], partIds: unknown[]}} Stored everything but the parts, not yet checked
 * @typedef {ReturnType<typeof createDatabase>} Database
 */

const VERSION = 3;
/** @type {Place[]} */
const PLACES = ["identity", "index", "records", "parts"];
/** Key of the only record in `identity`. */
export const PROFILE = "profile";

/** @type {Record<string, [string, string]>} by the name of the browser's error */
const ERRORS = {
  QuotaExceededError: ["storage_full", "Expected room on this device, it is full."],
  AbortError: ["storage_lost", "The browser closed the store."],
  InvalidStateError: ["storage_lost", "The browser closed the store."],
  UnknownError: ["storage_damaged", "The browser cannot read or write the store."],
  DataError: ["storage_damaged", "The browser cannot read or write the store."],
  NotReadableError: ["storage_damaged", "The browser cannot read or write the store."],
  NotFoundError: ["storage_damaged", "A part of the store is missing."],
  VersionError: ["storage_damaged", "The store was written by a newer version of Carryover."],
};
/** Browsers say in words that a disk is full where they have no name for it. */
const FULL = /no.(?:device.)?space|disk.*full|full.*disk|quota/i;

/** Return the error of a browser's storage with a code of its own. @param {unknown} error null where the connection was lost @returns {unknown} */
export function storageError(error) {
  if (error instanceof CarryoverError) return error;
  if (error === null || error === undefined) return storageError(new DOMException("", "AbortError"));
  const { name, message } = error instanceof Error || error instanceof DOMException ? error : { name: "", message: "" };
  const known = ERRORS[FULL.test(message) ? "QuotaExceededError" : name];
  return known ? new CarryoverError(known[0], `${known[1]} ${message}`.trim(), { cause: error }) : error;
}

/** Return a promise of a request's result. @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
export function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(storageError(request.error));
  });
}

/** Return a promise that resolves when a transaction is committed. @param {IDBTransaction} transaction @returns {Promise<void>} */
function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    // The transaction has no error of its own yet where a request of it fails.
    transaction.onerror = ({ target }) => reject(storageError(/** @type {IDBRequest} */ (target).error));
    transaction.onabort = () => reject(storageError(transaction.error));
  });
}

/** @param {IDBFactory} factory @returns {Promise<IDBDatabaseInfo[]>} @throws {CarryoverError} storage_damaged */
function databasesIn(factory) {
  return factory.databases().catch((error) => {
    throw storageError(error);
  });
}

/** @param {IDBFactory} factory @param {string} name @returns {Promise<IDBDatabase>} */
function open(factory, name) {
  const request = factory.open(name, VERSION);
  request.onupgradeneeded = () => {
    const present = request.result.objectStoreNames;
    for (const place of PLACES) {
      const keyPath = place === "records" || place === "parts" ? { keyPath: "id" } : {};
      if (!present.contains(place)) request.result.createObjectStore(place, keyPath);
    }
  };
  return result(request);
}

/**
 * Where databases lie, with the files that are theirs alone.
 * @typedef {{factory: () => Promise<IDBFactory>, deleteFiles?: () => Promise<void>}} Files `deleteFiles`: where the browser can delete them whole, even
 *   those of a database that it can no longer open
 */

/** @type {Files} the browser's own place, whose files it shares among all databases */
const SHARED = { factory: async () => indexedDB };

/**
 * Return the database of a name, which is opened at first use.
 * @param {string} name
 * @param {Files} [files]
 * @param {() => Promise<boolean>} [hasRoom] asked before each writing: a browser that runs out of room while it writes may lose what was there
 */
export function createDatabase(name, files = SHARED, hasRoom = async () => true) {
  /** @type {Promise<IDBDatabase> | undefined} */
  let opened;

  async function connect() {
    const connection = await open(await files.factory(), name);
    const forget = () => {
      connection.close();
      opened = undefined;
    };
    // Another context upgrades or deletes the database; or the browser lost its files.
    connection.onversionchange = forget;
    connection.onclose = forget;
    return connection;
  }
  function database() {
    opened ??= connect().catch((error) => {
      opened = undefined;
      throw error;
    });
    return opened;
  }
  /** @param {IDBTransactionMode} mode @returns {Promise<IDBTransaction>} */
  async function begin(mode) {
    try {
      return (await database()).transaction(PLACES, mode, { durability: "strict" });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "InvalidStateError") throw storageError(error);
      // The connection was lost without a word.
      opened = undefined;
      return (await database()).transaction(PLACES, mode, { durability: "strict" });
    }
  }

  return {
    /**
     * Run one transaction: all of it or nothing.
     * @template T
     * @param {IDBTransactionMode} mode
     * @param {(places: Places) => T | Promise<T>} work waits for requests of this transaction only
     * @returns {Promise<T>} its result, when the transaction is on the disk
     * @throws {CarryoverError} storage_full, storage_lost or storage_damaged
     */
    async run(mode, work) {
      if (mode === "readwrite" && !(await hasRoom())) throw storageError(new DOMException("", "QuotaExceededError"));
      const transaction = await begin(mode);
      const committed = done(transaction);
      committed.catch(() => undefined);
      try {
        const value = await work((place) => transaction.objectStore(place));
        await committed;
        return value;
      } catch (error) {
        // A value that cannot be stored throws, and would leave the changes before it to be committed.
        try {
          transaction.abort();
        } catch {
          // It is over already, which may be what failed.
        }
        throw storageError(error);
      }
    },

    /** Delete the database. Other connections are told to close. */
    async remove() {
      const connection = await opened?.catch(() => undefined);
      connection?.close();
      opened = undefined;
      if (files.deleteFiles) await files.deleteFiles();
      else await result((await files.factory()).deleteDatabase(name));
    },

    /** @returns {Promise<boolean>} whether it is there; opening it would make it @throws {CarryoverError} storage_damaged */
    async exists() {
      const present = await databasesIn(await files.factory());
      return present.some((one) => one.name === name);
    },
  };
}

/** Return everything in a store but the parts. @param {Places} places @returns {Promise<Stored>} */
export async function storedIn(places) {
  const [identity, names, pages, records, partIds] = await Promise.all([
    result(places("identity").get(PROFILE)),
    result(places("index").getAllKeys()),
    result(places("index").getAll()),
    result(places("records").getAll()),
    result(places("parts").getAllKeys()),
  ]);
  return { identity, index: new Map(names.map((name, i) => [String(name), pages[i]])), records, partIds };
}
