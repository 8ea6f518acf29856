// @ts-check
// A store of format 1, as an earlier version wrote it (format-1.json), becomes one of format 2.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Profile } from "../../../../extension/core/profile.js";
import { createDatabase } from "../../../../extension/core/vault/database.js";
import { noteInMemory } from "../../../../extension/core/vault/marker.js";
import { migrate } from "../../../../extension/core/vault/migration.js";
import { Vault } from "../../../../extension/core/vault/vault.js";
import { fromBase64 } from "../../../../extension/values/encoding.js";
import { changeDisk, onDisk } from "./disk.js";
import { former, writeFormer } from "./former.js";

const now = () => former.now + 1000;
let databases = 0;

/** @returns {Promise<string>} the name of a database with a store of format 1 */
const formerDatabase = () => writeFormer(`former-${(databases += 1)}`);

/** @param {Profile} profile what must be as before */
async function assertWhole(profile) {
  assert.deepEqual({ ...profile.export(), exportedAt: "" }, { ...former.export, exportedAt: "" });
  assert.equal(profile.unreadable, 0);
  const [shelf] = profile.shelves();
  const texts = await profile.shelfParts(shelf.parts.map(({ id }) => id));
  assert.deepEqual(
    texts.map((bytes) => new TextDecoder().decode(bytes)),
    former.parts.map((/** @type {any} */ { text }) => text),
  );
}

test("everything of format 1 is there afterwards, under a key of its own", async () => {
  const name = await formerDatabase();
  const note = noteInMemory();
  const profile = await Profile.open(new Vault({ name, note }), { now });
  await assertWhole(profile);
  await assertWhole(await Profile.open(new Vault({ name, note }), { now }));
  const { identity, records, parts } = await onDisk(name);
  assert.deepEqual([identity.format, identity.profileId], [2, former.profileId]);
  for (const { id, envelope } of [...records, ...parts]) {
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(envelope[0], 2);
  }
  assert.equal(/** @type {any} */ (await note.read()).profileId, former.profileId);
  await profile.setConsent("c.example", true);
});

test("what cannot be opened is counted and left out, whatever its id", async () => {
  const name = await formerDatabase();
  await changeDisk(name, (places) => {
    const [first, second] = former.records;
    places("records").put({ ...first, envelope: fromBase64(second.envelope) });
    places("records").put({ id: "a".repeat(300), kind: "ledger", envelope: fromBase64(second.envelope) });
    places("records").put({ id: "b", kind: null, envelope: "text" });
  });
  const profile = await Profile.open(new Vault({ name }), { now });
  assert.equal(profile.unreadable, 3);
  const records = (await onDisk(name)).records.filter((/** @type {any} */ { kind }) => kind !== "clock");
  assert.equal(records.length, former.records.length - 1);
  assert.equal((await Profile.open(new Vault({ name }), { now })).unreadable, 0);
});

test("killed at any request of the migration, the old or the new is whole", async () => {
  const { prototype } = /** @type {any} */ (await databaseParts());
  const { put, clear } = prototype;
  let ends = 0;
  for (let allowed = 0; ; allowed += 1) {
    const name = await formerDatabase();
    let left = allowed;
    const killed = (/** @type {any} */ method) =>
      function (/** @type {any} */ ...values) {
        left -= 1;
        // @ts-ignore
        if (left < 0) throw new DOMException("killed", "UnknownError");
        // @ts-ignore
        return method.apply(this, values);
      };
    [prototype.put, prototype.clear] = [killed(put), killed(clear)];
    const opened = await Profile.open(new Vault({ name }), { now }).catch(() => null);
    [prototype.put, prototype.clear] = [put, clear];
    const { identity } = await onDisk(name);
    assert.equal(identity.format, opened ? 2 : undefined);
    await assertWhole(await Profile.open(new Vault({ name }), { now }));
    if (opened) ends += 1;
    if (ends > 0) break;
    assert.ok(allowed < 100);
  }
});

/** @returns {Promise<Function>} the class of object stores */
async function databaseParts() {
  return createDatabase("parts").run("readonly", (places) => places("records").constructor);
}

test("a store that somebody else has migrated is not migrated again", async () => {
  const name = await formerDatabase();
  const database = createDatabase(name);
  const { identity } = await onDisk(name);
  assert.equal(await migrate(database, identity), 0);
  const before = await onDisk(name);
  await assert.rejects(migrate(database, identity), { code: "store_changed" });
  assert.deepEqual(await onDisk(name), before);
});

test("two workers that migrate at once leave one whole store", async () => {
  const name = await formerDatabase();
  const note = noteInMemory();
  const both = await Promise.allSettled([1, 2].map(() => Profile.open(new Vault({ name, note }), { now })));
  assert.ok(both.some(({ status }) => status === "fulfilled"));
  await assertWhole(await Profile.open(new Vault({ name, note }), { now }));
});
