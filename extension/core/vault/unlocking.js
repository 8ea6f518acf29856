// @ts-check
// Trying a passphrase: after wrong ones the next has to wait, over restarts too.
import { CarryoverError } from "../../values/errors.js";
import { openAnyLock } from "./locks.js";

/** So many wrong ones in a row cost nothing. */
const NUM_FREE = 2;
const FIRST_WAIT_MS = 5_000;
const MOST_WAIT_MS = 300_000;

/** @param {unknown} value @returns {{count: number, at: number}} */
function attemptsFrom(value) {
  const { count, at } = /** @type {Record<string, unknown>} */ (value ?? {});
  return { count: Number.isSafeInteger(count) ? Number(count) : 0, at: Number.isFinite(at) ? Number(at) : 0 };
}

/** @param {{count: number, at: number}} attempts @param {number} now @returns {number} milliseconds until the next may be tried */
function waitOf({ count, at }, now) {
  if (count < NUM_FREE) return 0;
  const wait = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - NUM_FREE));
  // A clock that was moved back makes it no longer.
  return Math.max(0, Math.min(wait, at + wait - now));
}

/**
 * Open a lock with a passphrase or a recovery code.
 * @param {import("./locks.js").Lock[]} locks @param {string} secret @param {import("./locks.js").Owner} owner
 * @param {{attempts: import("./marker.js").Note, now: () => number, argon2?: import("../passphrase.js").Argon2}} parts
 * @returns {Promise<import("./locks.js").Bytes>} the bytes of the data key
 * @throws {CarryoverError} passphrase_wrong or passphrase_wait
 */
export async function openWithDelay(locks, secret, owner, { attempts, now, argon2 }) {
  const before = attemptsFrom(await attempts.read());
  const wait = waitOf(before, now());
  if (wait > 0) throw new CarryoverError("passphrase_wait", `Expected a pause of ${Math.ceil(wait / 1000)} s first.`);
  // Counted before it is tried, so that ending the browser meanwhile gains nothing.
  await attempts.write({ count: before.count + 1, at: now() });
  const bytes = await openAnyLock(locks, secret, owner, { argon2 });
  if (!bytes) throw new CarryoverError("passphrase_wrong", "Expected the passphrase or the recovery code.");
  await attempts.remove();
  return bytes;
}
