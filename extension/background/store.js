// @ts-check
import { applyNewRules } from "../core/rules-update.js";
import { Profile } from "../core/profile.js";

/** @typedef {(how?: {isUse: boolean}) => Promise<Profile>} GetProfile opens the profile once in each life of the worker, and anew after it was erased or locked */

/**
 * Return a function that opens the profile on its first call, and again after it was erased or locked. The vault holds the truth, so a worker
 * that died loses nothing. A failed opening is not remembered: the next call tries again. Before anybody has the profile,
 * what the rules of the filter have learned to refuse since is removed.
 * @param {object} parts
 * @param {import("../core/vault/vault.js").Vault} parts.vault
 * @param {() => number} parts.now milliseconds since 1970
 * @param {() => void} [parts.onUse] told each time that somebody gets the profile to use it
 * @returns {GetProfile}
 */
export function createProfileStore({ vault, now, onUse = () => undefined }) {
  /** @type {Promise<Profile> | undefined} */
  let opened;

  /** @type {GetProfile} */
  async function getProfile(how = { isUse: true }) {
    opened ??= Profile.open(vault, { now }).then(async (profile) => {
      // A device on which that fails, such as a full one, keeps working; the next opening tries again.
      await applyNewRules(profile).catch((error) => console.warn("Carryover:", error));
      return profile;
    });
    const mine = opened;
    const forget = () => {
      if (opened === mine) opened = undefined;
    };
    const profile = await mine.catch((error) => {
      forget();
      throw error;
    });
    if (!profile.isClosed) {
      if (how.isUse) onUse();
      return profile;
    }
    await profile.ended.catch(() => undefined);
    forget();
    return getProfile(how);
  }
  return getProfile;
}
