// @ts-check
import { begin } from "../core/door.js";
import { randomId } from "../core/profile-records.js";
import { savedIn } from "../core/saved.js";
import { keysOf, merged } from "../core/transfer/merge.js";
import { newSyncCode, syncKeys } from "../core/transfer/sync-envelope.js";
import { takeOver } from "../core/transfer/taking-over.js";
import { CarryoverError } from "../values/errors.js";
import { createCopy } from "./sync-copy.js";

/**
 * @typedef {ReturnType<typeof createSync>} Sync
 * @typedef {import("../core/door.js").Act} Act
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {import("../core/transfer/merge.js").Side} Side
 * @typedef {import("../core/transfer/sync-envelope.js").Known} Known
 * @typedef {import("../core/transfer/sync-envelope.js").SyncKeys} SyncKeys
 * @typedef {import("../generated/contract-types.js").SyncState} SyncState
 * @typedef {{id: string, code: string, known: Known | null, keys: string[], syncedAt: string}} KeptSync in the encrypted profile; `keys` of what both
 *   sides had after the last turn
 * @typedef {object} Parts
 * @property {import("./store.js").GetProfile} getProfile
 * @property {() => Promise<import("../core/server-client.js").ServerClient>} getServer
 * @property {import("./model.js").ModelSource} model
 * @property {() => Promise<void>} announceChange
 * @property {() => number} now milliseconds since 1970
 */

const KIND = "sync";
const MAX_TRIES = 5;
const FRESH_MS = 15 * 60_000;

/** @param {Profile} profile @returns {KeptSync | undefined} */
const syncIn = (profile) => /** @type {KeptSync[]} */ (profile.others(KIND))[0];

/** @param {Profile} profile @returns {Side} */
const sideOf = (profile) => ({ interactions: profile.interactions(), saved: savedIn(profile) });

/** @param {Profile} profile @returns {SyncState} */
function stateIn(profile) {
  const kept = syncIn(profile);
  return { isOn: kept !== undefined, ...(kept?.syncedAt && { syncedAt: kept.syncedAt }) };
}

/** @param {KeptSync} value @returns {import("../core/told.js").Entry} */
const entryOf = (value) => ({ kind: KIND, id: value.id, value });

/** @param {Profile} profile @param {Omit<KeptSync, "id">} sync in place of the one before */
function keep(profile, sync) {
  return profile.changeOthers(() => [entryOf({ ...sync, id: syncIn(profile)?.id ?? randomId() })]);
}

/** Note what a turn came to, unless the sync was switched off meanwhile, or begun with another code. @param {Profile} profile @param {string} code @param {Partial<KeptSync>} changes */
function remember(profile, code, changes) {
  return profile.changeOthers(() => {
    const kept = syncIn(profile);
    return kept?.code === code ? [entryOf({ ...kept, ...changes })] : [];
  });
}

/** @param {Profile} profile @returns {Promise<KeptSync & {secret: SyncKeys}>} @throws {CarryoverError} sync_off */
async function current(profile) {
  const kept = syncIn(profile);
  const secret = kept && (await syncKeys(kept.code));
  if (!kept || !secret) throw new CarryoverError("sync_off", "The sync is not set up in this browser.");
  return { ...kept, secret };
}

/** @param {string} reason of the door @returns {CarryoverError} */
function refusal(reason) {
  if (reason === "paused") return new CarryoverError("sync_paused", "Learning is paused, and the sync with it.");
  if (reason === "incognito") return new CarryoverError("sync_private", "Nothing is synced from a private window.");
  return new CarryoverError(reason, "Everything was erased meanwhile.");
}

/**
 * Refuse what began before an erase or a lock, and what the door would refuse.
 * @param {Act} act @param {Parts} parts @throws {CarryoverError} erased, locked, sync_paused or sync_private
 */
async function assertOpen({ profile, isPrivate }, { getProfile }) {
  if (profile.isClosed) {
    await getProfile();
    throw refusal("erased");
  }
  if (isPrivate) throw refusal("incognito");
  if (profile.settings.paused) throw refusal("paused");
}

/**
 * Read the copy, merge it with what this browser knows, and take over what it lacks.
 * @param {Act} act @param {Parts} parts @param {ReturnType<typeof createCopy>} copies
 */
async function readTurn(act, { model, now }, copies) {
  const { profile } = act;
  const { secret, code, known, keys: before } = await current(profile);
  const copy = await copies.read(secret, known);
  const own = sideOf(profile);
  const merge = await merged(own, copy.side, new Set(before));
  const there = await keysOf(copy.side);
  // What was removed here stays remembered until the copy lacks it, too: whatever ends this turn, it does not come back.
  const here = new Set([...before, ...(await keysOf(own))]);
  const { keys: added, reason } = await takeOver(merge, {
    act,
    model: () => model.getModel(),
    now: profile.today(),
    recordsOf(more) {
      const both = new Set([...here, ...more]);
      const keys = there.filter((key) => both.has(key));
      const kept = syncIn(profile);
      // It may have been switched off meanwhile, and most turns bring nothing new.
      if (kept?.code !== code || new Set([...kept.keys, ...keys]).size === kept.keys.length) return [];
      return [entryOf({ ...kept, known: copy.known, keys })];
    },
  });
  if (reason) throw refusal(reason);
  for (const key of added) here.add(key);
  return { copy, merge, secret, code, here, time: new Date(now()).toISOString() };
}

/**
 * Return a function that takes one turn: read the copy, merge, and write what the copy lacks.
 * @param {Parts} parts @param {ReturnType<typeof createCopy>} copies
 * @returns {(isPrivate: boolean) => Promise<SyncState>}
 */
function createTurn(parts, copies) {
  return async (isPrivate) => {
    const profile = await parts.getProfile();
    // All tries are of one act: an erase refuses what is left of it.
    const act = begin(profile, { isPrivate });
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      await assertOpen(act, parts);
      const { copy, merge, secret, code, here, time } = await readTurn(act, parts, copies);
      await assertOpen(act, parts);
      const known = merge.isNews || !copy.known ? await copies.write(secret, merge.whole, copy, time) : copy.known;
      if (!known) continue;
      const keys = (await keysOf(merge.whole)).filter((key) => here.has(key));
      await remember(profile, code, { known, keys, syncedAt: time });
      await parts.announceChange();
      return stateIn(profile);
    }
    throw new CarryoverError("sync_busy", "Other browsers write at the same time. Try again in a moment.");
  };
}

/** Take a turn where the last one is a while ago. A failure is told where the shopper asks for a turn. @param {Sync} sync @param {Pick<Parts, "getProfile" | "now">} parts */
export async function refresh(sync, { getProfile, now }) {
  try {
    const kept = syncIn(await getProfile());
    // A clock that was ahead for a moment puts off nothing.
    const isFresh = kept && Math.abs(now() - Date.parse(kept.syncedAt)) < FRESH_MS;
    if (kept && !isFresh) await sync.sync();
  } catch (error) {
    if (!(error instanceof CarryoverError)) throw error;
  }
}

/** What the shopper's browsers keep for each other on their paired server. @param {Parts} parts */
export function createSync(parts) {
  const { getProfile, model, announceChange } = parts;
  const copies = createCopy(parts);
  const turn = createTurn(parts, copies);
  /** @type {Promise<SyncState> | undefined} */
  let running;

  /** Take a turn, one at a time. @param {{isPrivate?: boolean}} [how] in a private window @returns {Promise<SyncState>} */
  function sync({ isPrivate = false } = {}) {
    running ??= turn(isPrivate).finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    sync,

    /** @returns {Promise<SyncState>} */
    state: async () => stateIn(await getProfile()),

    /** @returns {Promise<string>} the code, for the other browsers */
    code: async () => (await current(await getProfile())).code,

    /** Begin, or begin anew: with a code of another browser, or a new one. @param {string} [typed] @param {{isPrivate?: boolean}} [how] @returns {Promise<SyncState>} */
    async start(typed, how) {
      const profile = await getProfile();
      await assertOpen(begin(profile, how), parts);
      const before = syncIn(profile);
      const code = typed ?? before?.code ?? newSyncCode();
      const secret = await syncKeys(code);
      if (!secret)
        throw new CarryoverError(
          "invalid_sync_code",
          "Expected a code of 32 characters, as the other browser shows it.",
        );
      if (typed !== undefined && (await copies.read(secret, null)).etag === null)
        throw new CarryoverError("sync_unknown", "The server has no copy of this code. Look at the code again.");
      await keep(profile, { code, known: null, keys: [], syncedAt: "" });
      try {
        return await sync(how);
      } catch (error) {
        // A code that opens nothing, or a server that does not answer, begins nothing.
        const id = syncIn(profile)?.id;
        if (before) await keep(profile, before);
        else if (id) await profile.changeOthers([], [id]);
        throw error;
      }
    },

    /** End the sync in this browser. @param {boolean} deletes whether the copy on the server goes, too @returns {Promise<SyncState>} */
    async stop(deletes) {
      const profile = await getProfile();
      const { secret, id } = await current(profile);
      if (deletes) await copies.delete(secret);
      await profile.changeOthers([], [id]);
      return stateIn(profile);
    },

    /** @returns {Promise<import("../generated/contract-types.js").SyncVersion[]>} the copies that the server keeps, the newest first */
    versions: async () => copies.versions((await current(await getProfile())).secret),

    /** Add what an earlier copy holds and this browser has not. @param {number} version @param {{isPrivate?: boolean}} [how] @returns {Promise<SyncState>} */
    async restore(version, how) {
      const profile = await getProfile();
      const { secret } = await current(profile);
      const act = begin(profile, how);
      await assertOpen(act, parts);
      const { additions } = await merged(sideOf(profile), await copies.earlier(secret, version), new Set());
      const { reason } = await takeOver({ additions }, { act, model: () => model.getModel(), now: profile.today() });
      if (reason) throw refusal(reason);
      await announceChange();
      return stateIn(profile);
    },
  };
}
