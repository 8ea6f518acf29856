// @ts-check
// What lies in a database, read and changed past the vault, as somebody with the files could.
import { createDatabase, storedIn } from "../../../../extension/core/vault/database.js";

/** What an empty database holds. */
export const NOTHING = { identity: undefined, index: new Map(), records: [], partIds: [], parts: [] };

/** @typedef {import("../../../../extension/core/vault/database.js").Files} Files where a database lies, if not in the browser's own place */

/** Return everything in a database. @param {string} name @param {Files} [files] @returns {Promise<any>} */
export function onDisk(name, files) {
  return createDatabase(name, files).run("readonly", async (places) => {
    const parts = new Promise((resolve) => {
      const request = places("parts").getAll();
      request.onsuccess = () => resolve(request.result);
    });
    return { ...(await storedIn(places)), parts: await parts };
  });
}

/** Change a database in one transaction. @param {string} name @param {(places: import("../../../../extension/core/vault/database.js").Places) => void} change @param {Files} [files] */
export const changeDisk = (name, change, files) => createDatabase(name, files).run("readwrite", change);

/** An id for tests that tells what it is of. @param {string} text @returns {string} */
export const idOf = (text) => Buffer.from(text).toString("hex").padEnd(32, "0").slice(0, 32);

/** Return something that can be waited for, and given. */
export function createSignal() {
  let give = () => {};
  /** @type {Promise<void>} */
  const given = new Promise((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}
