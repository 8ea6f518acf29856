// @ts-check
// The copy in a second database: it follows each write, and damage does not reach it.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDatabase } from "../../../../extension/core/vault/database.js";
import { noteInMemory } from "../../../../extension/core/vault/marker.js";
import { PAGES } from "../../../../extension/core/vault/index-format.js";
import { Vault } from "../../../../extension/core/vault/vault.js";
import { CarryoverError } from "../../../../extension/values/errors.js";
import { NOTHING, changeDisk, createSignal, idOf, onDisk } from "./disk.js";

let databases = 0;
const bytesOf = (/** @type {string} */ text) => new TextEncoder().encode(text);
const record = (/** @type {string} */ name) => ({ id: idOf(name), kind: "saved", bytes: bytesOf(name) });

/** @returns {Promise<{vault: Vault, name: string, copy: string, note: import("../../../../extension/core/vault/marker.js").Note, next: () => Vault}>} a device with one record and its copy */
async function createDevice() {
  const name = `backup-${(databases += 1)}`;
  const note = noteInMemory();
  const copy = `${name}-copy`;
  const next = () => new Vault({ name, note, backup: createDatabase(copy) });
  const vault = next();
  await vault.open();
  await vault.write({ puts: [record("a")], parts: { puts: [{ id: idOf("p"), bytes: bytesOf("p") }] } });
  assert.equal(await vault.backUp(), true);
  return { vault, name, copy, note, next };
}

/** @param {string} name @returns {Promise<any>} what is stored, without the time of a copy */
async function contentOf(name) {
  const { identity, index, records, parts } = await onDisk(name);
  return { fingerprint: identity?.fingerprint, index, records, parts };
}

test("a copy is the store, envelope by envelope, and follows what is changed and deleted", async () => {
  const { vault, name, copy } = await createDevice();
  assert.deepEqual(await contentOf(copy), await contentOf(name));
  await vault.write({ puts: [record("b")], deletes: [idOf("a")], parts: { deletes: [idOf("p")] } });
  await vault.backUp();
  assert.deepEqual(await contentOf(copy), await contentOf(name));
  assert.deepEqual(await vault.backupState(), { at: (await vault.backupState())?.at, isForeign: false });
  assert.equal(typeof (await vault.backupState())?.at, "number");
});

test("a store that was never copied is copied when it is opened", async () => {
  const name = `backup-${(databases += 1)}`;
  const first = new Vault({ name });
  await first.open();
  await first.write({ puts: [record("a")] });
  const copy = `${name}-copy`;
  const vault = new Vault({ name, backup: createDatabase(copy) });
  await vault.open();
  for (let tries = 0; tries < 500 && !(await vault.backupState()); tries += 1);
  assert.deepEqual(await contentOf(copy), await contentOf(name));
});

test("an envelope that does not have its seal is not copied, and the copy stays as it was", async () => {
  const { vault, name, copy } = await createDevice();
  // Without a backup of its own, so that nothing is copied before the damage.
  const other = new Vault({ name });
  await other.open();
  await other.write({ puts: [record("b")] });
  const { records } = await onDisk(name);
  const damaged = records.find((/** @type {any} */ { id }) => id === idOf("b"));
  await changeDisk(name, (places) => void places("records").put({ ...damaged, envelope: damaged.envelope.slice(1) }));
  const before = await contentOf(copy);
  assert.equal(await vault.backUp(), false);
  assert.deepEqual(await contentOf(copy), before);
});

test("nothing is copied while something is set aside, and it comes back by restoring", async () => {
  const { name, copy, next } = await createDevice();
  await changeDisk(name, (places) => void places("records").clear());
  const vault = next();
  assert.equal((await vault.open()).numSetAside, 1);
  await vault.write({ puts: [record("b")] });
  assert.equal(await vault.backUp(), false);
  assert.equal((await onDisk(copy)).records.length, 1);
  await vault.restoreBackup();
  const { records, numSetAside } = await vault.open();
  assert.deepEqual([records.map(({ id }) => id), numSetAside], [[idOf("a"), idOf("b")], 0], "what is newer stays");
  assert.deepEqual(await vault.readParts([idOf("p")]), [bytesOf("p")]);
});

for (const [what, change] of /** @type {[string, (places: any) => void][]} */ ([
  ["a part", (places) => places("parts").clear()],
  ["a page", (places) => places("index").delete("6")],
  ["every page", (places) => [...PAGES].forEach((name) => places("index").delete(name))],
]))
  test(`${what} that is gone comes back, and neither what was deleted since nor an older version does`, async () => {
    const { name, next } = await createDevice();
    // Without a backup of its own: the copy is behind.
    const later = new Vault({ name });
    await later.open();
    await later.write({ puts: [record("z")] });
    await (await opened(next())).backUp();
    await later.open();
    const isListing = what !== "every page";
    if (isListing) await later.write({ puts: [{ ...record("a"), bytes: bytesOf("newer") }], deletes: [idOf("z")] });
    await changeDisk(name, change);
    const vault = await opened(next());
    await vault.restoreBackup();
    const { records, numSetAside } = await vault.open();
    const texts = records.map(({ bytes }) => new TextDecoder().decode(bytes)).sort();
    // Only a page says what was deleted, and which version is the newest.
    const expected = { "a part": ["newer"], "a page": ["a"], "every page": ["a", "z"] }[what];
    assert.deepEqual([texts, numSetAside], [expected, 0]);
    assert.deepEqual(await vault.readParts([idOf("p")]), [bytesOf("p")]);
  });

/** @param {Vault} vault @returns {Promise<Vault>} */
async function opened(vault) {
  await vault.open();
  return vault;
}

test("a store that the browser can no longer open is deleted before the copy takes its place", async () => {
  const { name, copy } = await createDevice();
  const inner = createDatabase(name);
  const codes = ["storage_damaged", "storage_full"];
  for (const code of codes) {
    let isBroken = true;
    const database = {
      ...inner,
      run: async (/** @type {[IDBTransactionMode, any]} */ ...given) => {
        if (isBroken) throw new CarryoverError(code, code);
        return inner.run(...given);
      },
      async remove() {
        isBroken = false;
        await inner.remove();
      },
    };
    const vault = new Vault({ database: /** @type {any} */ (database), backup: createDatabase(copy) });
    if (code === "storage_full") await assert.rejects(vault.restoreBackup(), { code });
    else await vault.restoreBackup();
    assert.deepEqual(await contentOf(name), await contentOf(copy));
  }
});

test("a record whose damaged page was replaced by a later write comes back", async () => {
  const { name, next } = await createDevice();
  await changeDisk(name, (places) => void places("index").delete("6"));
  const vault = await opened(next());
  const put = record("b");
  assert.equal(put.id[0], idOf("a")[0], "on the page of a");
  await vault.write({ puts: [put] });
  await vault.open();
  await vault.restoreBackup();
  const { records, numSetAside } = await vault.open();
  assert.deepEqual([records.map(({ id }) => id).sort(), numSetAside], [[idOf("a"), put.id].sort(), 0]);
});

test("a copy of another profile is not restored", async () => {
  const [mine, other] = [await createDevice(), await createDevice()];
  const note = noteInMemory();
  const { profileId } = (await onDisk(mine.name)).identity;
  await note.write({ format: 2, profileId, fingerprint: "0".repeat(32), counter: 1 });
  const vault = new Vault({ name: mine.name, note, backup: createDatabase(other.copy) });
  await assert.rejects(vault.restoreBackup(), { code: "no_backup", message: /got another's/ });
  await vault.restoreBackup({ ofAnother: true });
  assert.deepEqual(await contentOf(mine.name), await contentOf(other.copy), "unless the shopper chooses it");
});

test("a copy of another profile is neither overwritten nor taken for this one's", async () => {
  const [mine, other] = [await createDevice(), await createDevice()];
  const before = await onDisk(other.copy);
  const vault = new Vault({ name: mine.name, backup: createDatabase(other.copy) });
  await vault.open();
  assert.equal(await vault.backUp(), false);
  await vault.write({ puts: [record("n")] });
  assert.deepEqual(await onDisk(other.copy), before);
  assert.equal((await vault.backupState())?.isForeign, true);
  await vault.replaceBackup();
  assert.equal((await vault.backupState())?.isForeign, false);
  assert.deepEqual(await contentOf(other.copy), await contentOf(mine.name));
});

test("a copy of another profile that comes to lie there while this one is copied is not overwritten", async () => {
  const [mine, other] = [await createDevice(), await createDevice()];
  const { identity } = await onDisk(other.copy);
  const inner = createDatabase(mine.copy);
  const backup = {
    ...inner,
    run: async (/** @type {[IDBTransactionMode, any]} */ ...given) => {
      const found = await inner.run(...given);
      if (given[0] === "readonly")
        await changeDisk(mine.copy, (places) => void places("identity").put(identity, "profile"));
      return found;
    },
  };
  const vault = new Vault({ name: mine.name, backup: /** @type {any} */ (backup) });
  await vault.open();
  assert.equal(await vault.backUp(), false);
  assert.deepEqual((await onDisk(mine.copy)).identity, identity);
});

test("a copy that the browser can no longer open is made anew", async () => {
  const { name, copy, note } = await createDevice();
  const inner = createDatabase(copy);
  let isBroken = true;
  const backup = {
    ...inner,
    run: async (/** @type {[IDBTransactionMode, any]} */ ...given) => {
      if (isBroken) throw new CarryoverError("storage_damaged", "storage_damaged");
      return inner.run(...given);
    },
    async remove() {
      isBroken = false;
      await inner.remove();
    },
  };
  const vault = new Vault({ name, note, backup: /** @type {any} */ (backup) });
  await vault.open();
  assert.equal(await vault.backUp(), true);
  assert.deepEqual(await contentOf(copy), await contentOf(name));
});

test("a copy stays where it is the store that the browser can no longer read", async () => {
  const { name, copy } = await createDevice();
  const before = await contentOf(copy);
  const inner = createDatabase(name);
  let isBroken = false;
  const database = {
    ...inner,
    run: async (/** @type {[IDBTransactionMode, any]} */ ...given) => {
      if (isBroken) throw new CarryoverError("storage_damaged", "storage_damaged");
      return inner.run(...given);
    },
  };
  const vault = new Vault({ database: /** @type {any} */ (database), backup: createDatabase(copy) });
  await vault.open();
  isBroken = true;
  await assert.rejects(vault.backUp(), { code: "storage_damaged" });
  assert.deepEqual(await contentOf(copy), before);
});

test("a restoring that is under way brings nothing back after an erase", async () => {
  const { name, copy } = await createDevice();
  await createDatabase(name).remove();
  const inner = createDatabase(copy);
  const [read, released] = [createSignal(), createSignal()];
  const backup = {
    ...inner,
    run: async (/** @type {[IDBTransactionMode, any]} */ ...given) => {
      const found = await inner.run(...given);
      read.give();
      if (given[0] === "readonly") await released.given;
      return found;
    },
  };
  const vault = new Vault({ name, backup: /** @type {any} */ (backup) });
  const restoring = vault.restoreBackup();
  await read.given;
  const erasing = vault.erase();
  // An erase that does not wait for it is over by then.
  for (let turns = 0; turns < 50; turns += 1) await onDisk("other");
  released.give();
  await Promise.allSettled([restoring, erasing]);
  assert.deepEqual(await onDisk(name), NOTHING);
  assert.deepEqual(await vault.open(), { records: [], numSetAside: 0 });
});

test("a store that is gone together with its marker is not taken for a new shopper where its copy is there", async () => {
  const { vault, name, copy } = await createDevice();
  const next = () => new Vault({ name, backup: createDatabase(copy) });
  const database = createDatabase(name);
  await database.remove();
  await assert.rejects(next().open(), { code: "store_empty" });
  await next().restoreBackup();
  assert.equal((await next().open()).records.length, 1);
  await vault.open();
  await vault.erase();
  assert.deepEqual(await next().open(), { records: [], numSetAside: 0 }, "an erase deletes the copy");
});

test("without a copy there is nothing to restore", async () => {
  const vault = new Vault({ name: "none", backup: createDatabase("none-copy") });
  await assert.rejects(vault.restoreBackup(), { code: "no_backup" });
  await assert.rejects(new Vault({ name: "none" }).restoreBackup(), { code: "no_backup" });
  assert.equal(await vault.backupState(), null);
});
