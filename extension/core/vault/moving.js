// @ts-check
// A store that an earlier version kept in another place: it is taken over as it is, and deleted there.
import { copyWhole } from "./backup.js";
import { PROFILE, result } from "./database.js";
import { eraseDatabase } from "./erasing.js";
import { CarryoverError } from "../../values/errors.js";

/** @typedef {import("./database.js").Database} Database */

/**
 * Where an earlier version kept the store.
 * @typedef {object} Former
 * @property {Database} database
 * @property {number} numFills how many MiB make the browser compact its files there
 * @property {import("./marker.js").Note} lost whether an erase found files there that the browser can neither open nor delete
 */

/** @param {Former} former @returns {Promise<boolean>} whether there is a store @throws {CarryoverError} storage_damaged */
const isThere = async ({ database, lost }) => (await lost.read()) === null && (await database.exists());

/** Delete a store, or note that the browser cannot: everything else is erased all the same. @param {Former} former */
export async function eraseFormer({ database, numFills, lost }) {
  try {
    if (await database.exists()) await eraseDatabase(database, numFills);
    await lost.remove();
  } catch (error) {
    if (!(error instanceof CarryoverError) || error.code !== "storage_damaged") throw error;
    await lost.write({ isLost: true });
  }
}

/**
 * Take over a store.
 * @param {Former} former @param {Database} to which is empty
 * @returns {Promise<boolean>} false where there is nothing
 * @throws {CarryoverError} storage_damaged, where there may be one
 */
export async function moveStore(former, to) {
  if (!(await isThere(former))) return false;
  await copyWhole(former.database, to);
  // Tried again at the next start of the browser.
  await eraseDatabase(former.database, former.numFills).catch(console.warn);
  return true;
}

/** Delete what is left of a store that was taken over. @param {Former} former @param {Database} to */
export async function tidyFormer(former, to) {
  if (!(await isThere(former))) return;
  const identity = await to.run("readonly", (places) => result(places("identity").get(PROFILE)));
  if (identity !== undefined) await eraseDatabase(former.database, former.numFills);
}
