// @ts-check
import { packsOf, randomId } from "../core/profile-records.js";
import { isReachable } from "../core/reachable.js";
import { FRESH_MS } from "../shelf/reader.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").ShelfState} ShelfState
 * @typedef {ReturnType<typeof createShelves>} Shelves
 */

/** How many catalogues are kept, read or downloaded; the one that began first makes room for the next. */
export const MAX_SHELVES = 10;

/**
 * Return a new round of reading, or the one that was interrupted.
 * @param {KeptShelf | null} before @param {{shop: string, origin: string, space: string, now: number}} wanted @returns {KeptShelf}
 */
function nextRound(before, { shop, origin, space, now }) {
  const startedAt = new Date(now).toISOString();
  if (!before || before.space !== space || before.origin !== origin) {
    const empty = { numItems: 0, parts: [], next: "" };
    return { id: randomId(), shop, origin, space, kind: "unknown", status: "reading", round: 1, startedAt, ...empty };
  }
  const { reason, ...kept } = before;
  const isOver = before.status === "read" || now - Date.parse(before.startedAt) > FRESH_MS;
  if (!isOver) return { ...kept, status: "reading" };
  return { ...kept, status: "reading", round: before.round + 1, startedAt, next: "" };
}

/** @param {KeptShelf} shelf @param {number} now @returns {boolean} whether a day went by since its last reading began */
const isStale = ({ startedAt }, now) => now - Date.parse(startedAt) > FRESH_MS;

/** Make room for one more catalogue. @param {Profile} profile */
export async function makeRoom(profile) {
  const oldest = profile.shelves().sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  for (const shelf of oldest.slice(0, Math.max(0, oldest.length - MAX_SHELVES + 1))) await profile.deleteShelf(shelf);
}

/**
 * The catalogues of shops that this device reads itself.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {import("./model.js").ModelSource} parts.model
 * @param {import("./shelf-readings.js").Readings} parts.readings
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createShelves({ getProfile, model, readings, now }) {
  /** @type {Promise<unknown>} */
  let queue = Promise.resolve();

  /** Begin or continue a reading, after all that were begun before: two windows may ask at once. @param {string} shop @param {string} origin */
  function begin(shop, origin) {
    const begun = queue.then(() => beginNow(shop, origin));
    queue = begun.catch(() => undefined);
    return begun;
  }

  /** @param {string} shop @param {string} origin */
  async function beginNow(shop, origin) {
    const profile = await getProfile();
    const { space } = (await model.getModel()).manifest;
    const before = profile.shelf(shop);
    if (before?.status === "read" && before.space === space && !isStale(before, now())) return;
    const shelf = nextRound(before, { shop, origin, space, now: now() });
    if (before?.id !== shelf.id) {
      if (before) await profile.deleteShelf(before);
      await makeRoom(profile);
    }
    if (await profile.keepShelf(shelf)) readings.run(shelf);
  }

  /** Return what was read of a shop's catalogue, and read no more of it. @param {string} shop @returns {Promise<KeptShelf | null>} null where nothing can be ranked */
  async function kept(shop) {
    const shelf = (await getProfile()).shelf(shop);
    if (!shelf || shelf.numItems === 0) return null;
    const { space } = (await model.getModel()).manifest;
    return shelf.space === space ? shelf : null;
  }

  return {
    kept,

    /**
     * Begin to read a shop's catalogue, or continue. It is read at most once a day.
     * @param {{shop: string | null, url: string | null} | null} tab that shows the shop
     * @throws {CarryoverError} no_shop, not_encrypted or no_consent
     */
    async read(tab) {
      if (!tab?.shop || !tab.url) throw new CarryoverError("no_shop", "Open a shop's page to read its catalogue.");
      if (!isReachable(tab.url))
        throw new CarryoverError(
          "not_encrypted",
          `${tab.shop} has no encrypted pages (https), so its catalogue is not read.`,
        );
      const profile = await getProfile();
      if (!profile.isConsented(tab.shop))
        throw new CarryoverError("no_consent", `Allow Carryover at ${tab.shop} before it reads the catalogue.`);
      await begin(tab.shop, new URL(tab.url).origin);
    },

    /** Stop reading; what was read is kept. @param {string | null | undefined} shop */
    async stop(shop) {
      if (!shop) return;
      // What a worker before this one began is continued once the profile is open.
      const profile = await getProfile();
      await readings.stop(shop);
      const shelf = profile.shelf(shop);
      if (shelf?.status === "reading") await profile.keepShelf({ ...shelf, status: "stopped" });
    },

    /** Continue the readings that were interrupted when the worker before this one ended. */
    async resume() {
      const shelves = (await getProfile({ isUse: false })).shelves().filter(({ kind }) => kind !== "pack");
      for (const shelf of shelves) if (shelf.status === "reading") readings.run(shelf);
    },

    /**
     * Return what was read of a shop's catalogue; read it again where a day went by, or where another bundle needs it.
     * @param {string} shop @returns {Promise<KeptShelf | null>} null where nothing of it can be ranked
     */
    async of(shop) {
      const shelf = (await getProfile()).shelf(shop);
      if (!shelf || shelf.numItems === 0) return null;
      const { space } = (await model.getModel()).manifest;
      if (shelf.status === "read" && (isStale(shelf, now()) || shelf.space !== space)) await begin(shop, shelf.origin);
      return shelf.space === space ? shelf : null;
    },
  };
}

/**
 * Return how far the reading of a shop's catalogue is, for the extension's own pages.
 * @param {Profile} profile @param {string | null | undefined} shop @returns {ShelfState | null} null without a shop that is consented
 */
export function shelfStateOf(profile, shop) {
  if (!shop || !profile.isConsented(shop)) return null;
  const shelf = profile.shelf(shop);
  if (!shelf)
    return {
      status: "none",
      numItems: Math.max(0, ...packsOf(profile.shelves(), shop).map(({ numItems }) => numItems)),
    };
  const { status, numItems, total, reason, readAt } = shelf;
  return {
    status,
    numItems,
    ...(total !== undefined && { total }),
    ...(reason && { reason }),
    ...(readAt && { readAt }),
  };
}
