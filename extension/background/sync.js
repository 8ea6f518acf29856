// @ts-check
import { addImported } from "../core/importing.js";
import { addSaved } from "../core/import-saved.js";
import { randomId } from "../core/profile-records.js";
import { savedIn } from "../core/saved.js";
import { keysOf, merged } from "../core/transfer/merge.js";
import { newSyncCode, syncKeys } from "../core/transfer/sync-envelope.js";
import { readExport } from "../imports/own-file.js";
import { CarryoverError } from "../values/errors.js";
import { createCopy } from "./sync-copy.js";

/**
 * @typedef {ReturnType<typeof createSync>} Sync
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

/** @param {Profile} profile @param {Partial<KeptSync>} changes */
async function keep(profile, changes) {
  const before = syncIn(profile) ?? { id: randomId(), code: "", known: null, keys: [], syncedAt: "" };
  await profile.changeOthers([{ kind: KIND, id: before.id, value: { ...before, ...changes } }]);
}

/** @param {Profile} profile @returns {Promise<KeptSync & {secret: SyncKeys}>} @throws {CarryoverError} sync_off */
async function current(profile) {
  const kept = syncIn(profile);
  const secret = kept && (await syncKeys(kept.code));
  if (!kept || !secret) throw new CarryoverError("sync_off", "The sync is not set up in this browser.");
  return { ...kept, secret };
}

/** Add what the copy has and this browser has not, through the door of imports. @param {Profile} profile @param {Side} additions @param {Parts} parts */
async function add(profile, { interactions, saved }, { model, now }) {
  if (interactions.length + saved.length === 0) return;
  const rows = readExport(JSON.stringify({ format: 1, interactions, saved }));
  await addImported(rows.rows, () => true, { profile, model: () => model.getModel(), now: now() });
  await addSaved(rows.saved, { profile, now: now() });
}

/** @param {Profile} profile @param {import("../core/transfer/merge.js").Merged} merge @param {Parts} parts */
async function apply(profile, { additions, repetitions, removals }, parts) {
  const gone = new Set(removals.ids);
  if (gone.size + removals.savedIds.length > 0)
    await profile.removeInteractions(({ id }) => gone.has(id), removals.savedIds);
  if (repetitions.length > 0) await profile.reviseInteractions(repetitions);
  await add(profile, additions, parts);
}

/**
 * Return a function that takes one turn: read the copy, merge, and write what the copy lacks.
 * @param {Parts} parts @param {ReturnType<typeof createCopy>} copies
 * @returns {() => Promise<SyncState>}
 */
function createTurn(parts, copies) {
  const { getProfile, announceChange, now } = parts;
  return async () => {
    const profile = await getProfile();
    if (profile.settings.paused) throw new CarryoverError("paused", "Learning is paused, and the sync with it.");
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const { secret, known: before, keys: kept } = await current(profile);
      const copy = await copies.read(secret, before);
      const merge = await merged(sideOf(profile), copy.side, new Set(kept));
      await apply(profile, merge, parts);
      const time = new Date(now()).toISOString();
      const known = merge.isNews || !copy.known ? await copies.write(secret, merge.whole, copy, time) : copy.known;
      if (!known) continue;
      const there = new Set(await keysOf(merge.whole));
      const keys = (await keysOf(sideOf(profile))).filter((key) => there.has(key));
      // It may have been switched off meanwhile.
      if (syncIn(profile)) await keep(profile, { known, keys, syncedAt: time });
      await announceChange();
      return stateIn(profile);
    }
    throw new CarryoverError("sync_busy", "Other browsers write at the same time. Try again in a moment.");
  };
}

/** Take a turn where the last one is a while ago. A failure is told where the shopper asks for a turn. @param {Sync} sync @param {Pick<Parts, "getProfile" | "now">} parts */
export async function refresh(sync, { getProfile, now }) {
  const kept = syncIn(await getProfile());
  if (!kept || now() - Date.parse(kept.syncedAt) < FRESH_MS) return;
  await sync.sync().catch((error) => {
    if (!(error instanceof CarryoverError)) throw error;
  });
}

/** What the shopper's browsers keep for each other on their paired server. @param {Parts} parts */
export function createSync(parts) {
  const { getProfile, announceChange } = parts;
  const copies = createCopy(parts);
  const turn = createTurn(parts, copies);
  /** @type {Promise<SyncState> | undefined} */
  let running;

  /** @returns {Promise<SyncState>} one turn at a time */
  function sync() {
    running ??= turn().finally(() => {
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

    /** Begin, or begin anew: with a code of another browser, or a new one. @param {string} [typed] @returns {Promise<SyncState>} */
    async start(typed) {
      const profile = await getProfile();
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
        return await sync();
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

    /** Add what an earlier copy holds and this browser has not. @param {number} version @returns {Promise<SyncState>} */
    async restore(version) {
      const profile = await getProfile();
      const { secret } = await current(profile);
      const { additions } = await merged(sideOf(profile), await copies.earlier(secret, version), new Set());
      await add(profile, additions, parts);
      await announceChange();
      return stateIn(profile);
    },
  };
}
