// @ts-check
// Two browsers of one person, and a server that keeps their copy: what both know in the end, and what a bad server can do.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createPairings } from "../../../extension/background/pairing.js";
import { createServerSource } from "../../../extension/background/server.js";
import { createSync, refresh } from "../../../extension/background/sync.js";
import { createProfileStore } from "../../../extension/background/store.js";
import { randomId } from "../../../extension/core/profile-records.js";
import { savedIn } from "../../../extension/core/saved.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";
import { canonicalUrl, itemIdOf } from "../../../extension/values/identity.js";
import { serverPatternOf } from "../../../extension/messaging/origins.js";
import { createBrowser } from "../fakes/browser.js";
import { makePaired } from "../fakes/paired.js";
import { createServer } from "../fakes/server.js";
import { SERVER } from "../fakes/shopper.js";
import { handTowers } from "../fakes/towers.js";

const NOON = Date.parse("2026-03-01T12:00:00Z");
const DAY = 86_400_000;
/** @type {any} */
const model = {
  manifest: { space: "s1", dim: 3, lite: {}, text: { itemText: { fields: ["title"], separator: ". ", maxChars: 64 } } },
  towers: handTowers,
};

let databases = 0;
let now = NOON;
/** @type {ReturnType<typeof createServer>} */
let server;
beforeEach(() => {
  now = NOON;
  server = createServer();
  globalThis.fetch = server.fetch;
});

/** @returns a browser with the extension, paired with the server */
async function browserOf() {
  const { state, context } = createBrowser();
  state.granted.add(serverPatternOf(SERVER));
  const vault = new Vault({ name: `sync-${(databases += 1)}` });
  const getProfile = createProfileStore({ vault, now: () => now });
  const profile = await getProfile();
  await makePaired(profile, server, SERVER);
  const browser = context("background.js");
  const pairings = createPairings({ browser, getProfile });
  const { getServer } = createServerSource({ browser, getProfile, pairings, now: () => now });
  const parts = {
    getProfile,
    getServer,
    model: /** @type {any} */ ({ getModel: async () => model }),
    announceChange: async () => {},
    now: () => now,
  };
  const sync = createSync(parts);
  return {
    vault,
    profile,
    sync,
    parts,
    /** @param {string} title @param {"view" | "dismiss"} [kind] */
    async see(title, kind = "view") {
      const url = canonicalUrl(`https://a.example/${title.replaceAll(" ", "-")}`);
      const product = { shop: "a.example", itemId: await itemIdOf(url), url, title };
      const [embedding] = await handTowers.embedItems([title]);
      await profile.addInteraction({ product, kind, space: "s1", embedding: encodeEmbedding(embedding) });
    },
    /** @param {string} title */
    async save(title) {
      const url = canonicalUrl(`https://a.example/${title.replaceAll(" ", "-")}`);
      const card = { shop: "a.example", itemId: await itemIdOf(url), url, title };
      const value = { id: randomId(), savedAt: new Date(now).toISOString(), shop: "a.example", card };
      await profile.changeOthers([{ kind: "saved", id: value.id, value }]);
    },
    /** @param {string} title */
    remove: (title) => profile.removeInteractions(({ product }) => product.title === title),
    known: () =>
      profile
        .interactions()
        .map(({ kind, time, weight, product, space, embedding }) => ({
          ...{ kind, time, weight, title: product.title, itemId: product.itemId, space, embedding },
        }))
        .sort((a, b) => (`${a.title} ${a.kind}` < `${b.title} ${b.kind}` ? -1 : 1)),
    titles: () =>
      profile
        .interactions()
        .map(({ product }) => product.title)
        .sort(),
    saved: () =>
      savedIn(profile)
        .map(({ card }) => card.title)
        .sort(),
  };
}

/** Two browsers with one sync. */
async function twoOf() {
  const [first, second] = [await browserOf(), await browserOf()];
  await first.sync.start();
  await second.sync.start(await first.sync.code());
  return { first, second };
}

/** Take turns until nothing changes any more. @param {...Awaited<ReturnType<typeof browserOf>>} browsers */
async function settle(...browsers) {
  for (const one of [...browsers, ...browsers]) await one.sync.sync();
}

test("two browsers know the same in the end", async () => {
  const [first, second] = [await browserOf(), await browserOf()];
  await first.see("sea towel");
  await first.see("night lamp", "dismiss");
  await first.save("oak bowl");
  await second.see("sea mug");
  await first.sync.start();
  await second.sync.start((await first.sync.code()).toLowerCase().replaceAll("-", " "));
  await settle(first, second);
  assert.deepEqual(second.known(), first.known());
  assert.deepEqual(first.titles(), ["night lamp", "sea mug", "sea towel"]);
  assert.deepEqual([first.saved(), second.saved()], [["oak bowl"], ["oak bowl"]]);
});

test("what was seen in both on one day is one thing, with the later time and the greater weight", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await first.see("sea towel");
  now += 3_600_000;
  await second.see("sea towel");
  await settle(first, second);
  assert.deepEqual(second.known(), first.known());
  assert.deepEqual(
    first.known().map(({ time, weight }) => [time, weight]),
    [["2026-03-01T13:00:00.000Z", 2]],
  );
});

test("what was removed in one is removed in the other, and does not come back", async () => {
  const { first, second } = await twoOf();
  for (const title of ["sea towel", "sea mug"]) await first.see(title);
  await first.save("oak bowl");
  await settle(first, second);
  await second.remove("sea towel");
  await second.profile.removeInteractions(
    () => false,
    savedIn(second.profile).map(({ id }) => id),
  );
  await first.see("night lamp");
  await settle(second, first);
  assert.deepEqual(
    [first.titles(), second.titles()],
    [
      ["night lamp", "sea mug"],
      ["night lamp", "sea mug"],
    ],
  );
  assert.deepEqual([first.saved(), second.saved()], [[], []]);
});

test("a turn without news writes nothing", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await settle(first, second);
  const [kept] = [...server.sync.spaces.values()];
  const before = kept.length;
  await settle(first, second);
  assert.equal([...server.sync.spaces.values()][0].length, before);
});

test("of two that write at once both are kept", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await second.see("sea mug");
  server.sync.beforeWrite = async () => {
    await second.sync.sync();
  };
  await first.sync.sync();
  await settle(second);
  assert.deepEqual(
    [first.titles(), second.titles()],
    [
      ["sea mug", "sea towel"],
      ["sea mug", "sea towel"],
    ],
  );
});

test("a browser that is always overtaken stops after five tries, and says so", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  let writes = 0;
  const overtake = async () => {
    writes += 1;
    await second.see(`sea thing ${writes}`);
    await second.sync.sync();
    server.sync.beforeWrite = overtake;
  };
  // The other browser's own write is not overtaken: the hook is off while it runs.
  server.sync.beforeWrite = overtake;
  await assert.rejects(first.sync.sync(), { code: "sync_busy" });
  assert.equal(writes, 5);
});

test("the server sees neither names nor addresses, and equal sizes", async () => {
  const { first, second } = await twoOf();
  for (const title of ["sea towel", "canary lamp"]) await first.see(title);
  await settle(first, second);
  const kept = [...server.sync.spaces.values()].flat();
  for (const { envelope } of kept) assert.doesNotMatch(Buffer.from(envelope).toString("latin1"), /canary|a\.example/);
  assert.equal(new Set(kept.map(({ envelope }) => envelope.length)).size, 1);
  const code = await first.sync.code();
  assert.ok(![...server.sync.spaces.keys()].some((space) => space.includes(code)));
  assert.deepEqual(server.requests, []);
});

test("an older copy put back is refused, and nothing is taken from it", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await settle(first, second);
  await first.see("sea mug");
  await settle(first, second);
  const [kept] = [...server.sync.spaces.values()];
  kept.pop();
  for (const one of [first, second]) {
    await assert.rejects(one.sync.sync(), { code: "sync_older" });
    assert.deepEqual(one.titles(), ["sea mug", "sea towel"]);
  }
});

test("an older copy under a newer number, and one of another space, do not open", async () => {
  const { first } = await twoOf();
  await first.see("sea towel");
  await first.sync.sync();
  const [kept] = [...server.sync.spaces.values()];
  const latest = /** @type {any} */ (kept.at(-1));
  const renumbered = latest.envelope.slice();
  renumbered[8] += 1;
  kept.push({ ...latest, envelope: renumbered });
  await assert.rejects(first.sync.sync(), { code: "sync_unreadable" });
  const other = await browserOf();
  await other.see("another's lamp");
  await other.sync.start();
  const [, foreign] = [...server.sync.spaces.values()];
  kept.push({ ...foreign[0] });
  await assert.rejects(first.sync.sync(), { code: "sync_unreadable" });
  assert.deepEqual(first.titles(), ["sea towel"]);
});

test("two histories are found out as soon as a browser sees the other's", async () => {
  const { first, second } = await twoOf();
  await settle(first, second);
  const [[space, kept]] = [...server.sync.spaces];
  const fork = kept.slice();
  await first.see("sea towel");
  await first.sync.sync();
  const shown = server.sync.spaces.get(space) ?? [];
  server.sync.spaces.set(space, fork);
  await second.see("sea mug");
  await second.sync.sync();
  server.sync.spaces.set(space, shown);
  await assert.rejects(second.sync.sync(), { code: "sync_older" });
});

test("a copy that is gone is told, and begun anew it loses nothing", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await settle(first, second);
  server.sync.spaces.clear();
  await assert.rejects(first.sync.sync(), { code: "sync_gone" });
  await first.sync.start();
  await second.sync.start(await first.sync.code());
  assert.deepEqual([first.titles(), second.titles()], [["sea towel"], ["sea towel"]]);
});

test("a code that is none, or of no copy, begins nothing", async () => {
  const first = await browserOf();
  await assert.rejects(first.sync.start("too short"), { code: "invalid_sync_code" });
  await assert.rejects(first.sync.start("0".repeat(32)), { code: "sync_unknown" });
  assert.deepEqual(await first.sync.state(), { isOn: false });
  assert.equal(server.sync.spaces.size, 0);
});

test("switched off, a browser keeps what it knows; with the copy, the server keeps nothing", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await settle(first, second);
  assert.deepEqual(await second.sync.stop(false), { isOn: false });
  assert.equal(server.sync.spaces.size, 1);
  await first.sync.stop(true);
  assert.equal(server.sync.spaces.size, 0);
  assert.deepEqual([first.titles(), second.titles()], [["sea towel"], ["sea towel"]]);
  await assert.rejects(first.sync.sync(), { code: "sync_off" });
});

test("an earlier copy brings back what was removed since", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await first.sync.sync();
  const [{ version }] = await first.sync.versions();
  await first.remove("sea towel");
  await settle(first, second);
  assert.deepEqual(first.titles(), []);
  await first.sync.restore(version);
  await settle(first, second);
  assert.deepEqual([first.titles(), second.titles()], [["sea towel"], ["sea towel"]]);
});

test("what comes in passes the filter, and what it refuses stays in the copy", async () => {
  const { first, second } = await twoOf();
  await first.see("pregnancy test");
  await first.see("sea towel");
  await settle(first, second);
  assert.deepEqual(second.titles(), ["sea towel"]);
  await settle(second, first);
  assert.deepEqual(first.titles(), ["pregnancy test", "sea towel"], "it was not removed there");
});

test("while learning is paused nothing is exchanged", async () => {
  const { first } = await twoOf();
  await first.profile.changeSettings({ paused: true });
  const before = server.trust.received.length;
  await assert.rejects(first.sync.sync(), { code: "sync_paused" });
  assert.equal(server.trust.received.length, before);
});

test("consents, settings and the ledger stay in their browser", async () => {
  const { first, second } = await twoOf();
  await first.profile.setConsent("a.example", true);
  await settle(first, second);
  assert.deepEqual(second.profile.settings.consents, {});
});

test("a browser that erased everything takes nothing from the copy", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await settle(first, second);
  await second.profile.erase();
  assert.deepEqual(await second.sync.state(), { isOn: false });
  await first.sync.sync();
  assert.deepEqual(first.titles(), ["sea towel"]);
});

test("a turn comes by itself after a quarter of an hour, and its failure is quiet", async () => {
  const { first } = await twoOf();
  const before = server.trust.received.length;
  await refresh(first.sync, first.parts);
  assert.equal(server.trust.received.length, before);
  now += 15 * 60_000;
  server.isUp = false;
  await refresh(first.sync, first.parts);
  server.isUp = true;
  await refresh(first.sync, first.parts);
  assert.ok(server.trust.received.length > before);
  assert.equal((await first.sync.state()).syncedAt, new Date(now).toISOString());
});

test("what is too old is not brought back by another browser", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await settle(first, second);
  // The retention believes a time that three later openings have confirmed.
  for (let days = 0; days < 500; days += 30) {
    now += 30 * DAY;
    for (const one of [first, second]) await one.see("sea mug");
  }
  await settle(first, second);
  for (const one of [first, second]) assert.doesNotMatch(one.titles().join(), /towel/);
});

test("what a merge changes here is one transaction", async () => {
  const { first, second } = await twoOf();
  for (const title of ["sea towel", "sea mug"]) await first.see(title);
  await first.save("oak bowl");
  await settle(first, second);
  await first.remove("sea towel");
  await first.see("sea mug");
  await first.see("night lamp");
  await first.save("oak chair");
  await first.sync.sync();
  /** Of each write that changes what is known: how much it puts and deletes. @type {number[][]} */
  const writes = [];
  const { vault } = second;
  const write = vault.write.bind(vault);
  vault.write = async (changes) => {
    const { puts = [], deletes = [] } = changes;
    const known = puts.filter(({ kind }) => ["interaction", "saved"].includes(kind));
    if (known.length + deletes.length > 0) writes.push([known.length, deletes.length]);
    return write(changes);
  };
  await second.sync.sync();
  assert.deepEqual(writes, [[3, 1]]);
  assert.deepEqual(
    [second.titles(), second.saved()],
    [
      ["night lamp", "sea mug"],
      ["oak bowl", "oak chair"],
    ],
  );
  assert.deepEqual(second.known(), first.known());
});

for (const numAsked of [1, 2])
  test(`an erase at request ${numAsked} of a turn leaves nothing of it, neither here nor there`, async () => {
    const { first, second } = await twoOf();
    await first.see("sea towel");
    await first.sync.sync();
    await second.see("sea mug");
    const versions = [...server.sync.spaces.values()][0].length;
    let asked = 0;
    server.waits = async () => {
      asked += 1;
      if (asked === numAsked) await second.profile.erase();
    };
    // What is on its way in this moment has left: it is answered, and nothing follows.
    await assert.rejects(second.sync.sync(), { code: "erased" });
    server.waits = async () => {};
    const fresh = await second.parts.getProfile();
    assert.deepEqual([fresh.interactions(), fresh.ledger(), savedIn(fresh)], [[], [], []]);
    assert.deepEqual(await second.sync.state(), { isOn: false });
    assert.equal([...server.sync.spaces.values()][0].length, versions + numAsked - 1);
  });

test("what is removed in the middle of a turn does not come back", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await settle(first, second);
  await second.see("sea mug");
  server.sync.beforeWrite = () => second.remove("sea towel").then(() => undefined);
  await settle(second, first);
  assert.deepEqual([first.titles(), second.titles()], [["sea mug"], ["sea mug"]]);
});

test("what is removed after a turn that did not end does not come back", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await first.sync.sync();
  await second.see("sea mug");
  server.sync.beforeWrite = async () => {
    throw new TypeError("The connection is gone.");
  };
  await assert.rejects(second.sync.sync());
  assert.deepEqual(second.titles(), ["sea mug", "sea towel"]);
  await second.remove("sea towel");
  await settle(second, first);
  assert.deepEqual([first.titles(), second.titles()], [["sea mug"], ["sea mug"]]);
});

test("paused in the middle of a turn, a browser takes nothing", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel");
  await first.sync.sync();
  server.waits = () => second.profile.changeSettings({ paused: true });
  await assert.rejects(second.sync.sync(), { code: "sync_paused" });
  assert.deepEqual(second.titles(), []);
});

test("while the profile is locked nothing is asked, and that is said", async () => {
  const { first } = await twoOf();
  await first.profile.protect("correct horse");
  await first.profile.lock();
  const before = server.trust.received.length;
  for (const asked of [first.sync.sync, first.sync.state, first.sync.code, first.sync.start, first.sync.versions])
    await assert.rejects(asked(), { code: "locked" });
  await refresh(first.sync, first.parts);
  assert.equal(server.trust.received.length, before);
  await first.vault.unlock("correct horse");
  assert.equal((await first.sync.sync()).isOn, true);
});

test("what another browser's clock has dated ahead is taken over once, when its day has come", async () => {
  const { first, second } = await twoOf();
  now += 3 * DAY;
  await first.see("sea towel");
  await first.sync.sync();
  now -= 3 * DAY;
  await second.sync.sync();
  assert.deepEqual(second.titles(), []);
  now += 3 * DAY;
  await settle(second, first);
  assert.deepEqual(second.known(), first.known());
  assert.deepEqual(second.titles(), ["sea towel"]);
});

test("a thing that its list knows by another address is one thing in both browsers", async () => {
  const { first, second } = await twoOf();
  await first.see("sea towel", "dismiss");
  const [one] = first.profile.interactions();
  await first.profile.removeInteractions(() => true);
  const product = { ...one.product, itemId: "f".repeat(one.product.itemId.length) };
  await first.profile.addInteraction({ ...one, product });
  await settle(first, second);
  await settle(first, second);
  assert.deepEqual(second.known(), first.known());
  assert.equal(first.known().length, 1);
});
