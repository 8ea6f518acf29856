// @ts-check
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { generateDataKey } from "../../../extension/core/envelope.js";
import { indexedDbStorage } from "../../../extension/core/indexeddb-storage.js";

/** @param {string} id @param {number} byte */
const record = (id, byte) => ({ id, kind: "ledger", envelope: Uint8Array.of(byte) });

test("a new database holds no identity and no records", async () => {
  assert.deepEqual(await indexedDbStorage("new").read(), { identity: null, records: [] });
});

test("identity and records are there for whoever opens the database next", async () => {
  const identity = { profileId: "p", dataKey: await generateDataKey() };
  const storage = indexedDbStorage("kept");
  await storage.create(identity);
  await storage.write([record("a", 1), record("b", 2)], []);
  const again = await indexedDbStorage("kept").read();
  assert.equal(again.identity?.profileId, "p");
  assert.deepEqual(again.records, [record("a", 1), record("b", 2)]);
});

test("a write replaces records of the same id and deletes others", async () => {
  const storage = indexedDbStorage("replaced");
  await storage.write([record("a", 1), record("b", 2)], []);
  await storage.write([record("a", 3)], ["b", "never-there"]);
  assert.deepEqual((await storage.read()).records, [record("a", 3)]);
});

test("a write that fails changes nothing", async () => {
  const storage = indexedDbStorage("whole");
  await storage.write([record("a", 1)], []);
  const broken = /** @type {any} */ ({ id: "b", envelope: () => "functions cannot be stored" });
  await assert.rejects(storage.write([record("c", 3), broken], ["a"]), { name: "DataCloneError" });
  assert.deepEqual((await storage.read()).records, [record("a", 1)]);
});

test("destroy leaves neither the key nor a record", async () => {
  const storage = indexedDbStorage("destroyed");
  await storage.create({ profileId: "p", dataKey: await generateDataKey() });
  await storage.write([record("a", 1)], []);
  await storage.destroy();
  assert.deepEqual(await storage.read(), { identity: null, records: [] });
});

test("an opening that failed is tried again", async () => {
  const storage = indexedDbStorage("failing");
  const { open } = indexedDB;
  indexedDB.open = () => {
    const request = /** @type {any} */ ({ error: new Error("the disk is busy") });
    setImmediate(() => request.onerror());
    return request;
  };
  await assert.rejects(storage.read(), /the disk is busy/);
  indexedDB.open = open;
  assert.deepEqual(await storage.read(), { identity: null, records: [] });
});

test("two databases do not see each other", async () => {
  await indexedDbStorage("one").write([record("a", 1)], []);
  assert.deepEqual((await indexedDbStorage("two").read()).records, []);
});

test("parts are written with records, read by their ids, and destroyed", async () => {
  const storage = indexedDbStorage("parts");
  const part = { id: "p", envelope: Uint8Array.of(1) };
  await storage.write([record("a", 1)], [], { puts: [part], deletes: [] });
  assert.deepEqual(await storage.readParts(["none", "p"]), [undefined, part]);
  assert.equal((await storage.read()).records.length, 1, "a profile is opened without its parts");
  await storage.write([], [], { puts: [], deletes: ["p"] });
  assert.deepEqual(await storage.readParts(["p"]), [undefined]);
  await storage.write([], [], { puts: [part], deletes: [] });
  await storage.destroy();
  assert.deepEqual(await storage.readParts(["p"]), [undefined]);
});

test("a database of the version before keeps its records", async () => {
  const request = indexedDB.open("before", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("identity");
    request.result.createObjectStore("records", { keyPath: "id" }).put(record("a", 1));
  };
  await new Promise((resolve) => {
    request.onsuccess = resolve;
  });
  request.result.close();
  const storage = indexedDbStorage("before");
  assert.deepEqual((await storage.read()).records, [record("a", 1)]);
  await storage.write([], [], { puts: [{ id: "p", envelope: Uint8Array.of(1) }], deletes: [] });
});
