// @ts-check
import { CarryoverError } from "../values/errors.js";

/**
 * What a shopper does, from its beginning to the disk. An act may be offered several times, and is written once: its id is kept in the
 * same transaction as its change.
 * @typedef {{kind: string, id: string, value: object}} Entry a record, readable
 */

const KIND = "acts";
/** SHA-256("carryover record acts"), cut to the form of a record's id. */
export const ACTS_ID = "452e3f4b76597f77e646a99b93d87270";
/** So many are remembered. Whoever offers an act again gives up long before so many others have followed. */
const MAX_ACTS = 256;
const ID = /^[0-9a-f]{16}$/;

/** @param {Map<string, Entry>} kept @returns {string[]} the ids of the acts that were written last, the oldest first */
const idsIn = (kept) => /** @type {{ids?: string[]} | undefined} */ (kept.get(ACTS_ID)?.value)?.ids ?? [];

/** Return the record of the acts that were written, with one more. @param {Map<string, Entry>} kept by id @param {string} id @returns {Entry} */
export function actsWith(kept, id) {
  return { kind: KIND, id: ACTS_ID, value: { ids: [...idsIn(kept), id].slice(-MAX_ACTS) } };
}

/** @param {string} id empty for what is offered once @param {Map<string, Entry>} kept by id @throws {CarryoverError} done, where the act was written already */
export function assertNew(id, kept) {
  if (id && idsIn(kept).includes(id)) throw new CarryoverError("done", "This was kept already.");
}

/** Return whether an act was written. @param {Pick<import("./profile.js").Profile, "others">} profile @param {string} id @returns {boolean} */
export const isDone = (profile, id) =>
  id !== "" && profile.others(KIND).some((kept) => /** @type {{ids: string[]}} */ (kept).ids.includes(id));

/**
 * Wait for the change of an act that may have been made already.
 * @template T @param {Promise<T>} change @returns {Promise<T | null>} null where it was
 */
export async function unlessDone(change) {
  try {
    return await change;
  } catch (error) {
    if (error instanceof CarryoverError && error.code === "done") return null;
    throw error;
  }
}

/** @param {unknown} id @returns {id is string} whether it has the form of an act's id */
export const isActId = (id) => typeof id === "string" && ID.test(id);

/** Return a new id of an act. @returns {string} */
export function newActId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
