// @ts-check
// Passphrase, lock, backup and a store that may not be used, through the whole background.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createProfileStore } from "../../../extension/background/store.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { changeDisk, onDisk } from "../core/vault/disk.js";
import { createDevice } from "../fakes/device.js";
import { PAGE, SHOP, createShopper } from "../fakes/shopper.js";

const PASSPHRASE = "correct horse battery";
const BACKUP = "carryover-backup";
/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
/** @type {any} */
let worker;
beforeEach(async () => {
  device = createDevice();
  shopper = createShopper(device);
  worker = await device.startWorker();
});

async function restart() {
  device.stopWorker(worker);
  worker = await device.startWorker();
}
/** @param {string} type @param {object} [fields] @returns {Promise<any>} */
const vault = (type, fields = {}) => device.send({ type: `vault.${type}`, ...fields });
/** @param {string} [passphrase] @returns {Promise<string>} the recovery code */
async function protect(passphrase = PASSPHRASE) {
  const answer = await vault("setPassphrase", { passphrase });
  assert.equal(answer.ok, true, answer.error?.message);
  return answer.code;
}
/** Wait until the backup is as the store is. */
async function backedUp() {
  const rootOf = async (/** @type {string} */ name) => String((await onDisk(name)).index.get("root"));
  for (let tries = 0; tries < 500; tries += 1) if ((await rootOf("carryover")) === (await rootOf(BACKUP))) return;
  assert.fail("The backup did not become up to date.");
}
async function emptied() {
  await backedUp();
  await changeDisk("carryover", (places) => {
    for (const place of /** @type {const} */ (["identity", "index", "records", "parts"])) places(place).clear();
  });
  await restart();
}

test("with a passphrase the key on the disk is wrapped, and the profile is as before", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  const before = await shopper.exported();
  await protect();
  const { identity } = await onDisk("carryover");
  assert.deepEqual(Object.keys(identity).sort(), ["fingerprint", "format", "locks", "profileId"]);
  assert.deepEqual((await onDisk(BACKUP)).identity, identity);
  assert.deepEqual((await shopper.exported()).interactions, before.interactions);
  const { vault: state } = await vault("get");
  assert.deepEqual([state.isLocked, state.hasPassphrase], [false, true]);
});

test("the worker's death does not lock, the end of the browser does", async () => {
  await shopper.allow();
  await protect();
  await restart();
  assert.equal((await device.send({ type: "state.get" })).ok, true);
  device.state.session = {};
  await restart();
  assert.equal((await device.send({ type: "state.get" })).error.code, "locked");
  assert.equal((await vault("get")).vault.isLocked, true);
  await vault("unlock", { secret: PASSPHRASE });
  assert.equal((await device.send({ type: "state.get" })).ok, true);
});

test("while locked nothing is learned, and what is on its way is not kept", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  await protect();
  const late = shopper.see("night lamp");
  await vault("lock");
  await late;
  assert.deepEqual(device.state.session, {});
  const { stored, reason } = await shopper.see("oak chair");
  assert.deepEqual([stored, reason], [false, "locked"]);
  const before = await onDisk("carryover");
  await device.sendFromPage(PAGE, { type: "page.stayed", itemId: "x" });
  assert.equal((await device.sendFromPage(PAGE, { type: "page.changed", url: PAGE })).ok, true);
  assert.deepEqual([await onDisk("carryover"), device.state.session], [before, {}]);
  for (const type of ["profile.export", "taste.get", "ledger.get"])
    assert.equal((await device.send({ type })).error.code, "locked", type);
  await vault("unlock", { secret: PASSPHRASE });
  assert.ok(!(await shopper.exported()).interactions.some((/** @type {any} */ one) => /oak/.test(one.product.title)));
});

test("it locks by itself after a time without use", async () => {
  await protect();
  await shopper.exported();
  assert.equal(device.state.alarms.get("lock"), 15);
  worker.alarms.onAlarm.fire({ name: "lock" });
  for (let tries = 0; tries < 100 && !(await vault("get")).vault.isLocked; tries += 1);
  assert.equal((await vault("get")).vault.isLocked, true);
});

test("a background that only starts again does not put off locking", async () => {
  await protect();
  device.state.alarms.delete("lock");
  await restart();
  await device.sendFromPage(PAGE, { type: "page.changed", url: PAGE });
  assert.equal(device.state.alarms.has("lock"), false);
  await shopper.exported();
  assert.equal(device.state.alarms.has("lock"), true);
});

test("who only asks whether the profile can be used does not put off locking", async () => {
  let numUses = 0;
  const getProfile = createProfileStore({ vault: new Vault(), now: Date.now, onUse: () => void (numUses += 1) });
  await getProfile({ isUse: false });
  assert.equal(numUses, 0);
  await getProfile();
  assert.equal(numUses, 1);
});

test("without a passphrase nothing is locked", async () => {
  await shopper.allow();
  assert.equal((await vault("lock")).vault.isLocked, false);
  assert.equal(device.state.alarms.size, 0);
  assert.equal((await device.send({ type: "state.get" })).ok, true);
});

test("a withdrawn consent does not lock", async () => {
  await shopper.allow();
  await protect();
  await device.send({ type: "consent.set", shop: SHOP, allowed: false });
  await restart();
  assert.equal((await device.send({ type: "state.get" })).ok, true);
});

test("passphrases are changed and removed by who knows one of the secrets", async () => {
  await shopper.allow();
  const code = await protect();
  assert.match(code, /^([0-9A-Z]{4}-){7}[0-9A-Z]{4}$/);
  const change = (/** @type {string} */ current) => vault("setPassphrase", { passphrase: "another horse", current });
  assert.equal((await change("wrong horse")).error.code, "passphrase_wrong");
  assert.equal((await change(code)).ok, true);
  await vault("lock");
  assert.equal((await vault("unlock", { secret: PASSPHRASE })).error.code, "passphrase_wrong");
  assert.equal((await vault("unlock", { secret: code })).error.code, "passphrase_wrong", "a code is of one passphrase");
  assert.equal((await vault("unlock", { secret: "another horse" })).error.code, "passphrase_wait");
  delete device.state.local["wrong passphrases"];
  assert.equal((await vault("unlock", { secret: "another horse" })).ok, true);
  const removed = await vault("removePassphrase", { current: "another horse" });
  assert.equal(removed.vault.hasPassphrase, false);
  device.state.session = {};
  await restart();
  assert.equal((await device.send({ type: "state.get" })).ok, true);
});

test("wrong passphrases have to wait, over restarts and for who sets the clock back", async () => {
  await protect();
  await vault("lock");
  const codes = [];
  for (let tries = 0; tries < 4; tries += 1) codes.push((await vault("unlock", { secret: "wrong" })).error.code);
  assert.deepEqual(codes, ["passphrase_wrong", "passphrase_wrong", "passphrase_wait", "passphrase_wait"]);
  await restart();
  assert.equal((await vault("unlock", { secret: PASSPHRASE })).error.code, "passphrase_wait");
  device.state.local["wrong passphrases"].at = Date.now() + 86_400_000;
  assert.match((await vault("unlock", { secret: PASSPHRASE })).error.message, / 5 s /);
  device.state.local["wrong passphrases"].at = 0;
  assert.equal((await vault("unlock", { secret: PASSPHRASE })).ok, true);
  assert.equal("wrong passphrases" in device.state.local, false);
});

test("of tries made at once each one counts", async () => {
  await protect();
  await vault("lock");
  const answers = await Promise.all([1, 2, 3, 4].map(() => vault("unlock", { secret: "wrong" })));
  assert.equal(answers.filter(({ error }) => error.code === "passphrase_wait").length, 2);
});

test("another profile in place of store and marker is told by the backup, which brings the shopper's own back", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  const before = await shopper.exported();
  await backedUp();
  const mine = device.state.local.vault;
  const copy = await onDisk(BACKUP);
  // The store and the marker of another device, with this one's backup.
  device = createDevice();
  shopper = createShopper(device);
  worker = await device.startWorker();
  await shopper.allow();
  await shopper.see("night lamp");
  await backedUp();
  await changeDisk(BACKUP, (places) => {
    places("identity").put(copy.identity, "profile");
    for (const place of /** @type {const} */ (["index", "records"])) places(place).clear();
    for (const [name, envelope] of copy.index) places("index").put(envelope, name);
    for (const one of copy.records) places("records").put(one);
  });
  await restart();
  await shopper.see("lake towel");
  const { vault: state } = await vault("get");
  assert.deepEqual([state.problem, state.isBackupForeign], [undefined, true]);
  assert.equal((await vault("recover", { way: "restore" })).error.code, "no_backup");
  const { vault: after } = await vault("recover", { way: "restoreOther" });
  assert.deepEqual([after.problem, after.isBackupForeign], [undefined, false]);
  assert.deepEqual((await shopper.exported()).interactions, before.interactions);
  assert.equal(device.state.local.vault.profileId, mine.profileId);
});

test("a profile that is gone is never taken for a new shopper, and comes back by one click", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  const before = await shopper.exported();
  await emptied();
  const { vault: state } = await vault("get");
  assert.equal(state.problem, "store_empty");
  assert.match(state.backupAt, /^20/);
  assert.deepEqual((await shopper.see("night lamp")).reason, "store_empty");
  assert.equal((await device.send({ type: "consent.set", shop: SHOP, allowed: true })).error.code, "store_empty");
  assert.equal((await onDisk("carryover")).records.length, 0);
  assert.equal((await vault("recover", { way: "restore" })).vault.problem, undefined);
  assert.deepEqual({ ...(await shopper.exported()), exportedAt: "" }, { ...before, exportedAt: "" });
  await shopper.see("night lamp");
  assert.equal((await shopper.exported()).interactions.length, 2);
});

test("a backup is restored while locked, and asks for its passphrase", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  await protect();
  await vault("lock");
  await emptied();
  const { vault: state } = await vault("recover", { way: "restore" });
  assert.equal(state.isLocked, true);
  await vault("unlock", { secret: PASSPHRASE });
  assert.equal((await shopper.exported()).interactions.length, 1);
});

test("a consent whose permission is gone does not come back with the backup", async () => {
  await shopper.allow();
  await emptied();
  device.state.granted.clear();
  await vault("recover", { way: "restore" });
  assert.deepEqual((await device.send({ type: "state.get" })).state.consents, []);
});

test("damage does not reach the backup, which brings the records back", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  await backedUp();
  await restart();
  await changeDisk("carryover", (places) => void places("records").clear());
  await shopper.allow("b.example");
  await restart();
  const { vault: damaged } = await vault("get");
  assert.ok(damaged.unreadable > 0);
  await vault("recover", { way: "restore" });
  assert.equal((await vault("get")).vault.unreadable, 0);
  assert.equal((await shopper.exported()).interactions.length, 1);
});

test("where the browser cannot read its small store, the profile is whole, and can be erased", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  await backedUp();
  await restart();
  const broken = async () => {
    throw new Error("Corruption: no meta-nextfile entry in descriptor");
  };
  Object.assign(worker.storage.local, { get: broken, set: broken, remove: broken });
  assert.equal((await vault("get")).vault.problem, undefined);
  assert.equal((await shopper.exported()).interactions.length, 1);
  await shopper.see("sea mug");
  assert.equal((await shopper.exported()).interactions.length, 2);
  const { ok, state } = await device.send({ type: "profile.erase" });
  assert.deepEqual([ok, state.numKnown], [true, 0]);
});

test("what was set aside can be given up", async () => {
  await shopper.allow();
  await shopper.see("sea towel");
  await restart();
  await changeDisk("carryover", (places) => void places("records").put({ id: "a".repeat(300), kind: "ledger" }));
  await restart();
  assert.equal((await vault("get")).vault.unreadable, 1);
  assert.equal((await vault("recover", { way: "drop" })).vault.unreadable, 0);
  const kinds = (await onDisk("carryover")).records.map((/** @type {any} */ { kind }) => kind);
  assert.deepEqual(kinds.sort(), ["clock", "filter_rules", "interaction", "settings"]);
  assert.equal((await vault("recover", { way: "anew" })).error.code, "invalid_message");
});

test("a damaged profile can be erased, and a new one begins", async () => {
  await shopper.allow();
  await changeDisk("carryover", (places) => void places("index").clear());
  await restart();
  assert.equal((await vault("get")).vault.problem, "store_damaged");
  const { ok, state } = await device.send({ type: "profile.erase" });
  assert.deepEqual([ok, state.numKnown, device.state.scripts.size], [true, 0, 0]);
  assert.deepEqual([device.state.local, device.state.session], [{}, {}]);
  for (const name of ["carryover", BACKUP]) assert.equal((await onDisk(name)).identity, undefined);
  await shopper.allow();
});

test("erasing a locked profile needs no passphrase and leaves no lock", async () => {
  await shopper.allow();
  await protect();
  await vault("lock");
  assert.equal((await device.send({ type: "profile.erase" })).ok, true);
  assert.deepEqual([device.state.local, device.state.scripts.size], [{}, 0]);
  assert.equal((await vault("get")).vault.hasPassphrase, false);
});

test("erasing a locked profile gives back the permission for a server", async () => {
  await shopper.useServer();
  await protect();
  await vault("lock");
  await device.send({ type: "profile.erase" });
  assert.deepEqual([...device.state.granted], []);
});

test("an erase that was interrupted is finished with what lies beside the store", async () => {
  await shopper.allow();
  device.state.badges.set(7, "3");
  device.state.tabs = [{ id: 7, url: PAGE }];
  await device.cache.put("http://127.0.0.1:8710/v1/bundles/x/manifest.json", new Response("{}"));
  device.state.local.vault = { format: 2, isErasing: true };
  device.state.session = { "list 7": { answer: "sea towel" }, readings: { 7: PAGE } };
  await restart();
  assert.equal((await device.send({ type: "state.get" })).state.numKnown, 0);
  const { local, session, scripts, granted, badges } = device.state;
  assert.deepEqual([local, session, scripts.size, [...granted], [...badges]], [{}, {}, 0, [], [[7, ""]]]);
  assert.deepEqual(await device.cache.keys(), []);
});

for (const [what, end] of /** @type {[string, () => Promise<unknown>][]} */ ([
  ["locked", () => vault("lock")],
  ["erased", () => device.send({ type: "profile.erase" })],
]))
  test(`of a profile that is ${what} no number stays on the icon, and no list that a panel kept late`, async () => {
    await protect();
    device.state.tabs = [{ id: 7, url: PAGE }];
    device.state.badges.set(7, "3");
    device.panel.runtime.onMessage.addListener((/** @type {any} */ message) => {
      // It was kept before the panel heard of it.
      if (message.isErased) device.state.session["list 7"] = { answer: "sea towel" };
      return false;
    });
    await end();
    assert.deepEqual([[...device.state.badges], device.state.session], [[[7, ""]], {}]);
  });

test("a dismissal in flight does not bring an erased profile back", async () => {
  await shopper.allow();
  const item = { itemId: "mug", url: `https://${SHOP}/mug`, title: "mug", shop: SHOP };
  const dismissed = device.send({ type: "item.dismiss", item });
  await device.send({ type: "profile.erase" });
  await dismissed;
  assert.equal((await onDisk("carryover")).identity, undefined);
});

test("pages of shops may not touch the store", async () => {
  for (const type of ["vault.get", "vault.unlock", "vault.lock", "vault.recover"]) {
    const answer = await device.sendFromPage(PAGE, { type, ...(type === "vault.unlock" && { secret: "x" }) });
    assert.equal(answer.error.code, "forbidden_sender");
  }
});
