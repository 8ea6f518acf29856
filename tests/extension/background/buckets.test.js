// @ts-check
// Where a browser has storage buckets, store and backup have one each, and what an earlier version kept elsewhere moves there.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createDatabase } from "../../../extension/core/vault/database.js";
import { changeDisk, onDisk } from "../core/vault/disk.js";
import { former, writeFormer } from "../core/vault/former.js";
import { createBuckets } from "../fakes/buckets.js";
import { createDevice } from "../fakes/device.js";
import { createShopper } from "../fakes/shopper.js";

const STORE = "carryover";
const BACKUP = "carryover-backup";
/** @type {ReturnType<typeof createBuckets>} */
let buckets;
/** @type {ReturnType<typeof createDevice>} */
let device;
/** @type {ReturnType<typeof createShopper>} */
let shopper;
/** @type {any} */
let worker;
beforeEach(async () => {
  device = createDevice();
  shopper = createShopper(device);
});
afterEach(() => buckets.close());

async function restart() {
  if (worker) device.stopWorker(worker);
  worker = await device.startWorker();
}
async function startWithBuckets() {
  buckets = createBuckets();
  await restart();
}
/** Use an extension that knew no buckets. */
async function startWithout() {
  worker = await device.startWorker();
  await shopper.allow();
  await shopper.see("sea towel");
}
const inSharedPlace = async () => (await indexedDB.databases()).map(({ name }) => name);
const rootIn = async (/** @type {string} */ name) =>
  String((await onDisk(name, buckets.files(name))).index.get("root"));
async function backedUp() {
  for (let tries = 0; tries < 500; tries += 1) if ((await rootIn(STORE)) === (await rootIn(BACKUP))) return;
  assert.fail("The backup did not become up to date.");
}
async function problem() {
  return (await device.send({ type: "vault.get" })).vault.problem;
}

test("store and backup lie in buckets of their own, and nothing in the place that all databases share", async () => {
  await startWithBuckets();
  await shopper.allow();
  await shopper.see("sea towel");
  await backedUp();
  assert.deepEqual([buckets.names(), await inSharedPlace()], [[STORE, BACKUP], []]);
  await restart();
  assert.equal((await shopper.exported()).interactions.length, 1);
});

test("an erase deletes the buckets", async () => {
  await startWithBuckets();
  await shopper.allow();
  await shopper.see("sea towel");
  await backedUp();
  assert.equal((await device.send({ type: "profile.erase" })).ok, true);
  assert.deepEqual(buckets.deleted(), [STORE, BACKUP]);
  for (const name of [STORE, BACKUP]) {
    const { identity, records } = await onDisk(name, buckets.files(name));
    assert.deepEqual([identity, records], [undefined, []]);
  }
  assert.equal((await shopper.exported()).interactions.length, 0);
  await shopper.allow();
  await shopper.see("sea towel");
  assert.equal((await shopper.exported()).interactions.length, 1, "the next profile is kept");
});

test("a store that an earlier version kept in the shared place moves, and is deleted there", async () => {
  await startWithout();
  const before = await shopper.exported();
  await startWithBuckets();
  const { settings, interactions } = await shopper.exported();
  assert.deepEqual([settings, interactions], [before.settings, before.interactions]);
  assert.equal(await problem(), undefined);
  assert.equal((await onDisk(STORE, buckets.files(STORE))).identity.format, 2);
  assert.ok(!(await inSharedPlace()).includes(STORE));
});

test("a store of format 1 moves and is migrated", async () => {
  await writeFormer(STORE);
  await startWithBuckets();
  const { interactions } = await shopper.exported();
  assert.deepEqual(
    interactions.map((/** @type {any} */ { product }) => product.title),
    former.export.interactions.map((/** @type {any} */ { product }) => product.title),
  );
  assert.equal((await onDisk(STORE, buckets.files(STORE))).identity.format, 2);
  assert.deepEqual(await inSharedPlace(), []);
});

test("what is left of a move that ended in the middle is deleted when the browser starts, and never used", async () => {
  await startWithout();
  await startWithBuckets();
  await shopper.exported();
  await createDatabase(STORE).run("readwrite", (places) => void places("identity").put({ old: true }, "profile"));
  await shopper.see("lake towel");
  await restart();
  assert.equal((await shopper.exported()).interactions.length, 2);
  worker.runtime.onStartup.fire();
  for (let tries = 0; tries < 500 && (await inSharedPlace()).includes(STORE); tries += 1) await onDisk("other");
  assert.ok(!(await inSharedPlace()).includes(STORE));
});

test("an erase deletes what an earlier version kept, too", async () => {
  await startWithout();
  await startWithBuckets();
  await shopper.exported();
  await createDatabase(STORE).run("readwrite", (places) => void places("identity").put({ old: true }, "profile"));
  await device.send({ type: "profile.erase" });
  assert.ok(!(await inSharedPlace()).includes(STORE));
});

test("an erase that cannot delete an earlier version's files erases the rest, and says so", async () => {
  await startWithBuckets();
  await shopper.allow();
  await shopper.see("sea towel");
  await backedUp();
  const failing = async () => {
    throw new DOMException("Internal error opening backing store for indexedDB.open.", "UnknownError");
  };
  indexedDB.databases = failing;
  assert.equal((await device.send({ type: "profile.erase" })).error.code, "erase_incomplete");
  await restart();
  assert.deepEqual([await problem(), (await shopper.exported()).interactions], [undefined, []]);
  await shopper.allow();
  await shopper.see("lake towel");
  assert.equal((await shopper.exported()).interactions.length, 1, "the next profile is kept");
});

test("files of an earlier version that cannot be opened are not taken for a new shopper's", async () => {
  buckets = createBuckets();
  indexedDB.databases = async () => {
    throw new DOMException("Internal error opening backing store for indexedDB.open.", "UnknownError");
  };
  await restart();
  assert.equal(await problem(), "storage_damaged");
});

test("a store that the browser can neither open nor empty is replaced by the backup", async () => {
  await startWithBuckets();
  await shopper.allow();
  await shopper.see("sea towel");
  await backedUp();
  buckets.break(STORE);
  await restart();
  assert.equal(await problem(), "storage_damaged");
  assert.equal((await device.send({ type: "vault.recover", way: "restore" })).vault.problem, undefined);
  assert.equal((await shopper.exported()).interactions.length, 1);
});

test("a backup that the browser can neither open nor empty is made anew", async () => {
  await startWithBuckets();
  await shopper.allow();
  await backedUp();
  buckets.break(BACKUP);
  await restart();
  await shopper.see("sea towel");
  await backedUp();
});

test("a store that is gone is not taken for a new shopper where an older one is in the shared place", async () => {
  await startWithout();
  const older = await onDisk(STORE);
  await startWithBuckets();
  await shopper.see("lake towel");
  await backedUp();
  await buckets.delete(STORE);
  await changeDisk(STORE, (places) => {
    places("identity").put(older.identity, "profile");
    for (const [name, envelope] of older.index) places("index").put(envelope, name);
    for (const record of older.records) places("records").put(record);
  });
  await restart();
  assert.equal(await problem(), "store_older");
});
