// @ts-check
// A turn of the sync in the middle of which something happens: what is written, and what comes back.
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

test("what a merge changes here is one transaction", async () => {
  const { first, second } = await world.twoOf();
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
    const { first, second } = await world.twoOf();
    await first.see("sea towel");
    await first.sync.sync();
    await second.see("sea mug");
    const versions = [...world.server.sync.spaces.values()][0].length;
    let asked = 0;
    world.server.waits = async () => {
      asked += 1;
      if (asked === numAsked) await second.profile.erase();
    };
    // What is on its way in this moment has left: it is answered, and nothing follows.
    await assert.rejects(second.sync.sync(), { code: "erased" });
    world.server.waits = async () => {};
    const fresh = await second.parts.getProfile();
    assert.deepEqual([fresh.interactions(), fresh.ledger(), savedIn(fresh)], [[], [], []]);
    assert.deepEqual(await second.sync.state(), { isOn: false });
    assert.equal([...world.server.sync.spaces.values()][0].length, versions + numAsked - 1);
  });

test("what is removed in the middle of a turn does not come back", async () => {
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await settle(first, second);
  await second.see("sea mug");
  world.server.sync.beforeWrite = () => second.remove("sea towel").then(() => undefined);
  await settle(second, first);
  assert.deepEqual([first.titles(), second.titles()], [["sea mug"], ["sea mug"]]);
});

test("what is removed after a turn that did not end does not come back", async () => {
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await first.sync.sync();
  await second.see("sea mug");
  world.server.sync.beforeWrite = async () => {
    throw new TypeError("The connection is gone.");
  };
  await assert.rejects(second.sync.sync());
  assert.deepEqual(second.titles(), ["sea mug", "sea towel"]);
  await second.remove("sea towel");
  await settle(second, first);
  assert.deepEqual([first.titles(), second.titles()], [["sea mug"], ["sea mug"]]);
});

test("paused in the middle of a turn, a browser takes nothing", async () => {
  const { first, second } = await world.twoOf();
  await first.see("sea towel");
  await first.sync.sync();
  world.server.waits = () => second.profile.changeSettings({ paused: true });
  await assert.rejects(second.sync.sync(), { code: "sync_paused" });
  assert.deepEqual(second.titles(), []);
});

test("while the profile is locked nothing is asked, and that is said", async () => {
  const { first } = await world.twoOf();
  await first.profile.protect("correct horse");
  await first.profile.lock();
  const before = world.server.trust.received.length;
  for (const asked of [first.sync.sync, first.sync.state, first.sync.code, first.sync.start, first.sync.versions])
    await assert.rejects(asked(), { code: "locked" });
  await refresh(first.sync, first.parts);
  assert.equal(world.server.trust.received.length, before);
  await first.vault.unlock("correct horse");
  assert.equal((await first.sync.sync()).isOn, true);
});

test("what another browser's clock has dated ahead is taken over once, when its day has come", async () => {
  const { first, second } = await world.twoOf();
  world.now += 3 * DAY;
  await first.see("sea towel");
  await first.sync.sync();
  world.now -= 3 * DAY;
  await second.sync.sync();
  assert.deepEqual(second.titles(), []);
  world.now += 3 * DAY;
  await settle(second, first);
  assert.deepEqual(second.known(), first.known());
  assert.deepEqual(second.titles(), ["sea towel"]);
});

test("a thing that its list knows by another address is one thing in both browsers", async () => {
  const { first, second } = await world.twoOf();
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
