// @ts-check
import { Profile } from "../core/profile.js";

/** @typedef {() => Promise<Profile>} GetProfile opens the profile once in each life of the worker, and anew after it was erased */

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
  /** @returns {Promise<Profile>} */
  const open = () => {
    opened = Profile.open(storage, { now }).catch((error) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return async () => {
    const before = (opened ??= open());
    const profile = await before;
    if (!profile.closing) return profile;
    // One that failed left the profile as it was.
    await profile.closing.catch(() => undefined);
    return opened === before ? open() : (opened ?? open());
  };
}
