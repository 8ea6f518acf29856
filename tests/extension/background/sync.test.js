// @ts-check
// Two browsers of one person, and a server that keeps their copy: what both know in the end, and what a bad server can do.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { refresh } from "../../../extension/background/sync.js";
import { savedIn } from "../../../extension/core/saved.js";
import { createBrowsers, settle } from "../fakes/synced.js";

const DAY = 86_400_000;
/** @type {ReturnType<typeof createBrowsers>} */
let world;
beforeEach(() => {
  world = createBrowsers();
});

test("two browsers know the same in the end", async () => {
  const [first, second] = [await world.browserOf(), await world.browserOf()];
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
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await first.see("sea towel");
  world.now += 3_600_000;
  await second.see("sea towel");
  await settle(first, second);
  assert.deepEqual(second.known(), first.known());
  assert.deepEqual(
    first.known().map(({ time, weight }) => [time, weight]),
    [["2026-03-01T13:00:00.000Z", 2]],
  );
});

test("what was removed in one is removed in the other, and does not come back", async () => {
  const { first, second } = await world.twoOf();
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
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await settle(first, second);
  const [kept] = [...world.server.sync.spaces.values()];
  const before = kept.length;
  await settle(first, second);
  assert.equal([...world.server.sync.spaces.values()][0].length, before);
});

test("of two that write at once both are kept", async () => {
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await second.see("sea mug");
  world.server.sync.beforeWrite = async () => {
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
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  let writes = 0;
  const overtake = async () => {
    writes += 1;
    await second.see(`sea thing ${writes}`);
    await second.sync.sync();
    world.server.sync.beforeWrite = overtake;
  };
  // The other browser's own write is not overtaken: the hook is off while it runs.
  world.server.sync.beforeWrite = overtake;
  await assert.rejects(first.sync.sync(), { code: "sync_busy" });
  assert.equal(writes, 5);
});

test("the server sees neither names nor addresses, and equal sizes", async () => {
  const { first, second } = await world.twoOf();
  for (const title of ["sea towel", "canary lamp"]) await first.see(title);
  await settle(first, second);
  const kept = [...world.server.sync.spaces.values()].flat();
  for (const { envelope } of kept) assert.doesNotMatch(Buffer.from(envelope).toString("latin1"), /canary|a\.example/);
  assert.equal(new Set(kept.map(({ envelope }) => envelope.length)).size, 1);
  const code = await first.sync.code();
  assert.ok(![...world.server.sync.spaces.keys()].some((space) => space.includes(code)));
  assert.deepEqual(world.server.requests, []);
});

test("an older copy put back is refused, and nothing is taken from it", async () => {
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await settle(first, second);
  await first.see("sea mug");
  await settle(first, second);
  const [kept] = [...world.server.sync.spaces.values()];
  kept.pop();
  for (const one of [first, second]) {
    await assert.rejects(one.sync.sync(), { code: "sync_older" });
    assert.deepEqual(one.titles(), ["sea mug", "sea towel"]);
  }
});

test("an older copy under a newer number, and one of another space, do not open", async () => {
  const { first } = await world.twoOf();
  await first.see("sea towel");
  await first.sync.sync();
  const [kept] = [...world.server.sync.spaces.values()];
  const latest = /** @type {any} */ (kept.at(-1));
  const renumbered = latest.envelope.slice();
  renumbered[8] += 1;
  kept.push({ ...latest, envelope: renumbered });
  await assert.rejects(first.sync.sync(), { code: "sync_unreadable" });
  const other = await world.browserOf();
  await other.see("another's lamp");
  await other.sync.start();
  const [, foreign] = [...world.server.sync.spaces.values()];
  kept.push({ ...foreign[0] });
  await assert.rejects(first.sync.sync(), { code: "sync_unreadable" });
  assert.deepEqual(first.titles(), ["sea towel"]);
});

test("two histories are found out as soon as a browser sees the other's", async () => {
  const { first, second } = await world.twoOf();
  await settle(first, second);
  const [[space, kept]] = [...world.server.sync.spaces];
  const fork = kept.slice();
  await first.see("sea towel");
  await first.sync.sync();
  const shown = world.server.sync.spaces.get(space) ?? [];
  world.server.sync.spaces.set(space, fork);
  await second.see("sea mug");
  await second.sync.sync();
  world.server.sync.spaces.set(space, shown);
  await assert.rejects(second.sync.sync(), { code: "sync_older" });
});

test("a copy that is gone is told, and begun anew it loses nothing", async () => {
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await settle(first, second);
  world.server.sync.spaces.clear();
  await assert.rejects(first.sync.sync(), { code: "sync_gone" });
  await first.sync.start();
  await second.sync.start(await first.sync.code());
  assert.deepEqual([first.titles(), second.titles()], [["sea towel"], ["sea towel"]]);
});

test("a code that is none, or of no copy, begins nothing", async () => {
  const first = await world.browserOf();
  await assert.rejects(first.sync.start("too short"), { code: "invalid_sync_code" });
  await assert.rejects(first.sync.start("0".repeat(32)), { code: "sync_unknown" });
  assert.deepEqual(await first.sync.state(), { isOn: false });
  assert.equal(world.server.sync.spaces.size, 0);
});

test("switched off, a browser keeps what it knows; with the copy, the server keeps nothing", async () => {
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await settle(first, second);
  assert.deepEqual(await second.sync.stop(false), { isOn: false });
  assert.equal(world.server.sync.spaces.size, 1);
  await first.sync.stop(true);
  assert.equal(world.server.sync.spaces.size, 0);
  assert.deepEqual([first.titles(), second.titles()], [["sea towel"], ["sea towel"]]);
  await assert.rejects(first.sync.sync(), { code: "sync_off" });
});

test("an earlier copy brings back what was removed since", async () => {
  const { first, second } = await world.twoOf();
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
  const { first, second } = await world.twoOf();
  await first.see("pregnancy test");
  await first.see("sea towel");
  await settle(first, second);
  assert.deepEqual(second.titles(), ["sea towel"]);
  await settle(second, first);
  assert.deepEqual(first.titles(), ["pregnancy test", "sea towel"], "it was not removed there");
});

test("while learning is paused nothing is exchanged", async () => {
  const { first } = await world.twoOf();
  const code = await first.sync.code();
  await first.profile.changeSettings({ paused: true });
  const before = world.server.trust.received.length;
  await assert.rejects(first.sync.sync(), { code: "sync_paused" });
  await assert.rejects(first.sync.start(code), { code: "sync_paused" });
  assert.equal(world.server.trust.received.length, before);
});

test("consents, settings and the ledger stay in their browser", async () => {
  const { first, second } = await world.twoOf();
  await first.profile.setConsent("a.example", true);
  await settle(first, second);
  assert.deepEqual(second.profile.settings.consents, {});
});

test("a browser that erased everything takes nothing from the copy", async () => {
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await settle(first, second);
  await second.profile.erase();
  assert.deepEqual(await second.sync.state(), { isOn: false });
  await first.sync.sync();
  assert.deepEqual(first.titles(), ["sea towel"]);
});

test("a turn comes by itself after a quarter of an hour, and its failure is quiet", async () => {
  const { first } = await world.twoOf();
  const before = world.server.trust.received.length;
  await refresh(first.sync, first.parts);
  assert.equal(world.server.trust.received.length, before);
  world.now += 15 * 60_000;
  world.server.isUp = false;
  await refresh(first.sync, first.parts);
  world.server.isUp = true;
  await refresh(first.sync, first.parts);
  assert.ok(world.server.trust.received.length > before);
  assert.equal((await first.sync.state()).syncedAt, new Date(world.now).toISOString());
});

test("what is too old is not brought back by another browser", async () => {
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await settle(first, second);
  // The retention believes a time that three later openings have confirmed.
  for (let days = 0; days < 500; days += 30) {
    world.now += 30 * DAY;
    for (const one of [first, second]) await one.see("sea mug");
  }
  await settle(first, second);
  for (const one of [first, second]) assert.doesNotMatch(one.titles().join(), /towel/);
});
