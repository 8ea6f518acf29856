// @ts-check
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { noteInMemory } from "../../../extension/core/vault/marker.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { Profile } from "../../../extension/core/profile.js";
import { changeDisk, idOf, onDisk } from "./vault/disk.js";
import { privacy } from "../../../extension/generated/contracts.js";

const DAY = 86_400_000;
const NOON = Date.parse("2026-03-01T12:00:00Z");
let databases = 0;
const freshName = () => `profile-${(databases += 1)}`;
/** @param {string} title @param {import("../../../extension/core/profile.js").Kind} [kind] */
const seen = (title, kind = "view") => ({
  product: { shop: "example.com", itemId: title, url: `https://example.com/${title}`, title },
  kind,
  space: "s",
  embedding: "AACAPw==",
});

test("what was kept is there when the profile is opened again", async () => {
  const name = freshName();
  const first = await Profile.open(new Vault({ name }), { now: () => NOON });
  await first.setConsent("example.com", true);
  await first.changeSettings({ paused: true });
  await first.addInteraction(seen("mug"));
  const again = await Profile.open(new Vault({ name }), { now: () => NOON });
  assert.deepEqual(again.export(), first.export());
  assert.equal(again.interactions()[0].product.title, "mug");
  assert.ok(again.isConsented("example.com"));
});

test("requests of one millisecond keep their order, also when the profile is opened again", async () => {
  const name = freshName();
  let now = NOON;
  const first = await Profile.open(new Vault({ name }), { now: () => now });
  for (let i = 0; i < 20; i += 1) await first.addToLedger({ method: "GET", url: `http://127.0.0.1/${i}`, body: "" });
  now += 1;
  await first.addToLedger({ method: "GET", url: "http://127.0.0.1/newest", body: "" });
  const again = await Profile.open(new Vault({ name }), { now: () => now });
  assert.deepEqual(again.ledger(), first.ledger());
  const names = Array.from({ length: 20 }, (_, i) => String(i));
  assert.deepEqual(
    first.ledger().map(({ url }) => url.slice("http://127.0.0.1/".length)),
    [...names, "newest"].reverse(),
  );
});

test("records on the disk hold no readable text", async () => {
  const name = freshName();
  const profile = await Profile.open(new Vault({ name }));
  await profile.addInteraction(seen("conspicuous-mug"));
  await profile.setConsent("conspicuous.example", true);
  await profile.addToLedger({ method: "POST", url: "http://127.0.0.1/conspicuous", body: "conspicuous" });
  const { records, identity, index } = await onDisk(name);
  assert.equal(index.size, 17);
  assert.deepEqual(records.map((/** @type {any} */ { kind }) => kind).sort(), [
    "clock",
    "interaction",
    "ledger",
    "settings",
  ]);
  for (const { id, envelope } of records) {
    assert.ok(!Buffer.from(envelope).includes("conspicuous"));
    assert.ok(!id.includes("conspicuous"));
  }
  assert.equal(identity?.dataKey.extractable, false);
});

test("the same thing on the same day is one interaction that weighs more", async () => {
  let now = NOON;
  const profile = await Profile.open(new Vault({ name: freshName() }), { now: () => now });
  await profile.addInteraction(seen("mug"));
  now += 3_600_000;
  await profile.addInteraction(seen("mug"));
  await profile.addInteraction(seen("mug", "cart"));
  now += DAY;
  await profile.addInteraction(seen("mug"));
  const views = profile.interactions().filter(({ kind }) => kind === "view");
  assert.deepEqual(
    views.map(({ weight }) => weight),
    [1, 2],
  );
  assert.equal(views[1].time, new Date(NOON + 3_600_000).toISOString());
  assert.equal(profile.interactions().length, 3);
});

test("the oldest interactions above the limit go away", async () => {
  const name = freshName();
  let now = NOON;
  const profile = await Profile.open(new Vault({ name }), { now: () => now });
  for (let i = 0; i <= privacy.maxInteractions; i += 1) {
    now += 1;
    await profile.addInteraction(seen(`item-${i}`));
  }
  assert.equal(profile.interactions().length, privacy.maxInteractions);
  assert.ok(!profile.interactions().some(({ product }) => product.title === "item-0"));
  const stored = (await onDisk(name)).records.filter((/** @type {any} */ { kind }) => kind === "interaction");
  assert.equal(stored.length, privacy.maxInteractions);
});

test("erase leaves neither records nor the key, and a new profile begins", async () => {
  const name = freshName();
  const profile = await Profile.open(new Vault({ name }));
  await profile.addInteraction(seen("mug"));
  const before = await onDisk(name);
  await profile.erase();
  const { identity, index, records, parts } = await onDisk(name);
  assert.deepEqual([identity, index.size, records, parts], [undefined, 0, [], []]);
  assert.equal(profile.interactions().length, 0);
  await assert.rejects(profile.addInteraction(seen("late")), { code: "erased" });
  const next = await Profile.open(new Vault({ name }));
  await next.addInteraction(seen("bowl"));
  const after = await onDisk(name);
  assert.notEqual(after.identity.profileId, before.identity.profileId);
});

test("what began before an erase does not come back after it", async () => {
  const name = freshName();
  const note = noteInMemory();
  const vault = new Vault({ name, note });
  const profile = await Profile.open(vault);
  await profile.addInteraction(seen("mug"));
  const elsewhere = await Profile.open(new Vault({ name, note }));
  await elsewhere.addInteraction(seen("bowl"));
  const queued = profile.addInteraction(seen("plate")).catch(() => undefined);
  await profile.erase();
  await queued;
  await assert.rejects(profile.addInteraction(seen("late")), { code: "erased" });
  await assert.rejects(elsewhere.addInteraction(seen("later")), { code: "erased" });
  assert.equal((await onDisk(name)).records.length, 0);
  const next = await Profile.open(vault);
  await next.addInteraction(seen("new"));
  await assert.rejects(elsewhere.setConsent("a.example", true), { code: "erased" });
  assert.equal((await Profile.open(new Vault({ name }))).interactions().length, 1);
});

test("two instances do not overwrite each other's consents", async () => {
  const name = freshName();
  const first = await Profile.open(new Vault({ name }));
  await first.setConsent("a.example", true);
  const second = await Profile.open(new Vault({ name }));
  await Promise.all([first.setConsent("b.example", true), second.setConsent("c.example", true)]);
  await first.changeSettings({ paused: true });
  const again = await Profile.open(new Vault({ name }));
  assert.deepEqual(Object.keys(again.settings.consents).sort(), ["a.example", "b.example", "c.example"]);
  assert.equal(again.settings.paused, true);
});

test("what began before an erasure leaves nothing after it", async () => {
  const name = freshName();
  const profile = await Profile.open(new Vault({ name }));
  await profile.addInteraction(seen("mug"));
  // The second erasure is one that another window asked for meanwhile.
  const erasures = [profile.erase(), profile.erase()];
  const late = [
    profile.addInteraction(seen("bowl")),
    profile.addToLedger({ method: "GET", url: "http://127.0.0.1/late", body: "" }),
    profile.changeSettings({ serverBundleUrl: "http://127.0.0.1/late" }),
  ];
  for (const one of late) await assert.rejects(one, { code: "erased" });
  await Promise.all(erasures);
  await assert.rejects(profile.shelfParts(["part"]), { code: "envelope_unreadable" });
  assert.equal((await onDisk(name)).identity, undefined);
});

test("an erasure that failed leaves a profile that can be opened again", async () => {
  const name = freshName();
  const vault = new Vault({ name });
  const profile = await Profile.open(vault);
  await profile.addInteraction(seen("mug"));
  vault.erase = () => Promise.reject(new Error("the disk"));
  await assert.rejects(profile.erase(), /the disk/);
  assert.equal((await Profile.open(new Vault({ name }))).interactions().length, 1);
});

test("a record put in another's place does not open, and the others do", async () => {
  const name = freshName();
  const profile = await Profile.open(new Vault({ name }));
  await profile.addInteraction(seen("mug"));
  await profile.addInteraction(seen("bowl"));
  const [first, second] = (await onDisk(name)).records.filter((/** @type {any} */ { kind }) => kind === "interaction");
  await changeDisk(name, (places) => void places("records").put({ ...first, envelope: second.envelope }));
  const again = await Profile.open(new Vault({ name }));
  assert.equal(again.unreadable, 1);
  assert.equal(again.interactions().length, 1);
});

test("an old settings record that is put back restores no consent", async () => {
  const name = freshName();
  const profile = await Profile.open(new Vault({ name }));
  await profile.setConsent("a.example", true);
  const [old] = (await onDisk(name)).records;
  await profile.setConsent("a.example", false);
  await changeDisk(name, (places) => void places("records").put(old));
  const again = await Profile.open(new Vault({ name }));
  assert.deepEqual([again.settings.consents, again.unreadable], [{}, 1]);
});

test("a record with an id that nobody wrote is counted, and the profile opens", async () => {
  const name = freshName();
  const profile = await Profile.open(new Vault({ name }));
  await profile.addInteraction(seen("mug"));
  const [record] = (await onDisk(name)).records;
  await changeDisk(name, (places) => {
    places("records").put({ ...record, id: "a".repeat(300) });
    places("records").put({ id: "b", kind: 5, envelope: "text" });
  });
  const again = await Profile.open(new Vault({ name }));
  assert.deepEqual([again.interactions().length, again.unreadable], [1, 2]);
  await again.addInteraction(seen("bowl"));
});

test("changes made at once do not lose each other", async () => {
  const name = freshName();
  const profile = await Profile.open(new Vault({ name }));
  await Promise.all([
    ...Array.from({ length: 20 }, (_, i) => profile.addInteraction(seen(`item-${i}`))),
    profile.setConsent("a.example", true),
    profile.setConsent("b.example", true),
    profile.changeSettings({ mode: "page" }),
  ]);
  const again = await Profile.open(new Vault({ name }));
  assert.equal(again.interactions().length, 20);
  assert.deepEqual(Object.keys(again.settings.consents), ["a.example", "b.example"]);
  assert.equal(again.settings.mode, "page");
});

/** @param {string} shop @param {object} [changes] @returns {any} */
const shelfOf = (shop, changes) => ({
  id: idOf(`shelf of ${shop}`),
  shop,
  origin: `https://${shop}`,
  space: "s",
  kind: "shopify",
  status: "read",
  round: 1,
  startedAt: new Date(NOON).toISOString(),
  numItems: 1,
  parts: [{ id: idOf(`of ${shop}`), numItems: 1, round: 1 }],
  next: "",
  ...changes,
});
const bytesOf = (/** @type {string} */ text) => new TextEncoder().encode(text);

test("a shelf and its parts are there when the profile is opened again, and unreadable on the disk", async () => {
  const name = freshName();
  const first = await Profile.open(new Vault({ name }), { now: () => NOON });
  await first.setConsent("example.com", true);
  const shelf = shelfOf("example.com");
  assert.ok(await first.keepShelf({ ...shelf, parts: [] }));
  assert.ok(await first.keepShelf(shelf, { puts: [{ id: shelf.parts[0].id, bytes: bytesOf("conspicuous") }] }));
  const again = await Profile.open(new Vault({ name }), { now: () => NOON });
  assert.deepEqual(again.shelf("example.com"), shelf);
  assert.deepEqual(again.export().shelves, [shelf]);
  assert.deepEqual(await again.shelfParts([shelf.parts[0].id]), [bytesOf("conspicuous")]);
  const [part] = (await onDisk(name)).parts;
  assert.ok(part && !Buffer.from(part.envelope).includes("conspicuous"));
});

test("a shelf goes with the consent of its shop, and cannot come back from a reading that still runs", async () => {
  const name = freshName();
  const profile = await Profile.open(new Vault({ name }), { now: () => NOON });
  for (const shop of ["a.example", "b.example"]) {
    await profile.setConsent(shop, true);
    await profile.keepShelf({ ...shelfOf(shop), parts: [] });
    await profile.keepShelf(shelfOf(shop), { puts: [{ id: idOf(`of ${shop}`), bytes: bytesOf(shop) }] });
  }
  await profile.setConsent("a.example", false);
  assert.deepEqual([profile.shelf("a.example"), profile.shelf("b.example")?.shop], [null, "b.example"]);
  assert.equal((await onDisk(name)).parts.length, 1);
  await assert.rejects(profile.shelfParts([idOf("of a.example")]), { code: "envelope_unreadable" });
  const late = { puts: [{ id: idOf("late"), bytes: bytesOf("late") }] };
  assert.equal(await profile.keepShelf(shelfOf("a.example"), late), false);
  await profile.setConsent("a.example", true);
  assert.equal(await profile.keepShelf(shelfOf("a.example"), late), false);
  assert.equal((await onDisk(name)).parts.length, 1);
});

test("a part that was moved to another id does not open", async () => {
  const name = freshName();
  const profile = await Profile.open(new Vault({ name }), { now: () => NOON });
  await profile.setConsent("a.example", true);
  await profile.keepShelf({ ...shelfOf("a.example"), parts: [] }, { puts: [{ id: idOf("one"), bytes: bytesOf("1") }] });
  const [part] = (await onDisk(name)).parts;
  await changeDisk(name, (places) => void places("parts").put({ ...part, id: idOf("two") }));
  await assert.rejects(profile.shelfParts([idOf("two")]), { code: "envelope_unreadable" });
});
