// @ts-check
import { createDatabase } from "../core/vault/database.js";
import { Vault } from "../core/vault/vault.js";
import { CarryoverError } from "../values/errors.js";
import { clearBadges } from "./badge.js";
import { UNLOCKED, lenient, noteIn } from "./notes.js";

/**
 * @typedef {import("../messaging/messages.js").Handlers<"background">} Handlers
 * @typedef {import("../generated/contract-types.js").VaultState} VaultState
 * @typedef {import("../core/vault/database.js").Files} Files
 * @typedef {{indexedDB: IDBFactory}} Bucket
 * @typedef {{open: (name: string, options: object) => Promise<Bucket>, delete: (name: string) => Promise<void>}} Buckets
 * @typedef {Navigator & {storageBuckets?: Buckets}} WithBuckets not every browser has them
 */

/** What a shopper can do where store or backup are not as they should be. */
const WAYS = ["restore", "restoreOther", "accept", "drop", "replaceBackup"];
const STORE = "carryover";
const BACKUP = "carryover-backup";
/** With 24 MiB Chromium has mostly compacted its files when a passphrase was set, with 8 when it starts the next time (docs/privacy.md). */
const NUM_FILLS = 24;
/** Firefox deletes the file of a database with it. */
const NUM_FILLS_ELSEWHERE = 1;
/** Name of the alarm that locks the profile. */
export const LOCK_ALARM = "lock";
const LOCK_AFTER_MINUTES = 15;
/** An alarm is put off at most this often. */
const PUT_OFF_MS = 60_000;

/** Bytes that must be free before the store, or its copy, is written to. Of both the copy stops being written first. */
const LEAST_ROOM = { store: 8 << 20, backup: 16 << 20 };

/** Return a function that says whether there is room for so many bytes. @param {number} least @returns {() => Promise<boolean>} true where the browser does not tell */
const roomFor = (least) => async () => {
  const { quota, usage = 0 } = (await globalThis.navigator?.storage?.estimate?.().catch(() => null)) ?? {};
  return quota === undefined || quota - usage >= least;
};

/** @returns {Buckets | undefined} which Chromium has */
const bucketsOf = () => /** @type {WithBuckets} */ (globalThis.navigator ?? {}).storageBuckets;

/**
 * Return files of one database alone. Chromium keeps all databases of an extension in the same files, unless they lie in buckets: those it deletes at once,
 * whole, and even where it can no longer open them. Firefox has a file for each database.
 * @param {string} name of the bucket
 * @returns {Files | undefined} undefined where the browser has no buckets
 */
function filesIn(name) {
  const buckets = bucketsOf();
  if (!buckets) return undefined;
  // Kept, because Chromium answers nothing more once the bucket is collected as garbage.
  /** @type {Promise<Bucket> | undefined} */
  let bucket;
  return {
    async factory() {
      bucket ??= buckets.open(name, { persisted: true }).catch((error) => {
        bucket = undefined;
        throw error;
      });
      return (await bucket).indexedDB;
    },
    async deleteFiles() {
      bucket = undefined;
      await buckets.delete(name);
    },
  };
}

/**
 * Return the vault of this browser.
 * @param {{browser: typeof chrome, argon2: import("../core/passphrase.js").Argon2, now: () => number, forgetRest: () => Promise<void>}} parts
 */
export function createVault({ browser, argon2, now, forgetRest }) {
  const { local, session } = browser.storage;
  const [store, backup] = [filesIn(STORE), filesIn(BACKUP)];
  return new Vault({
    note: lenient(noteIn(local, "vault")),
    attempts: lenient(noteIn(local, "wrong passphrases")),
    keyNote: noteIn(session, UNLOCKED),
    database: createDatabase(STORE, store, roomFor(LEAST_ROOM.store)),
    backup: createDatabase(BACKUP, backup, roomFor(LEAST_ROOM.backup)),
    former: store
      ? { database: createDatabase(STORE), numFills: NUM_FILLS, lost: lenient(noteIn(local, "lost")) }
      : null,
    numFills: store ? NUM_FILLS : NUM_FILLS_ELSEWHERE,
    argon2,
    now,
    forgetRest,
  });
}

/**
 * Return what locks the profile: on demand, and after a time without use.
 * @param {{browser: typeof chrome, vault: Vault, getProfile: import("./store.js").GetProfile, announceErasure: () => Promise<void>, now: () => number}} parts
 */
export function createLock({ browser, vault, getProfile, announceErasure, now }) {
  let putOffAt = 0;
  return {
    /** Put off locking: the profile was used. */
    use() {
      if (!vault.hasPassphrase || now() - putOffAt < PUT_OFF_MS) return;
      putOffAt = now();
      browser.alarms.create(LOCK_ALARM, { delayInMinutes: LOCK_AFTER_MINUTES })?.catch(console.warn);
    },

    /** Lock the profile, where it has a passphrase, and let open pages forget what they show. */
    async lock() {
      putOffAt = 0;
      if (await vault.isLocked()) return;
      const profile = await getProfile();
      if (!vault.hasPassphrase) return;
      await profile.lock();
      await browser.storage.session.clear();
      await clearBadges(browser);
      await announceErasure();
      // Until it heard of it a panel may have kept the list that it showed.
      await browser.storage.session.clear();
    },
  };
}

/** @typedef {ReturnType<typeof createLock>} Lock */

/**
 * Return the handlers of the encrypted store: its state, passphrase, lock and backup.
 * @param {object} parts
 * @param {Vault} parts.vault
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {Lock} parts.lock
 * @param {import("./consent.js").Consent} parts.consent
 * @param {() => Promise<void>} parts.announceChange
 * @param {() => Promise<void>} parts.onOpened
 * @returns {Pick<Handlers, `vault.${string}` & keyof Handlers>}
 */
export function createVaultHandlers({ vault, getProfile, lock, consent, announceChange, onOpened }) {
  /** @returns {Promise<VaultState>} */
  async function state() {
    const opened = await getProfile().catch((error) => {
      if (!(error instanceof CarryoverError)) throw error;
      return error;
    });
    const code = opened instanceof CarryoverError ? opened.code : "";
    const backup = await vault.backupState().catch(() => null);
    return {
      isLocked: code === "locked",
      hasPassphrase: code === "locked" || vault.hasPassphrase,
      unreadable: opened instanceof CarryoverError ? 0 : opened.unreadable,
      ...(code && code !== "locked" && { problem: code }),
      ...(backup && { backupAt: new Date(backup.at).toISOString(), isBackupForeign: backup.isForeign }),
    };
  }
  async function openedState() {
    await onOpened();
    await announceChange();
    return { vault: await state() };
  }
  return {
    "vault.get": async () => ({ vault: await state() }),
    async "vault.unlock"({ secret }) {
      await vault.unlock(secret);
      return openedState();
    },
    async "vault.lock"() {
      await lock.lock();
      return { vault: await state() };
    },
    async "vault.setPassphrase"({ passphrase, current }) {
      const code = (await (await getProfile()).protect(passphrase, current)) ?? "";
      lock.use();
      return { code, vault: await state() };
    },
    async "vault.removePassphrase"({ current }) {
      await (await getProfile()).protect(null, current);
      return { vault: await state() };
    },
    async "vault.recover"({ way }) {
      const isRestoring = way === "restore" || way === "restoreOther";
      if (isRestoring)
        await ((await getProfile().catch(() => null)) ?? vault).restoreBackup({ ofAnother: way === "restoreOther" });
      else if (way === "accept") await vault.accept();
      else if (way === "drop") await (await getProfile()).dropUnreadable();
      else if (way === "replaceBackup") await vault.replaceBackup();
      else throw new CarryoverError("invalid_message", `way must be one of ${WAYS.join(", ")}.`);
      if (isRestoring) {
        const profile = await getProfile().catch(() => null);
        // A consent whose permission was given back since the copy was made does not come back with it.
        if (profile) await consent.onRevoked();
      }
      return openedState();
    },
  };
}
