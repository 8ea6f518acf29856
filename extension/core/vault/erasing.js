// @ts-check
// Deleting a store, and making the browser compact what it deleted (docs/envelope.md, "Erase").
import { PROFILE } from "./database.js";
import { generateKey } from "./keys.js";

const RANDOM_AT_ONCE = 65_536;
const FILL_BYTES = 1_048_576;

/** @returns {Uint8Array} bytes that mean nothing, and that a browser cannot compress */
function filling() {
  const bytes = new Uint8Array(FILL_BYTES);
  for (let at = 0; at < FILL_BYTES; at += RANDOM_AT_ONCE)
    crypto.getRandomValues(bytes.subarray(at, at + RANDOM_AT_ONCE));
  return bytes;
}

/**
 * Delete everything in a database, and the database.
 * @param {import("./database.js").Database} database
 * @param {number} numFills how many MiB are written and deleted in between
 */
export async function eraseDatabase(database, numFills) {
  // A database that is damaged may refuse this, and can be deleted all the same.
  const emptied = await overwrite(database).catch((error) => error);
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

/** Write and delete bytes. A full disk is no reason not to erase. @param {import("./database.js").Database} database @param {number} numFills */
async function fill(database, numFills) {
  for (let i = 0; i < numFills; i += 1) {
    const bytes = filling();
    await database.run("readwrite", (places) => {
      places("index").put(bytes, `fill ${i}`);
    });
  }
  await database.run("readwrite", (places) => {
    places("index").clear();
  });
}
