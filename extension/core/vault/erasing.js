// @ts-check
// Deleting a store, and making a browser compact what was overwritten (docs/envelope.md, "Erase").
import { PROFILE } from "./database.js";
import { generateKey } from "./keys.js";

/** A larger value lies in a file of its own in Chromium, and moves nothing in the database. */
const FILL_BYTES = 32_768;
const FILLS_AT_ONCE = 32;

/**
 * Delete everything in a database, and the database.
 * @param {import("./database.js").Database} database
 * @param {number} [numFills] how many MiB are written and deleted in between, where deleting it leaves its files as they are
 */
export async function eraseDatabase(database, numFills = 0) {
  // A database that is damaged may refuse this, and can be deleted all the same.
  const emptied = await overwrite(database).catch((error) => error);
  // A full disk is no reason not to erase.
  if (!emptied) await fill(database, numFills).catch(() => undefined);
  await database.remove();
}

/** @param {import("./database.js").Database} database */
async function overwrite(database) {
  const { dataKey } = await generateKey();
  await database.run("readwrite", (places) => {
    places("identity").put({ dataKey }, PROFILE);
    for (const place of /** @type {const} */ (["records", "parts", "index"])) places(place).clear();
  });
  await database.run("readwrite", (places) => {
    places("identity").clear();
  });
}

/**
 * Write and delete bytes, so that the browser compacts what was deleted or overwritten before.
 * @param {import("./database.js").Database} database @param {number} numFills how many MiB
 */
export async function fill(database, numFills) {
  if (numFills === 0) return;
  for (let i = 0; i < numFills; i += 1)
    await database.run("readwrite", (places) => {
      // Random, so that a browser cannot compress it.
      for (let j = 0; j < FILLS_AT_ONCE; j += 1)
        places("index").put(crypto.getRandomValues(new Uint8Array(FILL_BYTES)), `fill ${i} ${j}`);
    });
  await database.run("readwrite", (places) => {
    places("index").delete(IDBKeyRange.bound("fill", "fill~"));
  });
}
