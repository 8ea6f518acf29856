// @ts-check
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { indexedDbStorage } from "../../../extension/core/indexeddb-storage.js";
import { Profile } from "../../../extension/core/profile.js";
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
  const first = await Profile.open(indexedDbStorage(name), { now: () => NOON });
  await first.setConsent("example.com", true);
  await first.changeSettings({ paused: true });
  await first.addInteraction(seen("mug"));
  const again = await Profile.open(indexedDbStorage(name), { now: () => NOON });
  assert.deepEqual(again.export(), first.export());
  assert.equal(again.interactions()[0].product.title, "mug");
  assert.ok(again.isConsented("example.com"));
});

test("requests of one millisecond keep their order, also when the profile is opened again", async () => {
  const name = freshName();
  let now = NOON;
  const first = await Profile.open(indexedDbStorage(name), { now: () => now });
  for (let i = 0; i < 20; i += 1) await first.addToLedger({ method: "GET", url: `http://127.0.0.1/${i}`, body: "" });
  now += 1;
  await first.addToLedger({ method: "GET", url: "http://127.0.0.1/newest", body: "" });
  const again = await Profile.open(indexedDbStorage(name), { now: () => now });
  assert.deepEqual(again.ledger(), first.ledger());
  const names = Array.from({ length: 20 }, (_, i) => String(i));
  assert.deepEqual(
    first.ledger().map(({ url }) => url.slice("http://127.0.0.1/".length)),
    [...names, "newest"].reverse(),
  );
});

test("records on the disk hold no readable text", async () => {
  const storage = indexedDbStorage(freshName());
  const profile = await Profile.open(storage);
  await profile.addInteraction(seen("conspicuous-mug"));
  await profile.setConsent("conspicuous.example", true);
  await profile.addToLedger({ method: "POST", url: "http://127.0.0.1/conspicuous", body: "conspicuous" });
  const { records, identity } = await storage.read();
  assert.deepEqual(records.map(({ kind }) => kind).sort(), ["clock", "interaction", "ledger", "settings"]);
  for (const { id, envelope } of records) {
    assert.ok(!Buffer.from(envelope).includes("conspicuous"));
    assert.ok(!id.includes("conspicuous"));
  }
  assert.equal(identity?.dataKey.extractable, false);
});

test("the same thing on the same day is one interaction that weighs more", async () => {
  let now = NOON;
  const profile = await Profile.open(indexedDbStorage(freshName()), { now: () => now });
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
  const profile = await Profile.open(indexedDbStorage(name), { now: () => now });
  for (let i = 0; i <= privacy.maxInteractions; i += 1) {
    now += 1;
    await profile.addInteraction(seen(`item-${i}`));
  }
  assert.equal(profile.interactions().length, privacy.maxInteractions);
  assert.ok(!profile.interactions().some(({ product }) => product.title === "item-0"));
  const stored = (await indexedDbStorage(name).read()).records.filter(({ kind }) => kind === "interaction");
  assert.equal(stored.length, privacy.maxInteractions);
});

test("erase leaves neither records nor the key, and a new profile begins", async () => {
  const name = freshName();
  const storage = indexedDbStorage(name);
  const profile = await Profile.open(storage);
  await profile.addInteraction(seen("mug"));
  const before = await storage.read();
  await profile.erase();
  assert.deepEqual(await storage.read(), { identity: null, records: [] });
  assert.equal(profile.interactions().length, 0);
  await assert.rejects(profile.addInteraction(seen("late")), { code: "erased" });
  await (await Profile.open(storage)).addInteraction(seen("bowl"));
  const after = await storage.read();
  assert.notEqual(after.identity?.profileId, before.identity?.profileId);
});

test("what began before an erasure leaves nothing after it", async () => {
  const storage = indexedDbStorage(freshName());
  const profile = await Profile.open(storage);
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
  assert.deepEqual(await storage.read(), { identity: null, records: [] });
});

test("an erasure that failed leaves a profile that works", async () => {
  const storage = indexedDbStorage(freshName());
  const profile = await Profile.open({ ...storage, destroy: () => Promise.reject(new Error("the disk")) });
  await assert.rejects(profile.erase(), /the disk/);
  await profile.addInteraction(seen("mug"));
  assert.equal((await Profile.open(storage)).interactions().length, 1);
});

test("a record put in another's place does not open, and the others do", async () => {
  const name = freshName();
  const storage = indexedDbStorage(name);
  const profile = await Profile.open(storage);
  await profile.addInteraction(seen("mug"));
  await profile.addInteraction(seen("bowl"));
  const [first, second] = (await storage.read()).records.filter(({ kind }) => kind === "interaction");
  await storage.write([{ ...first, envelope: second.envelope }], []);
  const again = await Profile.open(indexedDbStorage(name));
  assert.equal(again.unreadable, 1);
  assert.equal(again.interactions().length, 1);
});

test("changes made at once do not lose each other", async () => {
  const name = freshName();
  const profile = await Profile.open(indexedDbStorage(name));
  await Promise.all([
    ...Array.from({ length: 20 }, (_, i) => profile.addInteraction(seen(`item-${i}`))),
    profile.setConsent("a.example", true),
    profile.setConsent("b.example", true),
    profile.changeSettings({ mode: "page" }),
  ]);
  const again = await Profile.open(indexedDbStorage(name));
  assert.equal(again.interactions().length, 20);
  assert.deepEqual(Object.keys(again.settings.consents), ["a.example", "b.example"]);
  assert.equal(again.settings.mode, "page");
});

/** @param {string} shop @param {object} [changes] @returns {any} */
const shelfOf = (shop, changes) => ({
  id: `shelf of ${shop}`,
  shop,
  origin: `https://${shop}`,
  space: "s",
  kind: "shopify",
  status: "read",
  round: 1,
  startedAt: new Date(NOON).toISOString(),
  numItems: 1,
  parts: [{ id: `part of ${shop}`, numItems: 1, round: 1 }],
  next: "",
  ...changes,
});
const bytesOf = (/** @type {string} */ text) => new TextEncoder().encode(text);

test("a shelf and its parts are there when the profile is opened again, and unreadable on the disk", async () => {
  const name = freshName();
  const storage = indexedDbStorage(name);
  const first = await Profile.open(storage, { now: () => NOON });
  await first.setConsent("example.com", true);
  const shelf = shelfOf("example.com");
  assert.ok(await first.keepShelf({ ...shelf, parts: [] }));
  assert.ok(await first.keepShelf(shelf, { puts: [{ id: shelf.parts[0].id, bytes: bytesOf("conspicuous") }] }));
  const again = await Profile.open(indexedDbStorage(name), { now: () => NOON });
  assert.deepEqual(again.shelf("example.com"), shelf);
  assert.deepEqual(again.export().shelves, [shelf]);
  assert.deepEqual(await again.shelfParts([shelf.parts[0].id]), [bytesOf("conspicuous")]);
  const [part] = await storage.readParts([shelf.parts[0].id]);
  assert.ok(part && !Buffer.from(part.envelope).includes("conspicuous"));
});

test("a shelf goes with the consent of its shop, and cannot come back from a reading that still runs", async () => {
  const storage = indexedDbStorage(freshName());
  const profile = await Profile.open(storage, { now: () => NOON });
  for (const shop of ["a.example", "b.example"]) {
    await profile.setConsent(shop, true);
    await profile.keepShelf({ ...shelfOf(shop), parts: [] });
    await profile.keepShelf(shelfOf(shop), { puts: [{ id: `part of ${shop}`, bytes: bytesOf(shop) }] });
  }
  await profile.setConsent("a.example", false);
  assert.deepEqual([profile.shelf("a.example"), profile.shelf("b.example")?.shop], [null, "b.example"]);
  assert.deepEqual(await storage.readParts(["part of a.example"]), [undefined]);
  await assert.rejects(profile.shelfParts(["part of a.example"]), { code: "envelope_unreadable" });
  const late = { puts: [{ id: "late", bytes: bytesOf("late") }] };
  assert.equal(await profile.keepShelf(shelfOf("a.example"), late), false);
  await profile.setConsent("a.example", true);
  assert.equal(await profile.keepShelf(shelfOf("a.example"), late), false);
  assert.deepEqual(await storage.readParts(["late"]), [undefined]);
});

test("a part that was moved to another id does not open", async () => {
  const storage = indexedDbStorage(freshName());
  const profile = await Profile.open(storage, { now: () => NOON });
  await profile.setConsent("a.example", true);
  await profile.keepShelf({ ...shelfOf("a.example"), parts: [] }, { puts: [{ id: "one", bytes: bytesOf("1") }] });
  const [part] = await storage.readParts(["one"]);
  await storage.write([], [], { puts: [{ id: "two", envelope: /** @type {any} */ (part).envelope }], deletes: [] });
  await assert.rejects(profile.shelfParts(["two"]), { code: "envelope_unreadable" });
});
