// @ts-check
import { MAX_LIST_BYTES, readList } from "../packs/manifest.js";
import { PackError } from "../values/errors.js";

/**
 * @typedef {import("../generated/contract-types.js").KeptPackList} KeptPackList
 * @typedef {import("../generated/contract-types.js").PackListEntry} PackListEntry
 * @typedef {ReturnType<typeof createPackList>} PackListSource
 */

/** Kind and id of the profile's record. */
const KEPT = "pack_list";
/** How long a list is believed. It is always fetched whole and without a condition, so that all readers' requests are alike. */
export const LIST_FRESH_MS = 24 * 60 * 60_000;
/** How long a host that did not give its list is left alone. */
const RETRY_MS = 10 * 60_000;

/** @param {import("../core/profile.js").Profile} profile @returns {KeptPackList | undefined} as it was fetched last */
const keptIn = (profile) => /** @type {KeptPackList | undefined} */ (profile.others(KEPT)[0]);

/** @param {KeptPackList} list @returns {import("../core/profile.js").Entry} that takes the place of the one before */
const recordOf = (list) => ({ kind: KEPT, id: KEPT, value: list });

/**
 * The list of packs at the address that the shopper gave. The profile keeps it, with the packs in it that were refused.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./pack-client.js").PackClient} parts.fetchFile
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createPackList({ getProfile, fetchFile, now }) {
  /** @type {{url: string, at: number, problem: PackError} | undefined} a cache: losing it costs one request */
  let failed;
  /** @type {{url: string, list: Promise<KeptPackList>} | undefined} */
  let fetching;

  /** @param {string} url @returns {Promise<KeptPackList>} */
  async function fetchList(url) {
    // Of before the request: what was asked before an erase is not kept after it.
    const profile = await getProfile();
    const entries = readList(await fetchFile(url, MAX_LIST_BYTES));
    const list = { url, fetchedAt: new Date(now()).toISOString(), entries, refused: [] };
    // The shopper may have left that list meanwhile.
    await profile.changeOthers(() => (profile.settings.packListUrl === url ? [recordOf(list)] : []));
    return list;
  }

  return {
    /** @returns {Promise<KeptPackList>} fetched at most once a day @throws {PackError} */
    async current() {
      const profile = await getProfile();
      const url = profile.settings.packListUrl ?? "";
      const kept = keptIn(profile);
      if (kept?.url === url && now() - Date.parse(kept.fetchedAt) < LIST_FRESH_MS) return kept;
      if (failed?.url === url && now() - failed.at < RETRY_MS) throw failed.problem;
      if (fetching?.url !== url) {
        const list = fetchList(url).finally(() => {
          if (fetching?.list === list) fetching = undefined;
        });
        fetching = { url, list };
      }
      try {
        return await fetching.list;
      } catch (problem) {
        if (problem instanceof PackError) failed = { url, at: now(), problem };
        throw problem;
      }
    },

    /** Forget the list, and that its host failed, after the shopper changed a setting. */
    async forget() {
      failed = undefined;
      await (await getProfile()).changeOthers([], [KEPT]);
    },

    /** Remember that a pack was refused, so that it is not downloaded again before the next list. @param {PackListEntry} entry @param {PackError} problem */
    async refuse({ manifest }, { code, message }) {
      const profile = await getProfile();
      await profile.changeOthers(() => {
        const list = keptIn(profile);
        if (!list?.entries.some((one) => one.manifest === manifest)) return [];
        return [recordOf({ ...list, refused: [...list.refused, { manifest, code, message }] })];
      });
    },
  };
}
