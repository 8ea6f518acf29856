// @ts-check
// Changes of a profile, one after the other, until it is closed.
import { CarryoverError } from "../../values/errors.js";

/** Somebody else wrote, or the browser closed the database: what was to be written was not. */
const LATE = ["store_changed", "storage_lost"];
const MOST_TRIES = 12;

/** A queue of changes. Where somebody else changed the store meanwhile, a change is made again on what is there now. */
export class Changes {
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve();
  /** @type {CarryoverError | null} */
  #reason = null;
  #loadAgain;

  /** @param {() => Promise<void>} loadAgain */
  constructor(loadAgain) {
    this.#loadAgain = loadAgain;
  }

  /** @returns {boolean} */
  get isClosed() {
    return this.#reason !== null;
  }

  /** Refuse every change from now on. @param {CarryoverError} reason */
  close(reason) {
    this.#reason = reason;
  }

  /** @returns {Promise<void>} when the change that runs has ended */
  async settled() {
    await this.#queue;
  }

  /**
   * Make a change after all earlier ones, so that two of them never interleave.
   * @template T
   * @param {() => Promise<T>} change
   * @returns {Promise<T>}
   * @throws {CarryoverError} the reason, where the queue was closed
   */
  run(change) {
    const next = this.#queue.then(() => this.#tried(change));
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** @template T @param {() => Promise<T>} change @returns {Promise<T>} */
  async #tried(change) {
    for (let tries = 1; ; tries += 1) {
      if (this.#reason) throw this.#reason;
      try {
        return await change();
      } catch (error) {
        const isLate = error instanceof CarryoverError && LATE.includes(error.code);
        if (!isLate || tries === MOST_TRIES) throw error;
        await this.#loadAgain();
      }
    }
  }
}
