// @ts-check
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { noteInMemory } from "../../../../extension/core/vault/marker.js";
import { createDatabase } from "../../../../extension/core/vault/database.js";
import { Vault } from "../../../../extension/core/vault/vault.js";
import { changeDisk, createSignal, idOf, onDisk } from "./disk.js";

let databases = 0;
const freshName = () => `vault-${(databases += 1)}`;
const bytesOf = (/** @type {string} */ text) => new TextEncoder().encode(text);
const record = (/** @type {string} */ name, text = name) => ({ id: idOf(name), kind: "saved", bytes: bytesOf(text) });

/** Open a vault, and return what it holds as text by id. @param {Vault} vault */
async function contentOf(vault) {
  const { records, numSetAside } = await vault.open();
  const texts = records.map(({ id, bytes }) => [id, new TextDecoder().decode(bytes)]);
  return { texts: Object.fromEntries(texts), numSetAside };
}

/** A device: database and notes that outlive a vault. */
function createDevice() {
  const name = freshName();
  const notes = { note: noteInMemory(), keyNote: noteInMemory(), attempts: noteInMemory() };
  return { name, ...notes, vault: () => new Vault({ name, ...notes }) };
}

test("nothing is written before something is kept, and no marker", async () => {
  const { name, note, vault } = createDevice();
  assert.deepEqual(await contentOf(vault()), { texts: {}, numSetAside: 0 });
  assert.equal((await onDisk(name)).identity, undefined);
  assert.equal(await note.read(), null);
});

test("what is written is there for the next, with a marker that counts", async () => {
  const { name, note, vault } = createDevice();
  const first = vault();
  await first.open();
  await first.write({ puts: [record("a"), { id: "settings", kind: "settings", bytes: bytesOf("{}") }] });
  await first.write({ puts: [record("b")], deletes: [idOf("a")] });
  assert.deepEqual((await contentOf(vault())).texts, { [idOf("b")]: "b", settings: "{}" });
  const { identity } = await onDisk(name);
  const { profileId, fingerprint } = identity;
  assert.deepEqual(await note.read(), { format: 2, profileId, fingerprint, counter: 2 });
  assert.equal(identity.dataKey.extractable, false);
});

test("a write that fails changes nothing, and the next one counts on", async () => {
  const { vault } = createDevice();
  const first = vault();
  await first.open();
  await first.write({ puts: [record("a")] });
  const part = /** @type {any} */ ({ id: idOf("b"), envelope: Object.assign(new Uint8Array(40), { f: () => "no" }) });
  part.more = () => "functions cannot be stored";
  await assert.rejects(first.write({ puts: [record("c")], deletes: [idOf("a")], parts: { sealed: [part] } }), {
    name: "DataCloneError",
  });
  await first.write({ puts: [record("d")] });
  assert.deepEqual(Object.keys((await contentOf(vault())).texts).sort(), [idOf("a"), idOf("d")]);
});

test("who does not know the newest state writes nothing", async () => {
  const { vault } = createDevice();
  const [first, second] = [vault(), vault()];
  await first.open();
  await first.write({ puts: [record("a")] });
  await second.open();
  await first.write({ puts: [record("b")] });
  await assert.rejects(second.write({ puts: [record("c")] }), { code: "store_changed" });
  await second.open();
  await second.write({ puts: [record("c")] });
  await assert.rejects(first.write({ puts: [record("d")] }), { code: "store_changed" });
  assert.equal(Object.keys((await contentOf(vault())).texts).length, 3);
});

test("of two who begin a profile at once one does", async () => {
  const { name, vault } = createDevice();
  const both = [vault(), vault()];
  for (const one of both) await one.open();
  const ends = await Promise.allSettled(both.map((one) => one.write({ puts: [record("a")] })));
  assert.deepEqual(ends.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.equal((await onDisk(name)).records.length, 1);
});

test("a marker that is behind is normal, and is brought up to date", async () => {
  const { note, vault } = createDevice();
  const first = vault();
  await first.open();
  await first.write({ puts: [record("a")] });
  const before = /** @type {any} */ (await note.read());
  for (const name of ["b", "c"]) await first.write({ puts: [record(name)] });
  await note.write(before);
  assert.equal((await contentOf(vault())).numSetAside, 0);
  assert.equal(/** @type {any} */ (await note.read()).counter, 3);
});

/** What may have happened to a store, and what is said of it. @type {[string, string, (device: ReturnType<typeof createDevice>, before: any) => unknown][]} */
const accidents = [
  [
    "an emptied store",
    "store_empty",
    ({ name }) => changeDisk(name, (places) => clear(places, ["identity", "index", "records", "parts"])),
  ],
  ["a store without its key", "store_damaged", ({ name }) => changeDisk(name, (places) => clear(places, ["identity"]))],
  ["a store without its index", "store_damaged", ({ name }) => changeDisk(name, (places) => clear(places, ["index"]))],
  [
    "another profile's store",
    "store_foreign",
    ({ note }, before) => note.write({ ...before.marker, profileId: idOf("other") }),
  ],
  [
    "a store under another key",
    "store_foreign",
    ({ note }, before) => note.write({ ...before.marker, fingerprint: idOf("other") }),
  ],
  ["an older store", "store_older", ({ note }, before) => note.write({ ...before.marker, counter: 9 })],
  [
    "a store of format 1",
    "store_older",
    ({ name }, before) =>
      changeDisk(name, (places) => {
        const { profileId, dataKey } = before.identity;
        places("identity").put({ profileId, dataKey }, "profile");
      }),
  ],
  [
    "a profile id that is none",
    "store_damaged",
    ({ name }, before) =>
      changeDisk(
        name,
        (places) => void places("identity").put({ ...before.identity, profileId: "a".repeat(300) }, "profile"),
      ),
  ],
];

/** @param {import("../../../../extension/core/vault/database.js").Places} places @param {import("../../../../extension/core/vault/database.js").Place[]} names */
function clear(places, names) {
  for (const name of names) places(name).clear();
}

for (const [what, code, happen] of accidents)
  test(`${what} is ${code}, and is neither used nor written to`, async () => {
    const device = createDevice();
    const first = device.vault();
    await first.open();
    await first.write({ puts: [record("a")] });
    await happen(device, { ...(await onDisk(device.name)), marker: await device.note.read() });
    const before = await onDisk(device.name);
    const vault = device.vault();
    await assert.rejects(vault.open(), { code });
    await assert.rejects(device.vault().open(), { code });
    assert.deepEqual(await onDisk(device.name), before);
  });

test("an older store is used where the shopper says so", async () => {
  const { note, vault } = createDevice();
  const first = vault();
  await first.open();
  await first.write({ puts: [record("a")] });
  await note.write({ .../** @type {any} */ (await note.read()), counter: 9 });
  const second = vault();
  await assert.rejects(second.open(), { code: "store_older" });
  await second.accept();
  assert.deepEqual((await contentOf(second)).texts, { [idOf("a")]: "a" });
});

test("a damaged page costs its records, and not the others", async () => {
  const { name, vault } = createDevice();
  const first = vault();
  await first.open();
  await first.write({ puts: [record("a"), record("\x10")] });
  await changeDisk(name, (places) => void places("index").put(new Uint8Array(60), "1"));
  const second = vault();
  assert.deepEqual(await contentOf(second), { texts: { [idOf("a")]: "a" }, numSetAside: 2 });
  await second.write({ puts: [record("b")] });
  assert.deepEqual(await contentOf(vault()), { texts: { [idOf("a")]: "a", [idOf("b")]: "b" }, numSetAside: 2 });
  await second.dropSetAside();
  assert.deepEqual(await contentOf(vault()), { texts: { [idOf("a")]: "a", [idOf("b")]: "b" }, numSetAside: 0 });
  assert.equal((await onDisk(name)).records.length, 2);
});

test("parts are read where they are asked for, and none that nobody listed", async () => {
  const { name, vault } = createDevice();
  const first = vault();
  await first.open();
  const parts = ["a", "b"].map((one) => ({ id: idOf(one), bytes: bytesOf(one) }));
  await first.write({ parts: { puts: parts } });
  const second = vault();
  await second.open();
  assert.deepEqual(await second.readParts([idOf("b"), idOf("a")]), [bytesOf("b"), bytesOf("a")]);
  const [stored] = await second.storedParts([idOf("a")]);
  await second.write({ parts: { deletes: [idOf("a")] } });
  await changeDisk(name, (places) => void places("parts").put(stored));
  await assert.rejects(second.readParts([idOf("a")]), { code: "envelope_unreadable" });
  assert.equal((await contentOf(vault())).numSetAside, 1);
  assert.ok(stored && (await second.opens([stored])));
  await second.write({ parts: { sealed: [stored] } });
  assert.deepEqual(await second.readParts([idOf("a")]), [bytesOf("a")]);
});

test("a connection that the browser closed is opened again", async () => {
  const { name, vault } = createDevice();
  const first = vault();
  await first.open();
  await first.write({ puts: [record("a")] });
  // Another context asks for a higher version: connections are told to close.
  const request = indexedDB.open(name, 4);
  const upgraded = await new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("The connection was not closed."));
  });
  upgraded.close();
  await assert.rejects(first.write({ puts: [record("b")] }), { code: "storage_damaged" });
});

test("storage errors have codes of their own", async () => {
  const { storageError } = await import("../../../../extension/core/vault/database.js");
  const codeOf = (/** @type {unknown} */ error) => /** @type {any} */ (storageError(error)).code;
  assert.equal(codeOf(new DOMException("", "QuotaExceededError")), "storage_full");
  assert.equal(codeOf(new DOMException("IO error: No space left on device", "UnknownError")), "storage_full");
  for (const words of ["000003.log: FILE_ERROR_NO_SPACE (ChromeMethodBFE)", "NS_ERROR_FILE_NO_DEVICE_SPACE"])
    assert.equal(codeOf(new DOMException(words, "UnknownError")), "storage_full");
  assert.equal(codeOf(new DOMException("Internal error.", "UnknownError")), "storage_damaged");
  assert.equal(codeOf(new DOMException("", "AbortError")), "storage_lost");
  assert.equal(codeOf(null), "storage_lost");
  const known = storageError(new DOMException("NO_SPACE", "UnknownError"));
  assert.equal(storageError(known), known);
  const mistake = new TypeError("x");
  assert.equal(storageError(mistake), mistake);
});

test("a transaction fails with the error of the request that failed", async () => {
  const stored = { id: idOf("a"), kind: "saved", envelope: bytesOf("a") };
  await changeDisk("failing", (places) => void places("records").put(stored));
  const adding = changeDisk("failing", (places) => void places("records").add(stored));
  await assert.rejects(adding, { name: "ConstraintError" });
});

test("erase leaves nothing, and an erase that was interrupted is finished", async () => {
  const { name, note, keyNote, attempts, vault } = createDevice();
  const first = vault();
  await first.open();
  await first.write({ puts: [record("a")], parts: { puts: [{ id: idOf("p"), bytes: bytesOf("p") }] } });
  await attempts.write({ count: 1, at: 0 });
  await note.write({ format: 2, isErasing: true });
  assert.deepEqual(await contentOf(vault()), { texts: {}, numSetAside: 0 });
  const { identity, index, records, parts } = await onDisk(name);
  assert.deepEqual([identity, index.size, records, parts], [undefined, 0, [], []]);
  for (const kept of [note, keyNote, attempts]) assert.equal(await kept.read(), null);
});

test("who unlocks while everything is erased leaves no key in memory", async () => {
  const { name, vault, ...notes } = createDevice();
  const [tried, released] = [createSignal(), createSignal()];
  let isHeld = false;
  const argon2 = async (/** @type {{password: Uint8Array<ArrayBuffer>}} */ { password }) => {
    if (isHeld) tried.give();
    if (isHeld) await released.given;
    return new Uint8Array(await crypto.subtle.digest("SHA-256", password));
  };
  const locked = new Vault({ name, ...notes, argon2: /** @type {any} */ (argon2) });
  await locked.open();
  await locked.protect("correct horse");
  await locked.lock();
  isHeld = true;
  const unlocking = locked.unlock("correct horse");
  await tried.given;
  const erasing = locked.erase();
  // An erase that does not wait for it is over by then.
  for (let turns = 0; turns < 50; turns += 1) await onDisk("other");
  released.give();
  await Promise.allSettled([unlocking, erasing]);
  assert.deepEqual([await notes.keyNote.read(), await notes.attempts.read()], [null, null]);
});

test("nothing is written where there is no room, and what is there can be read", async () => {
  let isFull = false;
  const database = createDatabase("no-room", undefined, async () => !isFull);
  const vault = new Vault({ database });
  await vault.open();
  await vault.write({ puts: [{ id: idOf("a"), kind: "saved", bytes: new Uint8Array(1) }] });
  isFull = true;
  const put = { id: idOf("b"), kind: "saved", bytes: new Uint8Array(1) };
  await assert.rejects(vault.write({ puts: [put] }), { code: "storage_full" });
  assert.equal((await vault.open()).records.length, 1);
  isFull = false;
  await vault.write({ puts: [put] });
  assert.equal((await vault.open()).records.length, 2);
  isFull = true;
  await vault.erase();
  assert.equal((await onDisk("no-room")).records.length, 0, "a full disk is no reason not to erase");
});

test("nothing is acknowledged over a store that has lost its key", async () => {
  const vault = new Vault({ name: "without-key" });
  await vault.open();
  await vault.write({ puts: [] });
  await changeDisk("without-key", (places) => void places("identity").clear());
  await assert.rejects(vault.write({ puts: [] }), { code: "store_changed" });
  await assert.rejects(vault.open(), { code: "store_damaged" });
});
