// @ts-check
import { Profile } from "../core/profile.js";

/** @typedef {() => Promise<Profile>} GetProfile opens the profile once in each life of the worker, and after an erasure */

/**
 * Return a function that opens the profile on its first call. The storage holds the truth, so a worker that died loses nothing.
 * A failed opening is not remembered: the next call tries again. After an erasure it opens a new profile.
 * @param {object} parts
 * @param {import("../core/indexeddb-storage.js").Storage} parts.storage
 * @param {() => number} parts.now milliseconds since 1970
 * @returns {GetProfile}
 */
export function createProfileStore({ storage, now }) {
  /** @type {Promise<Profile> | undefined} */
  let opened;
  /** @type {Profile | undefined} */
  let latest;
  return () => {
    if (latest?.isErased) {
      latest = undefined;
      opened = undefined;
    }
    opened ??= Profile.open(storage, { now }).then(
      (profile) => (latest = profile),
      (error) => {
        opened = undefined;
        throw error;
      },
    );
    return opened;
  };
}
