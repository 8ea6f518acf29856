// @ts-check
// A store that an earlier version kept in another place: it is taken over as it is, and deleted there.
import { copyWhole } from "./backup.js";
import { PROFILE, result } from "./database.js";
import { eraseDatabase } from "./erasing.js";

/** @typedef {import("./database.js").Database} Database */

/**
 * Where an earlier version kept the store.
 * @typedef {{database: Database, numFills: number}} Former `numFills`: how many MiB make the browser compact its files there
 */

/** @param {Former} former */
export async function eraseFormer({ database, numFills }) {
  if (await database.exists()) await eraseDatabase(database, numFills);
}

/** Take over a store. @param {Former} former @param {Database} to which is empty @returns {Promise<boolean>} false where there is nothing */
export async function moveStore(former, to) {
  if (!(await former.database.exists())) return false;
  await copyWhole(former.database, to);
  await eraseFormer(former);
  return true;
}

/** Delete what is left of a store that was taken over. @param {Former} former @param {Database} to */
export async function tidyFormer(former, to) {
  if (!(await former.database.exists())) return;
  const identity = await to.run("readonly", (places) => result(places("identity").get(PROFILE)));
  if (identity !== undefined) await eraseFormer(former);
}
