// @ts-check
// Two instances of the extension over one disk, as an update or a slow end of a worker makes them: one consistent profile.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createServerModel } from "../../../extension/background/server-model.js";
import { Profile } from "../../../extension/core/profile.js";
import { createDatabase } from "../../../extension/core/vault/database.js";
import { noteInMemory } from "../../../extension/core/vault/marker.js";
import { Vault } from "../../../extension/core/vault/vault.js";

let databases = 0;
/** @type {() => Promise<Profile>} */
let open;
/** @type {Profile} */
let one;
/** @type {Profile} */
let other;
beforeEach(async () => {
  const name = `instances-${(databases += 1)}`;
  const note = noteInMemory();
  open = () => Profile.open(new Vault({ name, note }));
  await (await open()).changeSettings({ mode: "auto" });
  [one, other] = [await open(), await open()];
});

test("each changes its own field, and neither takes back what the other changed", async () => {
  await one.setConsent("a.example", true);
  await other.setConsent("b.example", true);
  await one.changeSettings({ paused: true });
  await other.changeSettings({ mode: "page", showsBadge: true });
  await one.changeSettings({ compareImages: true });
  const { consents, ...settings } = (await open()).settings;
  assert.deepEqual(Object.keys(consents).sort(), ["a.example", "b.example"]);
  assert.deepEqual(
    [settings.paused, settings.mode, settings.showsBadge, settings.compareImages],
    [true, "page", true, true],
  );
});

test("a consent that one has withdrawn does not come back by what the other changes", async () => {
  await one.setConsent("a.example", true);
  await other.changeSettings({ showsBadge: true });
  assert.ok(other.isConsented("a.example"), "it has heard of it");
  await one.setConsent("a.example", false);
  await one.changeSettings({ paused: true });
  await other.changeSettings({ mode: "page" });
  await other.setConsent("b.example", true);
  const { consents, paused } = (await open()).settings;
  assert.deepEqual([Object.keys(consents), paused], [["b.example"], true]);
});

test("what one has erased the other does not bring back", async () => {
  await one.setConsent("a.example", true);
  await other.changeSettings({ mode: "page" });
  await one.erase();
  await assert.rejects(other.changeSettings({ paused: true }), { code: "erased" });
  await assert.rejects(other.setConsent("b.example", true), { code: "erased" });
  assert.deepEqual((await open()).settings.consents, {});
});

test("a time of consent stays that of the first, whoever gives it again", async () => {
  await one.setConsent("a.example", true);
  const since = one.settings.consents["a.example"];
  await new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
  await other.setConsent("a.example", true);
  assert.equal((await open()).settings.consents["a.example"], since);
});

test("a model that was downloaded from a server is not remembered after the server was left", async () => {
  await one.changeSettings({
    serverUrl: "http://127.0.0.1:8710",
    serverBundleUrl: "http://127.0.0.1:8710/old",
    signedBy: "k",
  });
  const manifest = { space: "s" };
  const server = {
    baseUrl: "http://127.0.0.1:8710",
    // While the server answers, another instance leaves it.
    async bundles() {
      await other.changeSettings({ serverUrl: "", serverBundleUrl: "" });
      return [{ bundleId: "0".repeat(64), space: "s" }];
    },
  };
  const { offered } = createServerModel(/** @type {any} */ ({ getServer: async () => server }));
  await offered(one, /** @type {any} */ ({ manifest }));
  const { settings } = await open();
  assert.deepEqual([settings.serverUrl, settings.serverBundleUrl, settings.signedBy], ["", "", "k"]);
});

test("what is written once stays once, where another instance writes before old things are deleted", async () => {
  const name = `instances-${(databases += 1)}`;
  let now = Date.parse("2026-03-01T12:00:00Z");
  const kept = noteInMemory();
  let isHooked = false;
  /** The marker is written after each transaction: there another instance comes in between. @type {import("../../../extension/core/vault/marker.js").Note} */
  const note = {
    ...kept,
    async write(value) {
      await kept.write(value);
      if (!isHooked) return;
      isHooked = false;
      await (await Profile.open(new Vault({ name, note: kept }), { now: () => now })).changeSettings({ paused: true });
    },
  };
  const profile = await Profile.open(new Vault({ name, note }), { now: () => now });
  await profile.changeSettings({ mode: "auto" });
  // A new reading of the clock is due with the next change.
  now += 12 * 3_600_000;
  isHooked = true;
  const product = { shop: "a.example", itemId: "mug", url: "https://a.example/mug", title: "mug" };
  assert.equal(await profile.addInteraction({ product, kind: "view", space: "s", embedding: "AACAPw==" }), true);
  assert.equal(isHooked, false, "somebody else wrote");
  now += 12 * 3_600_000;
  isHooked = true;
  await profile.addToLedger({ method: "GET", url: "http://127.0.0.1/a", body: "" });
  const again = await Profile.open(new Vault({ name, note: kept }), { now: () => now });
  assert.deepEqual(
    again.interactions().map(({ weight }) => weight),
    [1],
  );
  assert.equal(again.ledger().length, 1);
  assert.deepEqual([again.settings.paused, again.settings.mode], [true, "auto"]);
});

test("a change that runs when the profile is locked loses nothing of the settings", async () => {
  const name = `instances-${(databases += 1)}`;
  const inner = createDatabase(name);
  let onRead = () => {};
  /** @type {import("../../../extension/core/vault/database.js").Database} */
  const database = {
    ...inner,
    async run(mode, work) {
      if (mode === "readonly") onRead();
      return inner.run(mode, work);
    },
  };
  const profile = await Profile.open(new Vault({ database }));
  await profile.changeSettings({ serverUrl: "http://127.0.0.1:8710", mode: "page" });
  await profile.setConsent("a.example", true);
  const shelf = { id: "5".repeat(32), shop: "a.example", status: "done", space: "s", numItems: 1 };
  const part = { id: "6".repeat(32), bytes: new Uint8Array(8) };
  const parts = [{ id: part.id, numItems: 1 }];
  await profile.keepShelf(/** @type {any} */ ({ ...shelf, parts: [], startedAt: new Date().toISOString() }));
  await profile.keepShelf(/** @type {any} */ ({ ...shelf, parts, startedAt: new Date().toISOString() }), {
    puts: [part],
  });
  let locked;
  onRead = () => (locked ??= profile.lock());
  await profile.forgetShop("a.example");
  await locked;
  assert.ok(profile.isClosed);
  const { settings } = await Profile.open(new Vault({ name }));
  assert.deepEqual([settings.serverUrl, settings.mode, settings.consents], ["http://127.0.0.1:8710", "page", {}]);
});
