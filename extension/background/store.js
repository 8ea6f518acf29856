// @ts-check
import { indexedDbStorage } from "../core/indexeddb-storage.js";
import { Profile } from "../core/profile.js";

/** @type {Promise<Profile> | undefined} */
let opened;

/** @returns {Promise<Profile>} opened once for each life of the worker; storage holds the truth */
export function getProfile() {
  opened ??= Profile.open(indexedDbStorage()).catch((error) => {
    opened = undefined;
    throw error;
  });
  return opened;
}
