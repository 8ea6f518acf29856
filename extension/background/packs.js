// @ts-check
import { packsOf } from "../core/profile-records.js";
import { PackError } from "../values/errors.js";
import { makeRoom } from "./shelf.js";

/**
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").PackListEntry} PackListEntry
 * @typedef {ReturnType<typeof createPacks>} Packs
 */

/** Codes of failures that may be over at a later try, so that the pack is not called refused. */
const PASSING = new Set(["pack_unreachable", "pack_not_allowed"]);
/** How long a host that did not give a file is left alone. */
const RETRY_MS = 10 * 60_000;

/** @param {string} shop @param {PackError} error @returns {PackError} whose sentence names the shop */
function refusalOf(shop, { code, message }) {
  return new PackError(code, `The published catalogue of ${shop} was not taken: ${message}.`);
}

/**
 * Return whose published catalogue a pack is.
 * @param {KeptShelf} pack @returns {import("../generated/contract-types.js").PackOrigin}
 */
export function originOf({ shop, origin, pack }) {
  const { signedBy, isTrusted = false } = pack ?? {};
  return { shop, host: new URL(origin).host, ...(signedBy && { signedBy }), isTrusted };
}

/**
 * Published catalogues: downloaded whole from the address that the shopper gave.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./model.js").ModelSource} parts.model
 * @param {import("./pack-list.js").PackListSource} parts.list
 * @param {import("./pack-loads.js").PackLoads} parts.loads
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createPacks({ getProfile, model, list, loads, now }) {
  /** By manifest. @type {Map<string, {at: number, problem: PackError}>} a cache: losing it costs one try */
  const failed = new Map();

  /** @param {string} shop @param {string} space @returns {Promise<{held: KeptShelf | null, begun: KeptShelf | null}>} whole, and on its way */
  async function kept(shop, space) {
    const packs = packsOf((await getProfile()).shelves(), shop).filter((pack) => pack.space === space);
    // For a moment there are two that are whole: the newest serves.
    packs.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
    const withStatus = (/** @type {string} */ status) => packs.find((pack) => pack.status === status) ?? null;
    return { held: withStatus("read"), begun: withStatus("reading") };
  }

  /** @param {PackListEntry} entry @param {string} listUrl @param {string} space @throws {PackError} */
  async function update(entry, listUrl, space) {
    const profile = await getProfile();
    const { held, begun } = await kept(entry.shop, space);
    if (held?.pack?.manifest === entry.manifest) return;
    const failure = failed.get(entry.manifest);
    if (failure && now() - failure.at < RETRY_MS) throw failure.problem;
    const isSame = begun?.pack?.manifest === entry.manifest;
    if (begun && !isSame) await profile.deleteShelf(begun);
    if (!held && !begun) await makeRoom(profile);
    const wanted = { entry, listUrl, held, begun: isSame ? begun : null };
    const { first } = loads.run(wanted, (error) => note(entry, error));
    // Where a pack serves already, nobody waits for the next one; what goes wrong is told at the next question.
    if (!held) await first;
  }

  /** @param {PackListEntry} entry @param {unknown} error @returns {Promise<never>} remembers why a pack was not taken, and rejects with it */
  async function note(entry, error) {
    if (!(error instanceof PackError)) throw error;
    const problem = PASSING.has(error.code) ? error : refusalOf(entry.shop, error);
    failed.set(entry.manifest, { at: now(), problem });
    if (problem !== error) await list.refuse(entry, problem);
    throw problem;
  }

  return {
    /**
     * Return what there is of a shop's published catalogue, after looking for a newer one at most once a day.
     * @param {string} shop
     * @returns {Promise<{pack: KeptShelf | null, problem?: PackError}>} null where none is published, or none could be taken
     */
    async of(shop) {
      const { space } = (await model.getModel()).manifest;
      /** @type {PackError | undefined} */
      let problem;
      try {
        const { url, entries, refused } = await list.current();
        const entry = entries.find((one) => one.shop === shop);
        const known = refused.find(({ manifest }) => manifest === entry?.manifest);
        if (known) throw new PackError(known.code, known.message);
        if (entry) await update(entry, url, space);
      } catch (error) {
        if (!(error instanceof PackError)) throw error;
        problem = error;
      }
      const { held, begun } = await kept(shop, space);
      const pack = held ?? (begun && begun.numItems > 0 ? begun : null);
      return { pack, ...(problem && { problem }) };
    },

    /** Look at the list again at the next question, though its host failed: the shopper saved its address once more. */
    async askAgain() {
      await list.forget();
      failed.clear();
    },

    /** Delete every pack and the list, after the shopper named another one, or other keys. */
    async drop() {
      loads.forget();
      await list.forget();
      failed.clear();
      const profile = await getProfile();
      for (const shelf of profile.shelves()) if (shelf.kind === "pack") await profile.deleteShelf(shelf);
    },
  };
}
