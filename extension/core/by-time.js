// @ts-check
import { newestFirst } from "./profile-records.js";

/**
 * Records by their ids, and in the order of their times. A list asks for that order several times, so it is made once after each change.
 * @template {{time: string, id: string}} T
 */
export class ByTime {
  /** @type {Map<string, T>} */
  #byId = new Map();
  /** @type {T[] | null} */
  #newest = null;

  /** @param {string} id @param {T} record */
  set(id, record) {
    this.#byId.set(id, record);
    this.#newest = null;
  }

  /** @param {string} id @returns {T | undefined} */
  get(id) {
    return this.#byId.get(id);
  }

  /** @param {string} id */
  delete(id) {
    if (this.#byId.delete(id)) this.#newest = null;
  }

  clear() {
    this.#byId.clear();
    this.#newest = null;
  }

  /** Return the records, most recent first. The list is not to be changed: it is the same until a record is. @returns {T[]} */
  newest() {
    this.#newest ??= [...this.#byId.values()].sort(newestFirst);
    return this.#newest;
  }
}
