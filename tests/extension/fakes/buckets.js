// @ts-check
// A browser's storage buckets: places for databases whose files are their own.
import { IDBFactory } from "fake-indexeddb";

/** Give this process the buckets of Chromium, which Node does not have. */
export function createBuckets() {
  /** @type {Map<string, IDBFactory>} */
  const factories = new Map();
  const broken = new Set();
  /** @type {string[]} */
  const deleted = [];
  const storageBuckets = {
    open: async (/** @type {string} */ name) => {
      if (!factories.has(name)) factories.set(name, new IDBFactory());
      const indexedDB = /** @type {IDBFactory} */ (factories.get(name));
      if (broken.has(name)) indexedDB.open = refuse;
      return { indexedDB };
    },
    delete: async (/** @type {string} */ name) => {
      deleted.push(name);
      factories.delete(name);
      broken.delete(name);
    },
  };
  Object.defineProperty(globalThis, "navigator", { value: { storageBuckets }, configurable: true });
  return {
    names: () => [...factories.keys()].sort(),
    deleted: () => deleted,
    /** Return where the databases of a bucket lie. @param {string} name */
    files: (name) => ({ factory: async () => (await storageBuckets.open(name)).indexedDB }),
    delete: storageBuckets.delete,
    /** Let a bucket refuse to open its databases, as with a missing file. @param {string} name */
    break: (name) => void broken.add(name),
    /** Take the buckets away again. */
    close: () => Reflect.deleteProperty(globalThis, "navigator"),
  };
}

/** @returns {IDBOpenDBRequest} a request that fails as Chromium's does */
function refuse() {
  /** @type {any} */
  const request = {
    error: new DOMException("Internal error opening backing store for indexedDB.open.", "UnknownError"),
  };
  queueMicrotask(() => request.onerror());
  return request;
}
