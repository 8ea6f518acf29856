// @ts-check
// What lies in a database, read and changed past the vault, as somebody with the files could.
import { createDatabase, storedIn } from "../../../../extension/core/vault/database.js";

/** What an empty database holds. */
export const NOTHING = { identity: undefined, index: new Map(), records: [], partIds: [], parts: [] };

/** Return everything in a database. @param {string} name @returns {Promise<any>} */
export function onDisk(name) {
  return createDatabase(name).run("readonly", async (places) => {
    const parts = new Promise((resolve) => {
      const request = places("parts").getAll();
      request.onsuccess = () => resolve(request.result);
    });
    return { ...(await storedIn(places)), parts: await parts };
  });
}

/** Change a database in one transaction. @param {string} name @param {(places: import("../../../../extension/core/vault/database.js").Places) => void} change */
export const changeDisk = (name, change) => createDatabase(name).run("readwrite", change);

/** An id for tests that tells what it is of. @param {string} text @returns {string} */
export const idOf = (text) => Buffer.from(text).toString("hex").padEnd(32, "0").slice(0, 32);
